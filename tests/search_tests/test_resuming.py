"""A conductor that is resumed from the ledger alone goes on as if nothing had happened."""

from collections.abc import Callable

import keras_tuner
import pytest
from search_tests.examples import ended

from datasets import open_folder
from search import (
    Conductor,
    Ledger,
    Nothing,
    SearchLayout,
    SearchSpecification,
    SettingsError,
    Suggestion,
    claim,
    extend,
    make_oracle,
    read_specification,
)
from trainer import Objective

TRIALS = 8


def oracle() -> keras_tuner.Oracle:
    hp = keras_tuner.HyperParameters()
    hp.Int("x", 1, 1000)
    hp.Choice("kind", ["plain", "deep"])
    hp.Float("depth", 0.0, 1.0, parent_name="kind", parent_values=["deep"])
    return make_oracle("random", hyperparameters=hp, objective=Objective("val_macro_f1", "max"), max_trials=8, seed=7)


@pytest.fixture
def eight(specification: SearchSpecification) -> SearchSpecification:
    return specification.model_copy(update={"settings": specification.settings.model_copy(update={"trials": TRIALS})})


def play(conductor: Conductor, *, scores: Callable[[str], float | None] = lambda trial: int(trial) / 10) -> list[str]:
    """Run every trial to its end; give the hyperparameters in the order of the suggestions."""
    tried = []
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        tried.append(str(suggestion.hyperparameters))
        conductor.end(ended(suggestion.trial_id, scores(suggestion.trial_id)))
    return tried


class Killed(Exception):
    """The driver is gone."""


class KilledAt(Ledger):
    """A ledger whose process is killed before (or after) its ``at``-th write."""

    def __init__(self, layout: SearchLayout, *, at: int, after: bool) -> None:
        super().__init__(layout)
        self._left, self._after = at, after

    def _count(self, write: Callable[[], None]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        write()
        if self._left == 0:
            raise Killed

    def write_suggestion(self, suggestion: Suggestion) -> None:
        self._count(lambda: super(KilledAt, self).write_suggestion(suggestion))

    def write_record(self, record: object) -> None:
        self._count(lambda: super(KilledAt, self).write_record(record))  # type: ignore[arg-type]

    def write_oracle(self, state: dict[str, object]) -> None:
        self._count(lambda: super(KilledAt, self).write_oracle(state))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 4 * TRIALS + 1))
def test_killed_at_any_write_no_trial_is_lost_repeated_or_another(
    at: int, after: bool, eight: SearchSpecification, layout: SearchLayout, tmp_path: object
) -> None:
    undisturbed = play(Conductor(eight, Ledger(SearchLayout(open_folder(f"{tmp_path}/undisturbed"))), oracle()))
    with pytest.raises(Killed):
        play(Conductor(eight, KilledAt(layout, at=at, after=after), oracle()))
    recorded = {record.trial_id for record in Ledger(layout).records() if record.state.is_ended()}
    resumed = Conductor.resumed(eight, Ledger(layout), oracle())
    again = play(resumed)
    assert len(again) == TRIALS - len(recorded)
    records = Ledger(layout).records()
    assert [record.trial_id for record in records] == [f"{number:04}" for number in range(TRIALS)]
    assert all(record.state.is_ended() for record in records)
    assert [str(Ledger(layout).suggestion(record.trial_id).hyperparameters) for record in records] == undisturbed
    assert resumed.suggest() is Nothing.MORE


def test_the_oracle_knows_again_what_it_knew(eight: SearchSpecification, layout: SearchLayout) -> None:
    first = oracle()
    conductor = Conductor(eight, Ledger(layout), first)
    play(conductor, scores=lambda trial: None if trial == "0003" else int(trial) / 10)
    second = oracle()
    Conductor.resumed(eight, Ledger(layout), second)
    for one, other in zip(first.trials.values(), second.trials.values(), strict=True):
        assert (one.status, one.score, one.hyperparameters.values) == (
            other.status,
            other.score,
            other.hyperparameters.values,
        )
    assert _comparable(first) == _comparable(second)


def test_what_ran_comes_first_and_with_its_own_seed(eight: SearchSpecification, layout: SearchLayout) -> None:
    conductor = Conductor(eight, Ledger(layout), oracle())
    given = [conductor.suggest() for _ in range(3)]
    conductor.end(ended("0001", 0.5))
    resumed = Conductor.resumed(eight, Ledger(layout), oracle())
    assert [resumed.suggest(), resumed.suggest()] == [given[0], given[2]]


def test_a_search_is_extended_and_never_cut(layout: SearchLayout, specification: SearchSpecification) -> None:
    claim(layout, specification)
    play(Conductor(specification, Ledger(layout), oracle()))
    longer = extend(layout, specification, 6)
    assert read_specification(layout) == longer
    assert len(play(Conductor.resumed(longer, Ledger(layout), oracle()))) == 2
    with pytest.raises(SettingsError, match="--trials 5: the search was to have 6 already"):
        extend(layout, longer, 5)


def test_asked_to_stop_nothing_more_is_suggested(eight: SearchSpecification, layout: SearchLayout) -> None:
    conductor = Conductor(eight, Ledger(layout), oracle())
    conductor.suggest()
    conductor.stop()
    assert conductor.suggest() is Nothing.MORE


def _comparable(oracle: keras_tuner.Oracle) -> dict[str, object]:
    state = oracle.get_state()
    return {**state, "tried_so_far": sorted(state["tried_so_far"])}  # a set, in no order
