import math
from collections.abc import Sequence

import pytest
from ray.tune.schedulers import TrialScheduler
from search_tests.examples import specification

from cluster.driving.scheduling import NO_TUNE, make_scheduler, trial_key
from cluster.workers.trainable import as_result
from search import Record, SearchSettings, SearchSpecification, TrialState


class Judge:
    """A scheduler called as `run_in_process` calls it."""

    def __init__(self, specification: SearchSpecification, records: Sequence[Record]) -> None:
        self._scheduler = make_scheduler(specification, records)

    def add(self, trial_id: str) -> None:
        self._scheduler.on_trial_add(NO_TUNE, trial_key(trial_id))

    def should_stop(self, record: Record) -> bool:
        decision = self._scheduler.on_trial_result(NO_TUNE, trial_key(record.trial_id), as_result(record))
        return decision == TrialScheduler.STOP

    def complete(self, record: Record) -> None:
        self._scheduler.on_trial_complete(NO_TUNE, trial_key(record.trial_id), as_result(record))


def made_scheduler(
    name: str = "asha", direction: str = "max", epochs: int = 4, records: Sequence[Record] = ()
) -> Judge:
    settings = SearchSettings(name="first", epochs=epochs, scheduler=name)
    return Judge(specification(settings, objective_name="val_loss", objective_direction=direction), records)


def report(trial_id: str, epoch: int, score: float | None, state: TrialState = TrialState.RUNNING) -> Record:
    return Record(trial_id=trial_id, state=state, hyperparameters={}, epochs=epoch, score=score)


def stopped_at_first_rung(judge: Judge, scores: list[float]) -> list[bool]:
    stopped = []
    for number, score in enumerate(scores):
        judge.add(str(number))
        stopped.append(judge.should_stop(report(str(number), 1, score)))
    return stopped


def test_asha_stops_what_is_below_the_best_third() -> None:
    assert stopped_at_first_rung(made_scheduler(), [0.9, 0.1, 0.95, 0.2]) == [False, True, False, True]


def test_asha_minimises_what_is_to_be_minimised() -> None:
    assert stopped_at_first_rung(made_scheduler(direction="min"), [0.9, 0.1, 0.95, 0.05]) == [False, False, True, False]


def test_between_rungs_nothing_is_stopped() -> None:
    judge = made_scheduler()
    stopped_at_first_rung(judge, [0.9, 0.95])
    assert not judge.should_stop(report("0", 2, 0.0))


def test_an_infeasible_trial_is_no_yardstick() -> None:
    judge = made_scheduler()
    judge.add("bad")
    judge.complete(report("bad", 1, None, TrialState.INFEASIBLE))
    assert stopped_at_first_rung(judge, [0.1]) == [False]


def test_none_stops_nothing() -> None:
    assert stopped_at_first_rung(made_scheduler("none"), [0.9, 0.1, 0.2]) == [False, False, False]


def test_longer_trials_are_compared_later() -> None:
    judge = made_scheduler(epochs=100)
    assert stopped_at_first_rung(judge, [0.9, 0.1, 0.95, 0.2]) == [False] * 4
    assert [judge.should_stop(report(trial, 5, score)) for trial, score in (("0", 0.9), ("1", 0.1))] == [False, True]


@pytest.mark.parametrize("epochs", [1, 2])
def test_one_epoch_is_long_enough_for_asha(epochs: int) -> None:
    assert stopped_at_first_rung(made_scheduler(epochs=epochs), [0.9, 0.1]) == [False, True]


def trained(judge: Judge, trial_id: str, values: Sequence[float | None], *, epochs: int) -> Record:
    """Report ``values`` epoch by epoch until the end or the scheduler's word; None is the epoch of a NaN."""
    judge.add(trial_id)
    history: list[float] = []
    for value in values:
        history.append(math.nan if value is None else value)
        best = max((known for known in history if not math.isnan(known)), default=None)
        state = TrialState.COMPLETED if len(history) == epochs else TrialState.RUNNING
        record = Record(
            trial_id=trial_id,
            state=state,
            hyperparameters={},
            epochs=len(history),
            score=best,
            history={"val_loss": list(history)},
        )
        if not state.is_ended() and judge.should_stop(record):
            record = record.but(state=TrialState.STOPPED)
        if record.state.is_ended():
            judge.complete(record)
            break
    return record


def test_median_stops_what_is_below_the_median_of_the_others_averages() -> None:
    judge = made_scheduler("median", epochs=8)
    for number, value in enumerate((0.2, 0.4, 0.9)):
        assert trained(judge, str(number), [value] * 8, epochs=8).epochs == 8
    assert trained(judge, "below", [0.1, 0.3, 0.3], epochs=8).epochs == 2  # not after the first: a quarter is let pass
    assert trained(judge, "equal", [0.1, 0.4, 0.4], epochs=8).state is TrialState.RUNNING


def test_median_needs_three_to_compare_with_and_pauses_nobody() -> None:
    judge = made_scheduler("median", epochs=4)
    assert [trained(judge, str(n), [value] * 4, epochs=4).epochs for n, value in enumerate((0.9, 0.8, 0.1))] == [
        4,
        4,
        4,
    ]
    assert trained(judge, "3", [0.7] * 4, epochs=4).epochs == 1


def test_median_minimises_what_is_to_be_minimised() -> None:
    judge = made_scheduler("median", direction="min")
    for number, value in enumerate((0.2, 0.4, 0.9)):
        judge.add(str(number))
        judge.should_stop(report(str(number), 1, value))
    judge.add("above")
    assert judge.should_stop(report("above", 1, 0.5))


def test_to_the_median_an_infeasible_trial_is_no_yardstick() -> None:
    judge = made_scheduler("median")
    for number in range(4):
        judge.add(f"bad {number}")
        judge.complete(report(f"bad {number}", 1, None, TrialState.INFEASIBLE))
    assert stopped_at_first_rung(judge, [0.9, 0.8, 0.7, 0.1]) == [False, False, False, True]


CURVES = [
    [round(math.sin(17 * trial) * 0.3 + 0.08 * epoch + 0.4, 3) if (trial + epoch) % 7 else None for epoch in range(8)]
    for trial in range(24)
]


@pytest.mark.parametrize("scheduler", ["asha", "median"])
@pytest.mark.parametrize("before", range(0, 24, 4))
def test_a_scheduler_that_learns_from_the_records_judges_as_the_one_that_was_killed(
    scheduler: str, before: int
) -> None:
    judge = made_scheduler(scheduler, epochs=8)
    records = [trained(judge, f"{number:02}", curve, epochs=8) for number, curve in enumerate(CURVES)]
    assert {record.state for record in records} == {TrialState.STOPPED, TrialState.COMPLETED}
    resumed = made_scheduler(scheduler, epochs=8, records=records[:before])
    again = [trained(resumed, f"{n:02}", curve, epochs=8) for n, curve in enumerate(CURVES) if n >= before]
    assert [(record.state, record.epochs) for record in again] == [
        (record.state, record.epochs) for record in records[before:]
    ]


def test_a_running_trial_that_the_median_has_seen_counts_once_after_a_resume() -> None:
    judge = made_scheduler("median", epochs=4)
    records = [trained(judge, str(number), [value] * 3, epochs=4) for number, value in enumerate((0.9, 0.8))]
    resumed = made_scheduler("median", epochs=4, records=records)
    for record in records:
        resumed.add(record.trial_id)
        assert not resumed.should_stop(report(record.trial_id, 4, record.score))
    assert trained(resumed, "2", [0.1], epochs=4).state is TrialState.RUNNING  # two are too few to compare with


def test_what_the_median_learns_again_it_does_not_judge_again() -> None:
    # Side by side none of them had others to be compared with; one after the other the last would have been stopped.
    records = [
        Record(
            trial_id=str(number),
            state=TrialState.COMPLETED,
            hyperparameters={},
            epochs=4,
            score=value,
            history={"val_loss": [value] * 4},
        )
        for number, value in enumerate((0.9, 0.8, 0.7, 0.1))
    ]
    resumed = made_scheduler("median", records=records)
    assert [trained(resumed, trial, [value], epochs=4).state for trial, value in (("4", 0.76), ("5", 0.74))] == [
        TrialState.RUNNING,
        TrialState.STOPPED,
    ]


def test_the_median_counts_the_last_epoch_of_a_stopped_trial_once() -> None:
    judge = made_scheduler("median")
    for trial, scores in (("good", (0.9, 0.9)), ("bad", (0.0, 0.0)), ("stopped", (0.1, 0.5))):
        judge.add(trial)
        for epoch, score in enumerate(scores, start=1):
            judge.should_stop(report(trial, epoch, score))
    judge.complete(report("stopped", 2, 0.5, TrialState.STOPPED))
    judge.add("new")
    assert not judge.should_stop(report("new", 2, 0.33))  # above 0.3, the average of 0.1 and 0.5
    judge.add("worse")
    assert judge.should_stop(report("worse", 2, 0.29))
