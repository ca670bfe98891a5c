from typing import Any

import keras_tuner
import pytest
from search_tests.examples import ended
from search_tests.oracle_driving import NAMES

from search import (
    Conductor,
    Ledger,
    NoSuggestion,
    Record,
    SearchSpecification,
    SettingsError,
    SpaceError,
    Suggestion,
    TrialState,
    commonest_failure,
    make_oracle,
)
from trainer import Objective

OBJECTIVE = Objective("val_macro_f1", "max")


def space(choices: int = 100) -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Int("x", 1, choices)
    return hp


def random_oracle(choices: int = 100) -> keras_tuner.Oracle:
    return make_oracle("random", hyperparameters=space(choices), objective=OBJECTIVE, max_trials=4, seed=7)


@pytest.fixture
def conductor(specification: SearchSpecification, ledger: Ledger) -> Conductor:
    return Conductor(specification, ledger, random_oracle())


def suggested(conductor: Conductor) -> Suggestion:
    suggestion = conductor.suggest()
    assert isinstance(suggestion, Suggestion)
    return suggestion


def test_a_suggestion_is_durable_before_it_is_handed_out(conductor: Conductor, ledger: Ledger) -> None:
    suggestion = suggested(conductor)
    assert ledger.suggestion(suggestion.trial_id) == suggestion


def test_the_budget_is_kept_to_the_unit(conductor: Conductor) -> None:
    ids = [suggested(conductor).trial_id for _ in range(4)]
    assert ids == ["0000", "0001", "0002", "0003"]
    assert conductor.suggest() is NoSuggestion.STOPPED


def test_an_exhausted_space_ends_the_search(specification: SearchSpecification, ledger: Ledger) -> None:
    conductor = Conductor(specification, ledger, random_oracle(choices=2))
    assert {suggested(conductor).values["x"] for _ in range(2)} == {1, 2}
    assert not conductor.exhausted
    assert conductor.suggest() is NoSuggestion.STOPPED
    assert conductor.exhausted


def test_the_same_seed_suggests_the_same_whatever_is_told_in_between(
    specification: SearchSpecification, ledger: Ledger, conductor: Conductor
) -> None:
    at_once = [suggested(conductor).values for _ in range(4)]
    ledger.layout.root.delete_tree()
    one_by_one = []
    other = Conductor(specification, ledger, random_oracle())
    for _ in range(4):
        suggestion = suggested(other)
        one_by_one.append(suggestion.values)
        other.end(ended(suggestion.trial_id, 0.5))
    assert one_by_one == at_once


def test_trials_have_seeds_of_their_own(conductor: Conductor) -> None:
    seeds = [suggested(conductor).seed for _ in range(4)]
    assert len(set(seeds)) == 4
    assert min(seeds) >= 1


class Watching(keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Notes what stands in the ledger when it is told of a trial's end."""

    ledger: Ledger
    seen: list[tuple[list[Record], str, Any]]

    def end_trial(self, trial: Any) -> None:
        super().end_trial(trial)
        self.seen.append((self.ledger.records(), trial.status, self.trials[trial.trial_id].score))


@pytest.mark.parametrize(
    ("state", "score", "status"),
    [
        (TrialState.COMPLETED, 0.5, "COMPLETED"),
        (TrialState.STOPPED, 0.5, "COMPLETED"),
        (TrialState.INFEASIBLE, None, "FAILED"),
        (TrialState.FAILED, 0.5, "FAILED"),
    ],
)
def test_a_record_is_durable_before_the_oracle_learns_of_it(
    specification: SearchSpecification, ledger: Ledger, state: TrialState, score: float | None, status: str
) -> None:
    oracle = Watching(
        objective=keras_tuner.Objective("val_macro_f1", "max"), hyperparameters=space(), max_trials=None, seed=7
    )
    oracle.verbose, oracle.save, oracle._save_trial = 0, lambda: None, lambda _: None
    oracle.ledger, oracle.seen = ledger, []
    conductor = Conductor(specification, ledger, oracle)
    record = ended(suggested(conductor).trial_id, score, state=state)
    conductor.end(record)
    assert oracle.seen == [([record], status, score if status == "COMPLETED" else None)]


def twenty(specification: SearchSpecification, ledger: Ledger) -> Conductor:
    many = specification.settings.model_copy(update={"trials": 20})
    return Conductor.resumed(specification.model_copy(update={"settings": many}), ledger, random_oracle())


def test_many_failures_in_a_row_do_not_end_a_search_that_has_worked(
    specification: SearchSpecification, ledger: Ledger
) -> None:
    conductor = twenty(specification, ledger)
    conductor.end(ended(suggested(conductor).trial_id, 0.5))
    for _ in range(19):
        conductor.end(ended(suggested(conductor).trial_id, None, reason="does not fit"))
    assert conductor.common_failure is None


def fail(conductor: Conductor, reasons: list[str]) -> None:
    for reason in reasons:
        conductor.end(ended(suggested(conductor).trial_id, None, reason=reason))


def test_five_first_failures_for_one_reason_end_the_search_for_good(
    specification: SearchSpecification, ledger: Ledger
) -> None:
    conductor = twenty(specification, ledger)
    fail(conductor, [f"cannot add shapes ({units}, 32)" for units in range(8, 13)])
    assert conductor.common_failure == "cannot add shapes (8, 32)"
    assert conductor.suggest() is NoSuggestion.STOPPED
    resumed = twenty(specification, ledger)
    assert resumed.common_failure == "cannot add shapes (8, 32)"
    assert resumed.suggest() is NoSuggestion.STOPPED


def test_what_was_cut_before_it_had_a_score_is_none_of_the_first_five(
    specification: SearchSpecification, ledger: Ledger
) -> None:
    conductor = twenty(specification, ledger)
    conductor.end(ended(suggested(conductor).trial_id, None, state=TrialState.STOPPED, epochs=0))
    fail(conductor, ["does not fit"] * 4)
    resumed = twenty(specification, ledger)
    assert (conductor.common_failure, resumed.common_failure) == (None, None)
    fail(resumed, ["does not fit"])
    assert resumed.common_failure == twenty(specification, ledger).common_failure == "does not fit"


def test_why_most_failed_is_said_as_the_first_of_them_says_it() -> None:
    reasons = ("out of memory", "cannot add shapes (8, 32)", "cannot add shapes (9, 32)", None)
    records = [ended(f"000{n}", None, reason=reason) for n, reason in enumerate(reasons)]
    assert commonest_failure([*records, ended("0009", 0.5)]) == "cannot add shapes (8, 32)"
    assert commonest_failure([ended("0009", 0.5)]) is None


def test_five_first_failures_for_two_reasons_do_not(specification: SearchSpecification, ledger: Ledger) -> None:
    conductor = twenty(specification, ledger)
    fail(conductor, ["out of memory", "does not fit", "out of memory", "out of memory", "out of memory"])
    assert conductor.common_failure is None
    assert isinstance(conductor.suggest(), Suggestion)


def test_an_unknown_oracle_names_the_known_ones() -> None:
    with pytest.raises(
        SettingsError, match="--oracle rnadom: expected one of tpe, bayesian, random, grid, hyperband or module:factory"
    ):
        make_oracle("rnadom", hyperparameters=space(), objective=OBJECTIVE, max_trials=4, seed=7)


def test_a_user_oracle_that_is_none_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"--oracle builtins:dict: expected a keras_tuner\.Oracle, got dict"):
        make_oracle("builtins:dict", hyperparameters=space(), objective=OBJECTIVE, max_trials=4, seed=7)


@pytest.mark.parametrize("name", NAMES)
def test_to_every_oracle_a_stopped_trial_is_one_that_has_its_best_score(
    name: str, specification: SearchSpecification, ledger: Ledger
) -> None:
    def oracle() -> keras_tuner.Oracle:
        return make_oracle(name, hyperparameters=space(), objective=OBJECTIVE, max_trials=4, seed=7, max_epochs=9)

    told = oracle()
    conductor = Conductor(specification, ledger, told)
    for score, state in ((0.25, TrialState.STOPPED), (0.5, TrialState.COMPLETED)):
        conductor.end(ended(suggested(conductor).trial_id, score, state=state))
    resumed = oracle()
    Conductor.resumed(specification, ledger, resumed)
    for one in (told, resumed):
        known = [(trial.status, trial.score) for trial in one.trials.values()]
        assert known == [("COMPLETED", 0.25), ("COMPLETED", 0.5)]
    assert [record.state for record in ledger.records()] == [TrialState.STOPPED, TrialState.COMPLETED]


def test_a_space_that_is_used_up_is_told_from_a_budget_that_is(
    specification: SearchSpecification, ledger: Ledger, conductor: Conductor
) -> None:
    for _ in range(4):
        suggested(conductor)
    assert conductor.suggest() is NoSuggestion.STOPPED
    assert not conductor.exhausted
    ledger.layout.root.delete_tree()
    small = Conductor(specification, ledger, random_oracle(choices=2))
    for _ in range(2):
        suggested(small)
    assert small.suggest() is NoSuggestion.STOPPED
    assert small.exhausted
