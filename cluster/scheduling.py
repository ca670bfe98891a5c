"""Which trials are stopped early: Ray Tune's schedulers, driven by the best score so far at each epoch."""

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

from search import Record, SearchSpecification

METRIC = "score"
_REDUCTION_FACTOR = 3


class _OurIds(ASHAScheduler):
    """Knows trials by the oracle's ids: Ray's are new after a resume, and a continued trial would count twice."""

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        super().on_trial_add(tune_controller, _ours(trial))

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        return str(super().on_trial_result(tune_controller, _ours(trial), result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        super().on_trial_complete(tune_controller, _ours(trial), result)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        super().on_trial_remove(tune_controller, _ours(trial))


def _ours(trial: Any) -> Any:
    return SimpleNamespace(trial_id=trial.config["trial"])


def make_scheduler(specification: SearchSpecification) -> TrialScheduler:
    """Make the scheduler that the search's settings name.

    ``asha`` (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning") compares trials after a quarter
    of the epochs and again after three times as many, and lets the best third go on: before that the warm-up decides,
    not the configuration. One bracket, since more draw from the global generator.
    """
    if specification.settings.scheduler == "none":
        return cast(TrialScheduler, FIFOScheduler())  # type: ignore[no-untyped-call]
    return _OurIds(
        metric=METRIC,
        mode=specification.objective_direction,
        time_attr="epoch",
        max_t=max(specification.settings.epochs, 2),
        grace_period=max(1, round(specification.settings.epochs / 4)),
        reduction_factor=_REDUCTION_FACTOR,
        brackets=1,
        stop_last_trials=False,
    )


def replayed(
    scheduler: TrialScheduler, specification: SearchSpecification, records: Sequence[Record]
) -> TrialScheduler:
    """Feed a new scheduler what ``records`` reported, epoch by epoch, so that it knows what the last one knew."""
    untyped: Any = scheduler
    for record in records:
        trial, best = _stand_in(record.trial_id), math.nan
        untyped.on_trial_add(None, trial)
        for epoch, value in enumerate(record.history.get(specification.objective_name, []), start=1):
            best = value if specification.objective.better(value, best) else best
            if not math.isnan(best):
                untyped.on_trial_result(None, trial, {METRIC: best, "epoch": epoch})
    return scheduler


def _stand_in(trial_id: str) -> SimpleNamespace:
    """Stand in for a trial of Ray's: its schedulers look at nothing but the id."""
    return SimpleNamespace(trial_id=trial_id, config={"trial": trial_id})


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
    """A scheduler driven by hand, without Ray Tune."""

    def __init__(self, specification: SearchSpecification, records: Sequence[Record] = ()) -> None:
        self._scheduler: Any = replayed(make_scheduler(specification), specification, records)
        self._trials: dict[str, SimpleNamespace] = {}

    def add(self, trial_id: str) -> None:
        """Take a trial in."""
        self._trials[trial_id] = _stand_in(trial_id)
        self._scheduler.on_trial_add(None, self._trials[trial_id])

    def stops(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether the trial is to be stopped after ``result``, which `as_result` made."""
        decision = self._scheduler.on_trial_result(None, self._trials[trial_id], result)
        return bool(decision == TrialScheduler.STOP)

    def complete(self, trial_id: str, result: dict[str, Any]) -> None:
        """Let a trial go that has ended with ``result``."""
        self._scheduler.on_trial_complete(None, self._trials.pop(trial_id), result)
