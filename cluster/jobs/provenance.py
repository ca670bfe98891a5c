"""The commands that make a bundle again, written from what was really set rather than from what was typed."""

import json
import shlex
from dataclasses import asdict

from cluster.jobs.settings import TrainSettings
from search import SearchSpecification

_NOT_OPTIONS = ("name", "points")


def commands(specification: SearchSpecification, training: TrainSettings, *, storage: str) -> tuple[str, ...]:
    """Return the commands of the search, with all its settings, and of the final training.

    Points that were tried first stand in a comment, as the option takes a file.
    """
    settings = specification.settings.model_dump(mode="json")
    name, points = settings["name"], settings["points"]
    given = {key: value for key, value in settings.items() if key not in _NOT_OPTIONS}
    search = ["galaxy", "search", specification.dataset, "--name", name, *_options(given), "--storage", storage]
    train = ["galaxy", "train", name, *_options(asdict(training)), "--storage", storage]
    written = [shlex.join([*search, "--try", "points.json"] if points else search), shlex.join(train)]
    return (*([f"# points.json: {json.dumps(points)}"] if points else []), *written)


def _options(given: dict[str, object]) -> list[str]:
    """Return the words that give each value; a switch has none of its own, and what is None or off is not given."""
    words = []
    for key, value in given.items():
        if value is not None and value is not False:
            words += [f"--{key.replace('_', '-')}", *([] if value is True else [str(value)])]
    return words
