"""Ray Tune's manager of its actors, mended: a worker that Ray's memory monitor ends is one lost worker, no more.

Ray raises OutOfMemoryError for it, which is no RayActorError, and whatever else a task raises ends Tune's loop, hence
the search (measured, ray 2.60: "Caught unexpected exception: 1 worker(s) were killed …").
"""

from typing import Any

from ray.air.execution._internal import RayActorManager
from ray.exceptions import OutOfMemoryError, RayActorError
from ray.tune.execution import tune_controller


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


def mend_actor_manager() -> None:
    """Let every Tune that starts in this process from now on have it."""
    tune_controller.RayActorManager = _ActorManager  # type: ignore[attr-defined]
