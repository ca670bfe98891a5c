"""A space that was edited between two drivers: what is said, what is refused, and that no oracle minds."""

from collections.abc import Callable

import keras_tuner
import pytest
from search_tests.examples import ended
from search_tests.oracle_driving import NAMES

from search import Conductor, Ledger, SearchSpecification, SpaceError, Suggestion, make_oracle
from search.conducting.edited_space import check_space
from search.space.discovery import as_json
from search.space.edits import Edits
from search.space.points import complete
from trainer import Objective

Space = keras_tuner.HyperParameters


def before() -> Space:
    hp = Space()
    hp.Int("x", 1, 40)
    hp.Choice("kind", ["plain", "deep", "wide"])
    hp.Float("rate", 0.25, 1.0)
    hp.Float("depth", 0.0, 1.0, step=0.25, parent_name="kind", parent_values=["deep"])
    hp.Boolean("gone")
    return hp


def after() -> Space:
    """The space with a new range, type, sampling, condition, one value and one name less, and one name more."""
    hp = Space()
    hp.Int("x", 10, 30)
    hp.Choice("kind", ["deep", "plain"])
    hp.Float("rate", 0.25, 1.0, sampling="log", default=0.5)
    hp.Choice("depth", [0.0, 0.5, 1.0], parent_name="kind", parent_values=["plain"])
    hp.Int("new", 1, 3)
    return hp


def oracle(name: str, space: Space) -> keras_tuner.Oracle:
    objective = Objective("val_macro_f1", "max")
    return make_oracle(name, hyperparameters=space, objective=objective, max_trials=20, seed=7, max_epochs=9)


def of(**declare: Callable[[Space], object]) -> list[dict[str, object]]:
    """Return the declaration of a space that is given in order."""
    hp = Space()
    for one in declare.values():
        one(hp)
    return as_json(hp)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (lambda hp: hp.Int("x", 1, 8), "x: max_value was 40, is 8"),
        (lambda hp: hp.Int("x", 1, 40, default=2), "x: default was 1, is 2"),
        (lambda hp: hp.Int("x", 1, 40, step=3), "x: step was 1, is 3"),
        (lambda hp: hp.Int("x", 1, 40, sampling="log"), 'x: step was 1, is none, sampling was "linear", is "log"'),
        (lambda hp: hp.Float("x", 1, 40), "x: was Int, is Float"),
        (lambda hp: hp.Int("y", 1, 40), "x is gone"),
        (
            lambda hp: hp.Choice("k", ["a", "b"]) and hp.Int("x", 1, 40, parent_name="k", parent_values=["b"]),
            "x: counted always, counts where k is b",
        ),
    ],
)
def test_each_edit_is_said(now: Callable[[Space], object], said: str) -> None:
    assert Edits.between(of(x=lambda hp: hp.Int("x", 1, 40)), of(x=now)).changed == (said,)


def test_values_and_types_of_choices_are_told_apart_and_new_names_are_no_edit() -> None:
    was = of(x=lambda hp: hp.Choice("x", [0, 1]))
    assert Edits.between(was, of(x=lambda hp: hp.Choice("x", [0.0, 1.0]))).changed == (
        "x: values was [0, 1], is [0.0, 1.0], default was 0, is 0.0",
    )
    fixed, other = of(x=lambda hp: hp.Fixed("x", 5)), of(x=lambda hp: hp.Fixed("x", 6))
    assert Edits.between(fixed, other).changed == ("x: value was 5, is 6",)
    assert Edits.between(was, of(y=lambda hp: hp.Int("y", 0, 1), x=lambda hp: hp.Choice("x", [0, 1]))) == Edits(
        (), ("y",)
    )


def play(conductor: Conductor, count: int) -> list[Suggestion]:
    """Run ``count`` trials, every third of them failing, and return what was suggested."""
    tried = []
    while len(tried) < count and isinstance(suggestion := conductor.suggest(), Suggestion):
        tried.append(suggestion)
        number = int(suggestion.trial_id)
        conductor.end(ended(suggestion.trial_id, None if number % 3 == 2 else number / 10, ended=f"{number:02d}"))
    return tried


@pytest.mark.parametrize("name", NAMES)
def test_once_accepted_every_oracle_proposes_in_the_new_space_alone(
    name: str, specification: SearchSpecification, ledger: Ledger
) -> None:
    settings = specification.settings.model_copy(update={"trials": 30})
    many = specification.model_copy(update={"settings": settings})
    first = Conductor.resumed(many, ledger, oracle(name, before()))
    early = play(first, 8)
    unfinished = first.suggest()
    with pytest.raises(SpaceError, match=r"x: min_value was 1, is 10.*; gone is gone: undo that, or .*--accept-space$"):
        check_space(ledger, oracle(name, after()))
    late = []
    for accept in (True, False, False):  # what was accepted stays so
        if not accept:
            check_space(ledger, oracle(name, after()))
        resumed = Conductor.resumed(many, Ledger(ledger.layout), oracle(name, after()), accept_space=accept)
        late += play(resumed, 4)
    assert late[0] == unfinished
    new = [one for one in late[1:] if isinstance(unfinished, Suggestion) and one.parent != unfinished.trial_id]
    assert len(new) >= 5
    space = after()
    assert [one.hyperparameters for one in new] == [complete(space, one.hyperparameters) for one in new]
    assert {one.trial_id for one in early}.isdisjoint(one.trial_id for one in late)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_new_is_proposed_and_earlier_trials_count_as_ones_with_the_default(
    name: str, specification: SearchSpecification, ledger: Ledger
) -> None:
    many = specification.model_copy(update={"settings": specification.settings.model_copy(update={"trials": 30})})
    play(Conductor.resumed(many, ledger, oracle(name, before())), 4)
    wider = before()
    wider.Int("new", 1, 9, default=5)
    check_space(ledger, oracle(name, wider))
    resumed = oracle(name, wider)
    conductor = Conductor.resumed(many, ledger, resumed)
    assert [trial.hyperparameters.values["new"] for trial in resumed.trials.values()] == [5] * 4
    assert all("new" in suggestion.values for suggestion in play(conductor, 3) if suggestion.parent is None)
