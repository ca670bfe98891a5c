"""A conductor that is resumed from the ledger alone goes on as if nothing had happened."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import keras_tuner
import pytest
from search_tests.examples import ended
from search_tests.killed_ledger import Killed, KilledAfter
from search_tests.oracle_driving import NAMES

from datasets import open_folder
from search import (
    Conductor,
    Ledger,
    NoSuggestion,
    SearchLayout,
    SearchSpecification,
    SettingsError,
    Suggestion,
    create_search,
    extended,
    keep_changes,
    make_oracle,
    read_specification,
)
from search.space.typed_space import TypedSpace
from trainer import Objective

TRIALS = 8


def oracle(name: str = "random") -> keras_tuner.Oracle:
    hp = keras_tuner.HyperParameters()
    hp.Int("x", 1, 1000)
    hp.Choice("kind", ["plain", "deep"])
    hp.Float("depth", 0.0, 1.0, parent_name="kind", parent_values=["deep"])
    return make_oracle(
        name, hyperparameters=hp, objective=Objective("val_macro_f1", "max"), max_trials=8, seed=7, max_epochs=4
    )


@pytest.fixture
def eight(specification: SearchSpecification) -> SearchSpecification:
    return specification.model_copy(update={"settings": specification.settings.model_copy(update={"trials": TRIALS})})


@pytest.fixture(autouse=True)
def killed_is_not_unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk: what a process has written outlives it, flushed or not."""
    monkeypatch.setattr("os.fsync", lambda _file: None)


def play(conductor: Conductor, *, scores: Callable[[str], float | None] = lambda trial: int(trial) / 10) -> list[str]:
    """Run every trial to its end; give its values and seed in the order of the suggestions."""
    tried = []
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        tried.append(str([suggestion.values, suggestion.seed]))
        conductor.end(ended(suggestion.trial_id, scores(suggestion.trial_id)))
    return tried


# A trial is three writes.
@pytest.mark.parametrize("writes", range(3 * TRIALS + 1))
@pytest.mark.parametrize("name", NAMES)
def test_killed_after_any_write_no_trial_is_lost_repeated_or_another(
    name: str, writes: int, eight: SearchSpecification, layout: SearchLayout, tmp_path: Path
) -> None:
    elsewhere = Ledger(SearchLayout(open_folder(tmp_path / "undisturbed")))
    undisturbed = play(Conductor(eight, elsewhere, oracle(name)))
    with pytest.raises(Killed):
        play(Conductor(eight, KilledAfter(layout, writes=writes), oracle(name)))
    recorded = {record.trial_id for record in Ledger(layout).records() if record.state.is_ended()}
    resumed = Conductor.resumed(eight, Ledger(layout), oracle(name))
    again = play(resumed)
    assert len(again) == TRIALS - len(recorded)
    records = Ledger(layout).records()
    assert [record.trial_id for record in records] == [f"{number:04}" for number in range(TRIALS)]
    assert all(record.state.is_ended() for record in records)
    assert [str([s.values, s.seed]) for s in Ledger(layout).suggestions()] == undisturbed
    assert resumed.suggest() is NoSuggestion.STOPPED


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
    create_search(layout, specification)
    play(Conductor(specification, Ledger(layout), oracle()))
    longer = extended(specification, 6)
    keep_changes(layout, specification, longer)
    assert read_specification(layout) == longer
    assert len(play(Conductor.resumed(longer, Ledger(layout), oracle()))) == 2
    with pytest.raises(SettingsError, match="--trials 5: the search was to have 6 already"):
        extended(longer, 5)


def test_asked_to_stop_nothing_more_is_suggested(eight: SearchSpecification, layout: SearchLayout) -> None:
    conductor = Conductor(eight, Ledger(layout), oracle())
    conductor.suggest()
    conductor.stop()
    assert conductor.suggest() is NoSuggestion.STOPPED


def _comparable(oracle: keras_tuner.Oracle) -> dict[str, object]:
    state = oracle.get_state()
    return {**state, "tried_so_far": sorted(state["tried_so_far"])}  # a set, in no order


@pytest.mark.parametrize("writes", range(0, 41, 3))
def test_a_hyperband_killed_again_and_again_while_three_run_stays_one(
    writes: int, specification: SearchSpecification, layout: SearchLayout
) -> None:
    ten = specification.model_copy(update={"settings": specification.settings.model_copy(update={"trials": 10})})
    for left in (writes, 7, 99):
        with suppress(Killed):
            _three_at_a_time(Conductor.resumed(ten, KilledAfter(layout, writes=left), oracle("hyperband")))
    suggestions = Ledger(layout).suggestions()
    assert all(record.state.is_ended() for record in Ledger(layout).records())
    kinds = Counter((s.values["tuner/bracket"], s.values["tuner/round"]) for s in suggestions)
    assert kinds == {(1, 0): 5, (1, 1): 2, (0, 0): 3}
    promoted = [s for s in suggestions if s.parent is not None]
    by_id = {s.trial_id: s for s in suggestions}
    assert len({s.parent for s in promoted}) == 2
    assert all((s.hyperparameters, s.seed) == (by_id[s.parent].hyperparameters, by_id[s.parent].seed) for s in promoted)
    assert len({str(s.hyperparameters) for s in suggestions}) == 8


def _three_at_a_time(conductor: Conductor) -> None:
    running: list[Suggestion] = []
    while True:
        found = conductor.suggest()
        if isinstance(found, Suggestion):
            running.append(found)
            if len(running) < 3:
                continue
        if not running:
            assert found is NoSuggestion.STOPPED
            return
        ended_one = running.pop(0)
        conductor.end(ended(ended_one.trial_id, int(ended_one.trial_id) / 10))


@pytest.mark.parametrize("name", ["grid", "random", "tpe", "bayesian"])
def test_what_was_tried_of_steps_as_keras_tuner_adds_them_up_is_not_tried_again(
    name: str, specification: SearchSpecification, layout: SearchLayout
) -> None:
    old = keras_tuner.HyperParameters()
    old.Float("a", -0.3, 0.3, step=0.1, default=-0.3)
    ledger = Ledger(layout)
    for number, value in enumerate(old.space[0].values):  # 0.3 was never one of them
        trial_id, values = f"{number:04}", {"a": value}
        ledger.write_suggestion(Suggestion(trial_id=trial_id, values=values, seed=1, suggested=""))
        ledger.write_record(ended(trial_id, 0.1 * number, hyperparameters=values))
    settings = specification.settings.model_copy(update={"trials": 20})
    space, objective = TypedSpace.of(old), Objective("val_macro_f1", "max")
    made = make_oracle(name, hyperparameters=space, objective=objective, max_trials=20, seed=7, max_epochs=4)
    conductor = Conductor.resumed(specification.model_copy(update={"settings": settings}), ledger, made)
    found = []
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        found.append(round(float(suggestion.values["a"]), 9))
        conductor.end(ended(suggestion.trial_id, 0.5, hyperparameters=suggestion.values))
    assert found == [0.3]
