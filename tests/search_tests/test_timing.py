"""Trials in the time that a search has: which begin, how long they train, and what is recorded at the end."""

import keras_tuner
import pytest
from search_tests import examples
from search_tests.examples import ended
from search_tests.oracle_driving import NAMES
from search_tests.test_time_budget import Clock

from search import (
    Conductor,
    Ledger,
    NoSuggestion,
    SearchLayout,
    SearchSettings,
    SearchSpecification,
    SettingsError,
    Suggestion,
    TimeBudget,
    TrialState,
    end_all,
    extended,
    leaderboard,
    make_oracle,
    out_of_time,
    read_specification,
)
from search.ledger.specification import create_search, keep_changes
from search.testing.driving import quiet
from trainer import Objective

OBJECTIVE = Objective("val_macro_f1", "max")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed() -> SearchSpecification:
    return examples.specification(SearchSettings(name="first", time_limit=1000.0, epochs=20, seed=7))


def oracle(name: str = "random", **given: int | None) -> keras_tuner.Oracle:
    hp = keras_tuner.HyperParameters()
    hp.Int("x", 1, 1000)
    return make_oracle(name, hyperparameters=hp, objective=OBJECTIVE, max_trials=None, seed=7, max_epochs=20)


def measured(suggestion: Suggestion, *, epoch: float = 10.0, start: float = 20.0) -> dict[str, object]:
    known = {"hyperparameters": suggestion.hyperparameters, "epoch_seconds": epoch, "start_seconds": start}
    return known | {"ended": f"2026-01-01T00:00:{suggestion.trial_id[-2:]}.000+00:00"}


def suggested(conductor: Conductor) -> Suggestion:
    suggestion = conductor.suggest()
    assert isinstance(suggestion, Suggestion)
    return suggestion


@pytest.mark.parametrize(("least_share", "last"), [(0.0, [10]), (0.5, [10]), (0.6, [])])
def test_trials_are_fitted_to_the_time_left_until_too_few_epochs_fit(
    least_share: float, last: list[int], timed: SearchSpecification, ledger: Ledger, clock: Clock
) -> None:
    budget = TimeBudget(1000.0, clock=clock)
    conductor = Conductor(timed, ledger, oracle(), budget=budget, least_share=least_share)
    schedules = []
    while isinstance(suggestion := conductor.suggest(), Suggestion):
        schedules.append(suggestion.epochs)
        assert ledger.suggestion(suggestion.trial_id) == suggestion
        clock.now += 20 + 10 * (suggestion.epochs or 20)
        conductor.end(ended(suggestion.trial_id, 0.5, **measured(suggestion)))
    assert schedules == [None] * 4 + last  # 4 of 220 s, then 120 s are left
    assert suggestion is NoSuggestion.STOPPED
    assert conductor.out_of_time
    assert not conductor.exhausted


def test_before_anything_is_measured_what_is_known_fits_the_first_schedules(
    timed: SearchSpecification, ledger: Ledger, clock: Clock
) -> None:
    conductor = Conductor(timed, ledger, oracle(), budget=TimeBudget(1000.0, clock=clock), epoch_seconds=90.0)
    first, second = suggested(conductor), suggested(conductor)
    assert (first.epochs, second.epochs) == (11, 11)
    clock.now += 8  # a worker takes some seconds before its first epoch
    assert suggested(conductor).epochs == 10
    clock.now += 942
    assert suggested(conductor).epochs == 1  # it may have been wrong
    conductor.end(ended(first.trial_id, 0.5, **measured(first, epoch=1.0)))
    assert suggested(conductor).epochs is None


def test_where_no_time_is_given_nothing_is_fitted(specification: SearchSpecification, ledger: Ledger) -> None:
    conductor = Conductor(specification, ledger, oracle())
    first = suggested(conductor)
    conductor.end(ended(first.trial_id, 0.5, **measured(first, epoch=1e9)))
    assert suggested(conductor).epochs is None


def test_promotions_go_on_with_the_schedules_of_their_parents(
    timed: SearchSpecification, ledger: Ledger, clock: Clock
) -> None:
    conductor = Conductor(timed, ledger, oracle("hyperband"), budget=TimeBudget(1000.0, clock=clock))
    first = suggested(conductor)
    conductor.end(ended(first.trial_id, 0.5, **measured(first)))
    clock.now += 900
    second = suggested(conductor)
    assert (second.epochs, second.last_epoch) == (None, second.until)
    clock.now += 80
    assert conductor.suggest() is NoSuggestion.STOPPED


def test_a_trial_that_is_resumed_goes_on_only_if_an_epoch_of_its_own_fits(
    timed: SearchSpecification, layout: SearchLayout, clock: Clock
) -> None:
    ledger = Ledger(layout)
    conductor = Conductor(timed, ledger, oracle(), budget=TimeBudget(1000.0, clock=clock))
    slow, quick, unmeasured = (suggested(conductor) for _ in range(3))
    for suggestion, epoch in ((slow, 100.0), (quick, 10.0)):
        facts = {"state": TrialState.RUNNING, "epochs": 2, "ended": None}
        conductor.progress(ended(suggestion.trial_id, 0.25, **measured(suggestion, epoch=epoch) | facts))
    resumed = Conductor.resumed(timed, Ledger(layout), oracle(), budget=TimeBudget(60.0, clock=clock))
    assert suggested(resumed) == quick
    assert resumed.suggest() is NoSuggestion.STOPPED
    assert resumed.out_of_time
    end_all(ledger)
    rows = {row.trial_id: row for row in leaderboard(ledger.records(), OBJECTIVE)}
    assert [rows[one.trial_id].state for one in (slow, quick, unmeasured)] == [TrialState.STOPPED] * 3
    assert rows[slow.trial_id].reason == "the time was up after 2 epochs"
    assert (rows[slow.trial_id].score, rows[slow.trial_id].rank) == (0.25, 1)
    assert (rows[unmeasured.trial_id].score, rows[unmeasured.trial_id].rank) == (None, None)
    # With more time others are tried.
    longer = Conductor.resumed(timed, Ledger(layout), oracle(), budget=TimeBudget(1000.0, clock=clock))
    assert suggested(longer).trial_id not in rows


@pytest.mark.parametrize("name", NAMES)
def test_of_what_was_cut_before_it_had_a_score_no_oracle_is_told(
    name: str, timed: SearchSpecification, layout: SearchLayout, clock: Clock
) -> None:
    ledger, told = Ledger(layout), oracle(name)
    conductor = Conductor(timed, ledger, told, budget=TimeBudget(1000.0, clock=clock))
    first, cut = suggested(conductor), suggested(conductor)
    conductor.end(ended(first.trial_id, 0.5, **measured(first)))
    conductor.end(out_of_time(conductor.record(cut.trial_id)))
    rebuilt, of_an_earlier_version = oracle(name), oracle(name)
    Conductor.resumed(timed, Ledger(layout), rebuilt)
    state = told.get_state()
    ledger.write_oracle(state | {"end_order": [*state["end_order"], cut.trial_id]})
    Conductor.resumed(timed, Ledger(layout), of_an_earlier_version)
    following = []
    for one in (told, rebuilt, of_an_earlier_version):
        assert (one.trials[cut.trial_id].status, one.trials[cut.trial_id].score) == ("STOPPED", None)
        assert (one.end_order, one.ongoing_trials) == ([first.trial_id], {})
        trial = one.create_trial("worker")
        assert (trial.trial_id, trial.status) == ("0002", "RUNNING")
        following.append(trial.hyperparameters.values)
        assert trial.hyperparameters.values["x"] != cut.values["x"]
    assert following[0] == following[1] == following[2]


def test_an_oracle_of_ones_own_hears_of_every_end(
    timed: SearchSpecification, layout: SearchLayout, clock: Clock
) -> None:
    def own() -> keras_tuner.Oracle:
        hp = keras_tuner.HyperParameters()
        hp.Int("x", 1, 1000)
        objective = keras_tuner.Objective(OBJECTIVE.name, OBJECTIVE.direction)
        return quiet(keras_tuner.oracles.BayesianOptimizationOracle(objective, hyperparameters=hp, seed=7))

    told, rebuilt = own(), own()
    conductor = Conductor(timed, Ledger(layout), told, budget=TimeBudget(1000.0, clock=clock))
    cut = suggested(conductor)
    conductor.end(out_of_time(conductor.record(cut.trial_id)))
    Conductor.resumed(timed, Ledger(layout), rebuilt)
    for one in (told, rebuilt):
        assert (one.trials[cut.trial_id].status, one.end_order) == ("FAILED", [cut.trial_id])
        assert one.create_trial("worker").status == "RUNNING"


def test_at_the_end_nothing_begins_whatever_was_measured(
    timed: SearchSpecification, ledger: Ledger, clock: Clock
) -> None:
    conductor = Conductor(timed, ledger, oracle(), budget=TimeBudget(1000.0, clock=clock))
    suggestion = suggested(conductor)
    clock.now += 1000
    assert conductor.is_over
    assert not conductor.may_begin(suggestion.trial_id)
    assert conductor.suggest() is NoSuggestion.STOPPED


def test_without_a_time_there_is_a_count_and_with_one_there_may_be() -> None:
    assert SearchSettings(name="a").trials == 20
    assert SearchSettings(name="a", trials=None).trials == 20
    assert SearchSettings(name="a", time_limit=60).trials is None
    assert SearchSettings(name="a", time_limit=60, trials=5).trials == 5
    assert SearchSettings(name="a", time_limit=60, oracle="hyperband", epochs=4).trials == 10


def test_time_and_count_are_extended(timed: SearchSpecification, layout: SearchLayout) -> None:
    create_search(layout, timed)
    longer = extended(timed, time_limit=2000.0)
    keep_changes(layout, timed, longer)
    assert read_specification(layout) == longer
    counted = extended(longer, trials=5)
    keep_changes(layout, longer, counted)
    read = read_specification(layout).settings
    assert (read.time_limit, read.trials) == (2000.0, 5)
    with pytest.raises(SettingsError, match=r"--time-limit 30m: the search was to have 33m20s already: ask for more"):
        extended(counted, time_limit=1800.0)
