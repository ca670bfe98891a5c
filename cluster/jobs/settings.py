"""What a user may set of the final training, and all that was set, as the commands that make a bundle again."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from typing import Annotated, Any

from datasets import Option, write_duration
from search import SearchSpecification, SettingsError

_NOT_OPTIONS, _TIME, _SLOWER = ("name", "points"), "time_limit", "max_slower"
# Enough for the cosine schedule to come down; a search's own epochs where they are more.
_LEAST_EPOCHS = 20
_MAX_SLOWER = 8.0
SEEDS_APART = 1000
"""Between the seeds of two beginnings of a configuration: those of trials' first ones lie closer together."""


def _is_number(value: object, kind: type = Real) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


Rule = tuple[str, Callable[[Any], bool]]
_COUNT: Rule = ("a whole number ≥ 1", lambda value: _is_number(value, Integral) and value >= 1)
# The command line holds to them by itself: from Python anything may be given.
_RULES: Mapping[str, Rule] = {
    "top": _COUNT,
    "seeds": _COUNT,
    "epochs": _COUNT,
    "ensemble": ("True or False", lambda value: isinstance(value, bool)),
    "time_limit": ("a number of seconds above 0", lambda value: _is_number(value) and value > 0),
    "max_slower": ("a number ≥ 1", lambda value: _is_number(value) and value >= 1),
}


@dataclass(frozen=True)
class TrainSettings:
    """Which networks are trained, how long, and what becomes of them: each field is an option of ``galaxy train``."""

    top: Annotated[int, Option("How many of the best trials to train.", min=1)] = 1
    seeds: Annotated[int, Option("From how many random beginnings to train each.", min=1)] = 1
    epochs: Annotated[
        int | None, Option("Longest training, in epochs.", default="as in the search, 20 at least", min=1)
    ] = None
    ensemble: Annotated[bool, Option("Average those that are best together, instead of keeping the best one.")] = False
    time_limit: Annotated[
        float | None,
        Option(
            "Train the space's defaults and the best trials again and again within so much time, on other divisions of "
            "the images, choose by the mean, and average what is best together.",
            metavar="TIME",
            duration=True,
        ),
    ] = None
    max_slower: Annotated[
        float,
        Option(
            "What the model of a training with a time limit may compute for an image, in times one network of the "
            "chosen trial with one view. One network alone has all its views.",
            min=1,
        ),
    ] = _MAX_SLOWER

    def check(self) -> None:
        """Raise SettingsError, one line, where one makes no sense, or two do not go together."""
        for field in fields(self):
            (expected, is_one), value = _RULES[field.name], getattr(self, field.name)
            if not (is_one(value) or (value is None and field.default is None)):
                raise SettingsError(f"{field.name}: expected {expected}, found {value!r}")
        chosen = {"--top": self.top != 1, "--seeds": self.seeds != 1, "--ensemble": self.ensemble}
        if self.time_limit is not None and any(chosen.values()):
            given = " and ".join(name for name, is_given in chosen.items() if is_given)
            raise SettingsError(
                f"--time-limit chooses how many networks are trained and averaged: leave {given} out, or --time-limit"
            )
        if self.time_limit is None and self.max_slower != _MAX_SLOWER:
            raise SettingsError("--max-slower is of what --time-limit averages: leave it out, or give --time-limit")


def longest(specification: SearchSpecification, training: TrainSettings) -> int:
    """Return the epochs of a full training."""
    return max(specification.settings.epochs, _LEAST_EPOCHS) if training.epochs is None else training.epochs


def seed_of_beginning(specification: SearchSpecification, number: int) -> int:
    """Return the seed of the beginning of a number, of any finalist: they differ by their configurations alone."""
    return specification.settings.seed + SEEDS_APART * number


def commands(specification: SearchSpecification, training: TrainSettings, *, storage: str) -> tuple[str, ...]:
    """Return the commands of the search, with all its settings, and of the final training.

    What the command line does not take as it is stands in a comment: points that were tried first, and a HyperModel
    that was an object.
    """
    settings = specification.settings.model_dump(mode="json")
    name, points = settings["name"], settings["points"]
    given = {key: value for key, value in settings.items() if key not in _NOT_OPTIONS}
    comments = []
    if specification.settings.is_by_value:
        comments.append(f"# {given['hypermodel']} was an object in Python: put it in a module")
        given["hypermodel"] = "MODULE:OBJECT"
    search = ["galaxy", "search", specification.dataset, "--name", name, *options(given), "--storage", storage]
    train = ["galaxy", "train", name, *options(_counting(training)), "--storage", storage]
    if points:
        comments.append(f"# points.json: {json.dumps(points)}")
        search += ["--try", "points.json"]
    return *comments, shlex.join(search), shlex.join(train)


def _counting(training: TrainSettings) -> dict[str, object]:
    """Return those of the settings that have an effect."""
    chosen = asdict(training)
    if training.time_limit is None:
        return {name: value for name, value in chosen.items() if name != _SLOWER}
    return {name: chosen[name] for name in ("epochs", _TIME, _SLOWER)}


def options(given: Mapping[str, object]) -> list[str]:
    """Return the words that give a command each value: none for what is None or off, the name alone for a switch."""
    words = []
    for key, value in given.items():
        if value is not None and value is not False:
            words += [f"--{key.replace('_', '-')}", *([] if value is True else [_word(key, value)])]
    return words


def _word(key: str, value: object) -> str:
    return write_duration(value) if key == _TIME and isinstance(value, int | float) else str(value)
