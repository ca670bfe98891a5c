"""Configurations as points: what has an order lies on a line, a choice without one has values equally far apart."""

from itertools import combinations

import keras_tuner
import numpy as np
import pytest

from search import random_point
from search.oracles.encoding import Encoding
from search.space.typed_space import TypedSpace
from search.testing.kinds import all_kinds


def _space() -> keras_tuner.HyperParameters:
    space = TypedSpace()
    space.Choice("pooling", ["max", "mean", "none", "both"])
    space.Choice("size", [8, 16, 32])
    space.Float("rate", 0.0, 1.0)
    return space


def _distance(encoding: Encoding, one: object, other: object, name: str) -> float:
    values = {"pooling": "max", "size": 8, "rate": 0.5}
    points = [np.array(encoding.point({**values, name: value})) for value in (one, other)]  # type: ignore[dict-item]
    return float(np.linalg.norm(points[0] - points[1]))


def test_no_value_of_a_choice_without_order_is_nearer_than_another() -> None:
    encoding = Encoding(_space().space)
    names = ["max", "mean", "none", "both"]
    assert [_distance(encoding, *pair, "pooling") for pair in combinations(names, 2)] == pytest.approx([1.0] * 6)
    assert _distance(encoding, 8, 16, "size") < _distance(encoding, 8, 32, "size")


@pytest.mark.parametrize("make", [_space, all_kinds])
def test_a_point_of_a_configuration_is_that_configuration(make: object) -> None:
    space = make()  # type: ignore[operator]
    encoding = Encoding(space.space)
    for seed in range(1, 30):
        values = random_point(space, seed=100 * seed)
        point = encoding.point(values)
        assert len(point) == encoding.dimensions
        found = encoding.values(np.array(point))
        assert found.keys() == values.keys()
        for name, value in values.items():
            assert found[name] == (pytest.approx(value) if isinstance(value, float) else value)


def test_neighbours_differ_by_one_choice_and_are_configurations() -> None:
    encoding = Encoding(_space().space)
    point = np.array([encoding.point({"pooling": "none", "size": 16, "rate": 0.25})])
    found = [encoding.values(one) for one in encoding.neighbours(point)]
    assert [values["pooling"] for values in found] == ["max", "mean", "both"]
    assert {(values["size"], values["rate"]) for values in found} == {(16, 0.25)}
    between = point.copy()
    between[:, encoding.choices[0]] = [0.1, 0.4, 0.3, 0.2]
    assert encoding.values(encoding.chosen(between)[0])["pooling"] == "mean"
    assert (encoding.held(np.ones((2, encoding.dimensions)))[:, encoding.choices[0]] == 0).all()
