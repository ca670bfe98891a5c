"""Which configurations are recorded: half drawn from all of the built-in space, half near its defaults."""

import random
from dataclasses import dataclass
from typing import Literal

import keras_tuner

from search import GalaxyHyperModel, complete, discover, random_point
from search.space.points import fitted
from search.values import Values

Part = Literal["defaults", "uniform", "near"]
_CHANGED = 0.3
"""Chance that a hyperparameter of a configuration near the defaults is drawn anew."""


@dataclass(frozen=True)
class Configuration:
    """The number-th one, from 0, which is the defaults: where it is from, and all its active values."""

    number: int
    part: Part
    values: Values


def configurations(count: int, *, image_size: int, classes: int) -> list[Configuration]:
    """Return the first ``count`` of an endless row: the defaults, then one of each half by turns. No two are equal."""
    space = discover(GalaxyHyperModel(input_shape=(image_size, image_size, 3), num_classes=classes))
    made, seed = [Configuration(0, "defaults", complete(space, {}))], 0
    while len(made) < count:
        seed += 1
        part: Part = "uniform" if len(made) % 2 else "near"
        drawn = random_point(space, seed=1000 * seed)
        values = drawn if part == "uniform" else _near_defaults(space, drawn, seed)
        if all(values != one.values for one in made):
            made.append(Configuration(len(made), part, values))
    return made


def _near_defaults(space: keras_tuner.HyperParameters, drawn: Values, seed: int) -> Values:
    """Take over some of the values drawn; a condition that is not met any more takes what hangs on it away."""
    taken = {name: value for name, value in drawn.items() if random.Random(f"{seed} {name}").random() < _CHANGED}
    values = fitted(space, taken)
    assert values is not None
    return values
