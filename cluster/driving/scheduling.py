"""Which trials are stopped early: Ray Tune's schedulers, driven by the best score so far at each epoch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, MedianStoppingRule, TrialScheduler

from cluster.driving.ray_internals import record_at_rung
from cluster.workers.trainable import METRIC, TIME
from search import REDUCTION_FACTOR, Record, SearchSpecification, grace_epochs

Result = dict[str, object]
_FEWEST_TO_COMPARE_WITH = 3
NO_TUNE = cast(TuneController, None)
"""Given to a scheduler where Tune does not run: none of ours looks at it."""


@dataclass(frozen=True)
class _TrialKey:
    """A trial by the oracle's id: Ray's are new after a resume, and a continued trial would count twice.

    The schedulers look at nothing else of a trial. ``config`` is where the id is in one of Ray's.
    """

    trial_id: str

    @property
    def config(self) -> dict[str, str]:
        return {"trial": self.trial_id}


def trial_key(trial_id: str) -> Trial:
    """Return what stands for the trial of the oracle's id ``trial_id`` in a call of a scheduler."""
    return cast(Trial, _TrialKey(trial_id))


def _by_oracle_id(trial: Trial) -> Trial:
    return trial_key(trial.config["trial"])


class _ByOracleId(TrialScheduler):
    """Lets the scheduler that is mixed in know trials by the oracle's ids, and keep of a result what it compares."""

    def on_trial_add(self, tune_controller: TuneController, trial: Trial) -> None:
        super().on_trial_add(tune_controller, _by_oracle_id(trial))

    def on_trial_result(self, tune_controller: TuneController, trial: Trial, result: Result) -> str:
        return super().on_trial_result(tune_controller, _by_oracle_id(trial), _compared(result))

    def on_trial_complete(self, tune_controller: TuneController, trial: Trial, result: Result) -> None:
        super().on_trial_complete(tune_controller, _by_oracle_id(trial), _compared(result))

    def on_trial_remove(self, tune_controller: TuneController, trial: Trial) -> None:
        super().on_trial_remove(tune_controller, _by_oracle_id(trial))


def _compared(result: Result) -> Result:
    return {name: result[name] for name in (METRIC, TIME) if name in result}


class _Asha(_ByOracleId, ASHAScheduler):
    """Asynchronous successive halving (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning").

    Compares trials after a twentieth of the epochs, and after three and nine times as many, and lets the best third go
    on (`search.grace_epochs`). One bracket, since more draw from the global generator.
    """

    def __init__(self, direction: str, epochs: int) -> None:
        super().__init__(
            metric=METRIC,
            mode=direction,
            time_attr=TIME,
            max_t=max(epochs, 2),
            grace_period=grace_epochs("asha", epochs),
            reduction_factor=REDUCTION_FACTOR,
            brackets=1,
            stop_last_trials=False,
        )


class _Median(_ByOracleId, MedianStoppingRule):
    """The median stopping rule (Golovin et al. 2017, "Google Vizier"), which knows each epoch of a trial once.

    Stops a trial, after a quarter of the epochs or later, whose best score is below the median of the others' running
    averages up to the same epoch, averaged from that quarter on; at least three others must have come so far.
    """

    def __init__(self, direction: str, epochs: int) -> None:
        super().__init__(
            metric=METRIC,
            mode=direction,
            time_attr=TIME,
            grace_period=grace_epochs("median", epochs),
            min_samples_required=_FEWEST_TO_COMPARE_WITH,
            # Else a trial with too few to compare with is paused, which nobody here would take up again.
            min_time_slice=cast(int, math.inf),
        )
        self._last_epochs: dict[str, int] = {}

    def on_trial_result(self, tune_controller: TuneController, trial: Trial, result: Result) -> str:
        self._is_new(trial, result)
        return super().on_trial_result(tune_controller, trial, result)

    def on_trial_complete(self, tune_controller: TuneController, trial: Trial, result: Result) -> None:
        # The rule keeps whatever it is given here: a last result twice, and one that cannot be compared.
        if self._is_new(trial, result):
            super().on_trial_complete(tune_controller, trial, result)

    def _is_new(self, trial: Trial, result: Result) -> bool:
        """Whether the result's epoch is later than all before."""
        trial_id, epoch = trial.config["trial"], cast(int, result.get(TIME, 0))
        last = self._last_epochs.get(trial_id, 0)
        self._last_epochs[trial_id] = max(last, epoch)
        return epoch > last


def make_scheduler(specification: SearchSpecification, records: Sequence[Record] = ()) -> TrialScheduler:
    """Make the scheduler that the search's settings name: ``asha``, ``median`` or ``none``.

    It is fed what ``records`` reported, epoch by epoch, so that it knows what an earlier one knew: what that decided
    stands.
    """
    name, epochs = specification.settings.scheduler, specification.settings.epochs
    if name == "none":
        return cast(TrialScheduler, FIFOScheduler())  # type: ignore[no-untyped-call]
    scheduler = (_Median if name == "median" else _Asha)(specification.objective_direction, epochs)
    sign = 1 if specification.objective_direction == "max" else -1
    for record in records:
        trial, best = trial_key(record.trial_id), math.nan
        scheduler.on_trial_add(NO_TUNE, trial)
        for epoch, value in enumerate(record.history.get(specification.objective_name, []), start=1):
            best = value if specification.objective.better(value, best) else best
            if math.isnan(best):
                continue
            if isinstance(scheduler, _Asha):
                record_at_rung(scheduler, record.trial_id, epoch, sign * best)
            else:
                # All that this does is to keep the result.
                scheduler.on_trial_complete(NO_TUNE, trial, {METRIC: best, TIME: epoch})
    return scheduler
