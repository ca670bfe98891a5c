"""The commands that make a bundle again, written from what was really set rather than from what was typed."""

import json
import shlex

from search import SearchSpecification

_NOT_OPTIONS = ("name", "points")


def commands(
    specification: SearchSpecification, *, storage: str, top: int, seeds: int, ensemble: bool, epochs: int
) -> tuple[str, ...]:
    """Return the commands of the search, with all its settings, and of the final training.

    Points that were tried first stand in a comment, as the option takes a file.
    """
    settings = specification.settings.model_dump(mode="json")
    name, points = settings["name"], settings["points"]
    given = {key: found for key, found in settings.items() if key not in _NOT_OPTIONS and found is not None}
    search = ["galaxy", "search", specification.dataset, "--name", name, *_options(given), "--storage", storage]
    given_to_training = _options({"top": top, "seeds": seeds, "epochs": epochs})
    averaged = ["--ensemble"] if ensemble else []
    train = ["galaxy", "train", name, *given_to_training, *averaged, "--storage", storage]
    written = [shlex.join([*search, "--try", "points.json"] if points else search), shlex.join(train)]
    return (*([f"# points.json: {json.dumps(points)}"] if points else []), *written)


def _options(given: dict[str, object]) -> list[str]:
    return [word for key, found in given.items() for word in (f"--{key.replace('_', '-')}", str(found))]
