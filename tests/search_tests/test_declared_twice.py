"""One name declared more than once: under several conditions, with other values, or with a range of other values."""

from collections.abc import Callable
from contextlib import nullcontext

import keras
import keras_tuner
import pytest
from search_tests.oracle_driving import made, run

from search import Builder, SpaceError, discover
from search.oracles.space_updates import warn_of_other_ranges
from search.space.discovery import as_space
from search.space.typed_space import TypedSpace


def rates(hp: keras_tuner.HyperParameters) -> None:
    """Declare one name for two optimizers, which it means something else to."""
    hp.Choice("optimizer", ["adam", "sgd"])
    with hp.conditional_scope("optimizer", ["adam"]):
        hp.Float("rate", 1e-4, 1e-2, sampling="log")
    with hp.conditional_scope("optimizer", ["sgd"]):
        hp.Float("rate", 0.1, 1.0, sampling="log")


@pytest.mark.parametrize("name", ["tpe", "bayesian", "random", "hyperband"])
def test_a_name_under_two_conditions_is_searched_under_both_and_nothing_comes_twice(name: str) -> None:
    space = keras_tuner.HyperParameters()
    rates(space)
    tried = run(made(name, space), 14)
    assert all("rate" in one for one in tried)
    assert all((one["rate"] <= 1e-2) == (one["optimizer"] == "adam") for one in tried)
    assert len({(one["optimizer"], one["rate"]) for one in tried}) == len(tried)
    assert {one["optimizer"] for one in tried} == {"adam", "sgd"}


def test_a_grid_goes_by_names_and_says_so() -> None:
    space = keras_tuner.HyperParameters()
    rates(space)
    with pytest.raises(SpaceError, match=r"--oracle grid: rate is declared more than once.*give each .* its own name"):
        run(made("grid", space), 2)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            lambda hp: hp.Int("units", 16, 64),
            lambda hp: hp.Int("units", 128, 512),
            "'units' is declared twice, as Int 16 to 64 and as Int 128 to 512: give it two names",
        ),
        (
            lambda hp: hp.Choice("drop", [0.1, 0.2]),
            lambda hp: hp.Choice("drop", [0.5, 0.6]),
            "as Choice 0.1, 0.2 and as Choice 0.5, 0.6",
        ),
        (
            lambda hp: hp.Float("rate", 0.1, 0.5, step=0.1),
            lambda hp: hp.Float("rate", 0.2, 0.9),
            r"as Float 0.1 to 0.5 by 0.1\d* and as Float 0.2 to 0.9",
        ),
        (lambda hp: hp.Boolean("deep"), lambda hp: hp.Fixed("deep", True), "as Boolean True, False and as Fixed True"),
    ],
)
@pytest.mark.parametrize("scope", ["", "block"])
def test_other_values_under_one_name_are_refused(
    first: Callable[[keras_tuner.HyperParameters], object],
    second: Callable[[keras_tuner.HyperParameters], object],
    said: str,
    scope: str,
) -> None:
    space = TypedSpace()
    with space.name_scope(scope) if scope else nullcontext():
        first(space)
        first(space)
        with pytest.raises(ValueError, match=said):
            second(space)


def test_the_same_values_may_be_declared_again_or_fewer_before_whatever_the_default() -> None:
    space = TypedSpace()
    space.Fixed("filters", 32)
    assert space.Int("filters", 16, 64, step=16) == 32
    space.Choice("kind", ["plain"])
    assert space.Choice("kind", ["plain", "deep"]) == "plain"
    space.Float("rate", 0.1, 0.2)
    assert space.Float("rate", 1e-3, 1.0, sampling="log") == 0.1
    space.Int("units", 16, 64, default=32)
    space.Int("units", 16, 64)
    with space.conditional_scope("units", [16]):
        space.Choice("drop", [0.1, 0.2, 0.1])
        assert space.Choice("drop", [0.1, 0.2]) is None
    assert len(space.space) == 5


class Hanging(keras_tuner.HyperModel):  # type: ignore[misc]
    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        hp.Int("width", 1, hp.Int("layers", 1, 8))
        return keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])


def test_a_range_that_hangs_on_another_value_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    space, said = discover(Hanging()), set[str]()
    oracle = made("random", space)
    build = Builder(Hanging(), {"layers": 8, "width": 1})
    build()
    for _ in range(2):
        warn_of_other_ranges(oracle, as_space(build.declared), said=said)
    (record,) = caplog.records
    assert record.getMessage().startswith("Hyperparameter 'width' is Int 1 to 8 in a trial and Int 1 to 1 in the space")
