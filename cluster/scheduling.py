"""Which trials are stopped early: Ray Tune's schedulers, driven by the best score so far at each epoch."""

from types import SimpleNamespace
from typing import Any, cast

from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

from search import Record, SearchSpecification

METRIC = "score"
_REDUCTION_FACTOR = 3


def make_scheduler(specification: SearchSpecification) -> TrialScheduler:
    """Make the scheduler that the search's settings name.

    ``asha`` (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning") compares trials after a quarter
    of the epochs and again after three times as many, and lets the best third go on: before that the warm-up decides,
    not the configuration. One bracket, since more draw from the global generator.
    """
    if specification.settings.scheduler == "none":
        return cast(TrialScheduler, FIFOScheduler())  # type: ignore[no-untyped-call]
    return ASHAScheduler(
        time_attr="epoch",
        max_t=max(specification.settings.epochs, 2),
        grace_period=max(1, round(specification.settings.epochs / 4)),
        reduction_factor=_REDUCTION_FACTOR,
        brackets=1,
        stop_last_trials=False,
    )


def as_result(record: Record) -> dict[str, Any]:
    """Say a record in Ray Tune's words: the best score so far, and the whole record as text."""
    result: dict[str, Any] = {
        "score": record.score,
        "done": record.state.is_ended(),
        "record": record.model_dump_json(),
    }
    # Without its time attribute a scheduler passes a result over: an infeasible trial has nothing to be compared by.
    return result if record.score is None else result | {"epoch": record.epochs}


class Rungs:
    """A scheduler driven by hand, without Ray Tune: its schedulers look at nothing of a trial but its id."""

    def __init__(self, specification: SearchSpecification) -> None:
        self._scheduler: Any = make_scheduler(specification)
        self._scheduler.set_search_properties(METRIC, specification.objective_direction)
        self._trials: dict[str, SimpleNamespace] = {}

    def add(self, trial_id: str) -> None:
        """Take a trial in."""
        self._trials[trial_id] = SimpleNamespace(trial_id=trial_id)
        self._scheduler.on_trial_add(None, self._trials[trial_id])

    def stops(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether the trial is to be stopped after ``result``, which `as_result` made."""
        decision = self._scheduler.on_trial_result(None, self._trials[trial_id], result)
        return bool(decision == TrialScheduler.STOP)

    def complete(self, trial_id: str, result: dict[str, Any]) -> None:
        """Let a trial go that has ended with ``result``."""
        self._scheduler.on_trial_complete(None, self._trials.pop(trial_id), result)
