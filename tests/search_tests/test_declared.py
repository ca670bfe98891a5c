"""Types of values and defaults, wherever a space or a value comes from."""

import json

import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.hyperparameters import Fixed, HyperParameter

from search import Builder, SpaceError, Suggestion, check_defaults, discover, random_point
from search.oracles.distributions import Space
from search.space.declared import nearest_value, on_steps, share_of
from search.space.discovery import as_json, as_space
from search.space.points import complete
from search.space.typed_space import TypedSpace
from search.testing.kinds import KINDS, Kind, all_kinds
from search.values import Values


def declared(kind: Kind) -> HyperParameter:
    hp = keras_tuner.HyperParameters()
    kind.declare(hp, "x")
    return TypedSpace.of(hp).space[0]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_the_range_is_in_it_to_its_very_ends(kind: Kind, share: float) -> None:
    known = declared(kind)
    kind.check(nearest_value(known, known.prob_to_value(share)))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_default_is_one_of_the_values(kind: Kind) -> None:
    kind.check(declared(kind).default)


def check(values: Values) -> None:
    for kind in KINDS:
        kind.check(values[kind.title])
    suggestion = Suggestion(trial_id="0000", values=values, seed=1, suggested="")
    assert repr(Suggestion.model_validate_json(suggestion.model_dump_json()).values) == repr(values)


def test_configurations_of_a_space_as_it_was_declared_are_of_their_kinds() -> None:
    check(complete(all_kinds(), {}))
    check(random_point(all_kinds(), seed=3))


def test_a_build_and_its_space_are_of_their_kinds_and_json_keeps_them() -> None:
    hypermodel = keras_tuner.HyperModel()

    given: list[tuple[object, object]] = []

    def build(hp: keras_tuner.HyperParameters) -> None:
        for kind in KINDS:
            # A choice of True and False is given as it is listed, though Keras Tuner keeps 1 and 0.
            listed = True if kind.title == "Choice of bool" else kind.values[0]
            given.append((kind.declare(hp, kind.title), listed))

    hypermodel.build = build
    space = discover(hypermodel)
    check(space.values)
    assert given
    assert all(type(value) is type(listed) for value, listed in given)
    declared = json.loads(json.dumps(as_json(space)))
    check(complete(as_space(declared), {}))
    builder = Builder(hypermodel, {})
    builder()
    check(builder.values)
    assert json.loads(json.dumps(builder.declared)) == declared


def test_of_one_name_under_two_conditions_the_active_one_says_the_type() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b"])
    hp.Float("size", 1.0, 5.0, parent_name="kind", parent_values=["a"])
    hp.Int("size", 1, 5, parent_name="kind", parent_values=["b"])
    hp.values = {"kind": "b", "size": 4.0}
    assert repr(TypedSpace.of(hp).values) == "{'kind': 'b', 'size': 4}"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Int", {"min_value": 32, "max_value": 128, "step": 32, "default": 100}, "32, 64, 96, 128, found 100; .* 96"),
        ("Int", {"min_value": 1, "max_value": 9, "default": 3.5}, "a whole number from 1 to 9, found 3.5"),
        ("Int", {"min_value": 0, "max_value": 2**40, "default": -1}, "from 0 to 1099511627776, found -1"),
        ("Float", {"min_value": 0, "max_value": 1, "default": 1.5}, "a number from 0.0 to 1.0, found 1.5"),
    ],
)
def test_a_default_beyond_the_values_is_refused_in_one_line(
    name: str, arguments: dict[str, float], message: str
) -> None:
    hp = keras_tuner.HyperParameters()
    getattr(hp, name)("units", **arguments)
    with pytest.raises(SpaceError, match=f"units is .*{message}") as caught:
        check_defaults(hp)
    assert "\n" not in str(caught.value)


def test_defaults_of_every_kind_pass() -> None:
    check_defaults(all_kinds())


def test_a_choice_of_true_and_false_takes_them_in_a_point() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("attention", [False, True])
    assert repr(complete(hp, {"attention": True})) == "{'attention': 1}"


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("Int", {"min_value": 1, "max_value": 3, "step": 0}, "step must be above 0, but is 0"),
        ("Float", {"min_value": 0, "max_value": 1, "step": -0.5}, "step must be above 0, but is -0.5"),
        ("Float", {"min_value": 0, "max_value": float("inf")}, "must have a least and a greatest value"),
        ("Choice", {"values": [[1], [2]]}, "can contain only `int`"),
        ("Boolean", {"default": "False"}, "must be a Python boolean"),
    ],
)
def test_a_declaration_that_has_no_values_is_refused(kind: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(TypedSpace(), kind)("x", **arguments)


def test_arrays_are_lists() -> None:
    hp = TypedSpace()
    assert hp.Choice("size", np.array([2, 4])) == 2
    with hp.conditional_scope("size", np.array([2])):
        assert hp.Int("depth", 1, 3) == 1


def test_a_value_among_billions_of_steps_is_found_at_once() -> None:
    hp = TypedSpace()
    hp.Int("size", 0, 2**40, step=3, default=2**30 - 1)
    check_defaults(hp)
    assert nearest_value(hp.space[0], 10.0) == 9
    assert nearest_value(hp.space[0], float("inf")) == 2**40 - 1


def test_a_value_that_the_space_does_not_hold_stays_as_it_is() -> None:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b"])
    hp.Int("size", 1, 5)
    hp.values = {"kind": "c", "size": "many", "tuner/epochs": np.int64(4)}
    assert repr(TypedSpace.of(hp).values) == "{'kind': 'c', 'size': 'many', 'tuner/epochs': 4}"
    assert nearest_value(Fixed("classes", 5), 5) == 5


@pytest.mark.parametrize(
    ("low", "high", "step", "count"),
    [(0.1, 0.3, 0.1, 3), (0.8, 0.95, 0.05, 4), (0.0, 0.7, 0.1, 8), (-0.3, 0.3, 0.1, 7), (0.25, 1.0, 0.25, 4)],
)
def test_steps_that_lead_to_the_greatest_value_come_to_it_whatever_floats_make_of_them(
    low: float, high: float, step: float, count: int
) -> None:
    space = TypedSpace()
    space.Float("a", low, high, step=step)
    # A space of Keras Tuner's own, as a search has it stored that began before.
    other = keras_tuner.HyperParameters()
    other.Float("a", low, high, step=step)
    for one in (space, TypedSpace.of(other), as_space(as_json(space)), as_space(as_json(other))):
        (declared,) = one.space
        drawn = {round(random_point(one, seed=seed)["a"], 9) for seed in range(200)}  # type: ignore[arg-type]
        assert drawn == {round(low + at * step, 9) for at in range(count)}
        assert all(value <= high for value in declared.values)
        assert nearest_value(declared, high) == pytest.approx(high)
        assert TypedSpace.of(one).get_config() == one.get_config()


@pytest.mark.parametrize(("low", "high", "step"), [(0.0, 0.7, 0.1), (0.8, 0.95, 0.05), (-1.0, 1.0, 0.3)])
def test_every_step_has_a_place_of_its_own_for_the_oracles(low: float, high: float, step: float) -> None:
    space = TypedSpace()
    space.Float("a", low, high, step=step)
    (one,) = space.space
    (parameter,) = Space().parameters(space.space)
    assert parameter is not None
    values = [*one.values]
    # As another version, or a person, wrote them: 0.8500000000000001, 0.3.
    for written in (values, [low + at * step for at in range(len(values))], [round(value, 9) for value in values]):
        shares = [share_of(one, value) for value in written]
        assert shares == pytest.approx([(at + 0.5) / len(values) for at in range(len(values))])
        assert [one.prob_to_value(share) for share in shares] == values
        assert [parameter.represent(value) for value in written] == [*range(len(values))]
    assert parameter.represent(low + step / 3) is None


@pytest.mark.parametrize(("low", "step", "sampling", "default"), [(0.0, 0.1, "linear", 0.3), (1e-3, 10.0, "log", 0.1)])
def test_a_default_is_on_its_step_to_its_last_digit(low: float, step: float, sampling: str, default: float) -> None:
    other = keras_tuner.HyperParameters()
    other.Float("a", low, 0.4, step=step, sampling=sampling, default=default)
    space = TypedSpace()
    value = space.Float("a", low, 0.4, step=step, sampling=sampling, default=default)
    for one in (other, space, TypedSpace.of(other), as_space(as_json(other))):
        assert complete(one, {}) == complete(one, {"a": default}) == {"a": value}
        assert value in [*one.space[0].values]
        # As a trial has it that an earlier version suggested.
        assert on_steps(TypedSpace.of(one), {"a": default}) == {"a": value}
    assert TypedSpace.of(other).space[0].default == value == pytest.approx(default)


def test_steps_that_end_before_the_greatest_value_stay_as_they_are() -> None:
    space = TypedSpace()
    space.Float("a", 0.0, 1.0, step=0.3)
    space.Float("b", 0.01, 1.0, step=10, sampling="log")
    assert [one.step for one in space.space] == [0.3, 10.0]
    assert [len([*one.values]) for one in space.space] == [4, 3]
