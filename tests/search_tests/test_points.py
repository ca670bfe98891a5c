"""What of a given configuration is refused, and what becomes of the rest."""

from typing import Any

import keras_tuner
import pytest

from search import SettingsError, complete_points, random_point
from search.space.points import complete
from search.testing.kinds import branched

DEFAULTS = {"classes": 5, "optimizer": "adamw", "rate": 1e-4, "units": 32, "batch_size": 32, "beta": 0.9}


@pytest.fixture
def space() -> keras_tuner.HyperParameters:
    return branched()


def test_what_a_point_leaves_out_has_its_default(space: keras_tuner.HyperParameters) -> None:
    assert complete(space, {}) == DEFAULTS
    assert complete(space, {"rate": 0.01, "units": 64.0}) == DEFAULTS | {"rate": 0.01, "units": 64}


def test_a_point_has_the_hyperparameters_of_its_branch_alone(space: keras_tuner.HyperParameters) -> None:
    assert set(complete(space, {"optimizer": "sgd"})) == set(DEFAULTS) - {"beta"} | {"nesterov"}
    values = complete(space, {"optimizer": "sgd", "nesterov": True, "momentum": 0.3})
    # As Keras Tuner counts its steps: another number would be another trial to it.
    assert values["momentum"] == 0.1 * 3


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"unit": 64}, "no hyperparameter 'unit'; the nearest is 'units'"),
        ({"units": 40}, "units is one of 32, 64, 96, 128, 160, 192, 224, found 40; the nearest is 32"),
        ({"units": "many"}, "units is one of .*, found 'many'; the nearest is"),
        ({"rate": 3}, "rate is a number from 0.0001 to 0.1, found 3; the nearest is 0.1"),
        ({"rate": "fast"}, "rate is a number from 0.0001 to 0.1, found 'fast'"),
        ({"rate": True}, "rate is a number from 0.0001 to 0.1, found True"),
        ({"rate": float("nan")}, "rate is a number from 0.0001 to 0.1, found nan"),
        ({"batch_size": 60}, "batch_size is one of 32, 64, 128, found 60; the nearest is 64"),
        ({"optimizer": "adam"}, "optimizer is one of adamw, sgd, found 'adam'; the nearest is adamw"),
        ({"optimizer": "sgd", "nesterov": 1}, "nesterov is one of .*, found 1"),
        ({"classes": 6}, "classes is one of 5, found 6"),
        ({"nesterov": True}, "nesterov has no meaning here: it counts only where optimizer is sgd"),
    ],
)
def test_what_is_not_in_the_space_is_refused_in_one_line(
    point: dict[str, Any], message: str, space: keras_tuner.HyperParameters
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        complete(space, point)
    assert "\n" not in str(caught.value)


def test_equal_points_are_one(space: keras_tuner.HyperParameters) -> None:
    assert len(complete_points(space, [{}, {"units": 32}, {"units": 64}])) == 2


@pytest.mark.parametrize("seed", range(20))
def test_random_points_are_in_the_space(seed: int, space: keras_tuner.HyperParameters) -> None:
    point = random_point(space, seed=seed)
    assert complete(space, point) == point
