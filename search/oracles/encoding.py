"""Configurations as points of the unit box: as Keras Tuner encodes them, but for choices that have no order.

Those Keras Tuner puts at even distances on a line, so that a kernel takes neighbours in the list for alike. Here each
value of such a choice has a coordinate of its own, and two configurations are as far apart by it whichever values it
has: what it adds to the squared distance is 1 where they differ (a Hamming distance, as in Hutter, Hoos and
Leyton-Brown 2011, section 4.1).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from keras_tuner.engine.hyperparameters import Choice, Fixed, HyperParameter

from search.oracles.gaussian_process import Floats
from search.space.declared import active, nearest_value, share_of
from search.values import Value, Values

_CHOSEN = math.sqrt(0.5)
"""Coordinate of the value that is chosen: two of them lie at a distance of 1."""


class Encoding:
    """The coordinates of a space.

    Attributes:
        space: All hyperparameters.
        dimensions: Coordinates.
        choices: The coordinates of each choice without order.
    """

    def __init__(self, space: Sequence[HyperParameter]) -> None:
        self.space = tuple(space)
        self._free = [one for one in self.space if not isinstance(one, Fixed)]
        self.choices: list[slice] = []
        self.dimensions = 0
        for one in self._free:
            width = len(one.values) if _is_unordered(one) else 1
            if _is_unordered(one):
                self.choices.append(slice(self.dimensions, self.dimensions + width))
            self.dimensions += width

    def point(self, values: Mapping[str, Value]) -> list[float]:
        """Return the coordinates of a configuration; what is not active, or not known of it, has its default's."""
        point: list[float] = []
        for one in self._free:
            value = values[one.name] if one.name in values and active(one, values) else one.default
            if _is_unordered(one):
                point += [_CHOSEN if value == other else 0.0 for other in one.values]
            else:
                point.append(share_of(one, value))
        return point

    def values(self, point: Floats) -> Values:
        """Return the active values nearest to a point, (dimensions,)."""
        values, places, choices = Values(), iter(range(self.dimensions)), iter(self.choices)
        for one in self.space:
            if isinstance(one, Fixed):
                value = one.value
            elif _is_unordered(one):
                where = next(choices)
                value = one.values[int(np.argmax(point[where]))]
                for _ in range(where.stop - where.start):
                    next(places)
            else:
                value = one.prob_to_value(point[next(places)])
            if active(one, values):
                values[one.name] = nearest_value(one, value)
        return values

    def chosen(self, points: Floats) -> Floats:
        """Return points, (n, dimensions), with one value of each choice chosen: that of the greatest coordinate."""
        points = np.array(points)
        for where in self.choices:
            greatest = points[:, where].argmax(axis=1)
            points[:, where] = _CHOSEN * np.eye(where.stop - where.start)[greatest]
        return points

    def held(self, gradients: Floats) -> Floats:
        """Return gradients, (n, dimensions), along which no choice changes."""
        for where in self.choices:
            gradients[:, where] = 0.0
        return gradients

    def neighbours(self, points: Floats) -> Floats:
        """Return all points, (m, dimensions), that differ from one of ``points``, (n, dimensions), by one choice."""
        changed = []
        for where in self.choices:
            for place in range(where.stop - where.start):
                others = points[points[:, where.start + place] == 0.0].copy()
                others[:, where] = 0.0
                others[:, where.start + place] = _CHOSEN
                changed.append(others)
        return np.concatenate(changed) if changed else points[:0]


def _is_unordered(hyperparameter: HyperParameter) -> bool:
    return isinstance(hyperparameter, Choice) and not hyperparameter.ordered
