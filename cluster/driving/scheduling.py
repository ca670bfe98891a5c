"""Which trials are stopped early: Ray Tune's schedulers, driven by the best score so far at each epoch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, MedianStoppingRule, TrialScheduler

from cluster.workers.results import METRIC
from search import Record, SearchSpecification

_REDUCTION_FACTOR = 3
_FEWEST_TO_COMPARE_WITH = 3


@dataclass(frozen=True)
class _Trial:
    """A trial by the oracle's id: Ray's are new after a resume, and a continued trial would count twice.

    The schedulers look at nothing else of a trial. ``config`` is where `_ours` finds the id in one of Ray's.
    """

    trial_id: str

    @property
    def config(self) -> dict[str, str]:
        return {"trial": self.trial_id}


def _ours(trial: Any) -> Any:
    return _Trial(trial.config["trial"])


class _Asha(ASHAScheduler):
    """Asynchronous successive halving that knows trials by the oracle's ids."""

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        super().on_trial_add(tune_controller, _ours(trial))

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        return str(super().on_trial_result(tune_controller, _ours(trial), result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        super().on_trial_complete(tune_controller, _ours(trial), result)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        super().on_trial_remove(tune_controller, _ours(trial))

    def learn(self, trial: Any, result: dict[str, Any]) -> None:
        """Take in what a trial reported under an earlier scheduler, without judging it: what that decided stands.

        What ``on_trial_result`` records, without the percentile that it computes of all trials before.
        """
        for milestone, recorded in self._trial_info[trial.trial_id]._rungs:  # the highest first
            if result["epoch"] >= milestone:
                recorded.setdefault(trial.trial_id, self._metric_op * result[METRIC])
                return


class _Median(MedianStoppingRule):
    """The median stopping rule that knows trials by the oracle's ids, and each of their epochs once."""

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        return str(super().on_trial_result(tune_controller, _ours(trial), _comparable(result)))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        # The parent takes in a last result twice, and one that cannot be compared too.
        own, epoch = _ours(trial), result.get("epoch")
        known = self._results.get(own)
        if epoch is not None and (not known or known[-1]["epoch"] < epoch):
            super().on_trial_complete(tune_controller, own, _comparable(result))

    def learn(self, trial: Any, result: dict[str, Any]) -> None:
        """Take in what a trial reported under an earlier scheduler, without judging it: what that decided stands."""
        self._results[trial].append(result)


def _comparable(result: dict[str, Any]) -> dict[str, Any]:
    """Leave the record out: the rule keeps every result of every trial."""
    return {name: result[name] for name in (METRIC, "epoch") if name in result}


def make_scheduler(specification: SearchSpecification) -> TrialScheduler:
    """Make the scheduler that the search's settings name.

    ``asha`` (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning") compares trials after a quarter
    of the epochs and again after three times as many, and lets the best third go on: before that the warm-up decides,
    not the configuration. One bracket, since more draw from the global generator.

    ``median`` (Golovin et al. 2017, "Google Vizier") stops a trial, after a quarter of the epochs or later, whose best
    score is below the median of the others' running averages up to the same epoch, averaged from that quarter on;
    at least three others must have come so far.
    """
    scheduler, epochs = specification.settings.scheduler, specification.settings.epochs
    if scheduler == "none":
        return cast(TrialScheduler, FIFOScheduler())  # type: ignore[no-untyped-call]
    if scheduler == "median":
        return _Median(
            metric=METRIC,
            mode=specification.objective_direction,
            time_attr="epoch",
            grace_period=_grace(epochs),
            min_samples_required=_FEWEST_TO_COMPARE_WITH,
            # Else a trial with too few to compare with is paused, which nobody here would take up again.
            min_time_slice=cast(int, math.inf),
        )
    return _Asha(
        metric=METRIC,
        mode=specification.objective_direction,
        time_attr="epoch",
        max_t=max(epochs, 2),
        grace_period=_grace(epochs),
        reduction_factor=_REDUCTION_FACTOR,
        brackets=1,
        stop_last_trials=False,
    )


def _grace(epochs: int) -> int:
    return max(1, round(epochs / 4))


def replayed(
    scheduler: TrialScheduler, specification: SearchSpecification, records: Sequence[Record]
) -> TrialScheduler:
    """Feed a new scheduler what ``records`` reported, epoch by epoch, so that it knows what the last one knew."""
    if not isinstance(scheduler, _Asha | _Median):
        return scheduler
    for record in records:
        trial, best = cast(Any, _Trial(record.trial_id)), math.nan
        scheduler.on_trial_add(cast(Any, None), trial)
        for epoch, value in enumerate(record.history.get(specification.objective_name, []), start=1):
            best = value if specification.objective.better(value, best) else best
            if not math.isnan(best):
                scheduler.learn(trial, {METRIC: best, "epoch": epoch})
    return scheduler


class Rungs:
    """A scheduler driven by hand, without Ray Tune."""

    def __init__(self, specification: SearchSpecification, records: Sequence[Record] = ()) -> None:
        self._scheduler: Any = replayed(make_scheduler(specification), specification, records)
        self._trials: dict[str, _Trial] = {}

    def add(self, trial_id: str) -> None:
        """Take a trial in."""
        self._trials[trial_id] = _Trial(trial_id)
        self._scheduler.on_trial_add(None, self._trials[trial_id])

    def stops(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether the trial is to be stopped after ``result``, which `workers.results.as_result` made."""
        decision = self._scheduler.on_trial_result(None, self._trials[trial_id], result)
        return bool(decision == TrialScheduler.STOP)

    def complete(self, trial_id: str, result: dict[str, Any]) -> None:
        """Let a trial go that has ended with ``result``."""
        self._scheduler.on_trial_complete(None, self._trials.pop(trial_id), result)
