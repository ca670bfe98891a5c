"""Ray Tune's dealing with its actors, mended: a worker that is lost, however that was, costs a trial one try, no more.

Measured with ray 2.60. Where Ray's memory monitor ends a worker, Ray raises OutOfMemoryError, which is no
RayActorError; whatever else a task raises ends Tune's loop, hence the search ("Caught unexpected exception: 1 worker(s)
were killed"). Where a worker is lost while it is idle, Tune handles the failed reset of the trial that gets it next
twice, and takes that trial for one that is being reset ever after: it fails without another try.
"""

import sys
from typing import Any

from ray.air.execution._internal import RayActorManager
from ray.exceptions import OutOfMemoryError, RayActorError
from ray.tune.execution import tune_controller
from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Trial


class _ActorManager(RayActorManager):
    def _actor_start_failed(self, tracked_actor: Any, exception: Exception) -> None:
        super()._actor_start_failed(tracked_actor, _as_lost(exception))

    def _actor_task_failed(self, tracked_actor_task: Any, exception: Exception) -> None:
        super()._actor_task_failed(tracked_actor_task, _as_lost(exception))


def _as_lost(exception: Exception) -> Exception:
    """Return a lost worker's error in place of one for want of memory, with the first of its many lines."""
    if not isinstance(exception, OutOfMemoryError):
        return exception
    return RayActorError(error_msg=str(exception).partition("\n")[0])


class _Controller(TuneController):
    _handled: tuple[str, Exception] | None = None

    def _trial_task_failure(self, trial: Trial, exception: Exception) -> None:
        if self._handled == (trial.trial_id, exception):
            return
        self._handled = (trial.trial_id, exception)
        self._resetting_trials.discard(trial)
        super()._trial_task_failure(trial, exception)


def mend_actors() -> None:
    """Let every Tune that starts in this process from now on deal with its actors so."""
    tune_controller.RayActorManager = _ActorManager  # type: ignore[attr-defined]
    # `ray.tune.tune` is a function, too, which hides the module.
    sys.modules["ray.tune.tune"].TuneController = _Controller  # type: ignore[attr-defined]
