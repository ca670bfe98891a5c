"""What Ray Tune tells callbacks alone: that a trial starts, and why one failed."""

from pathlib import Path

from ray.tune import Callback
from ray.tune.experiment import Trial

from cluster.driving.ray_internals import KILLED_BY_RAY, working_directory
from cluster.driving.searcher import ConductorSearcher
from cluster.workers.attempt import Attempt
from cluster.workers.trainable import memory_folder


class TrialCallback(Callback):
    """Hands the searcher what Ray Tune tells callbacks alone: that a trial starts, and why one failed."""

    def __init__(self, searcher: ConductorSearcher) -> None:
        self._searcher = searcher

    def __getstate__(self) -> dict[str, object]:
        """Leave the searcher out, as it leaves everything out."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        """Note that the trial has a worker."""
        self._searcher.on_trial_start(trial.trial_id)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        """Take back a trial whose worker was lost, and whether that was for want of memory.

        By Ray's memory monitor; or by the system, on this node: on another one the trial's next worker finds it.
        """
        reason = _last_line(trial)
        attempt = Attempt(memory_folder(working_directory(trial)), trial.config["trial"])
        for_memory = reason.startswith(KILLED_BY_RAY) or attempt.was_ended()
        self._searcher.on_trial_lost(trial.trial_id, reason.removeprefix(KILLED_BY_RAY), for_memory=for_memory)


def _last_line(trial: Trial) -> str:
    """Return the last line of what Ray says of the trial's last failure.

    Tune's own readers look where it will have been copied to some seconds later.
    """
    lines = Path(trial.error_file).read_text().strip().splitlines() if trial.error_file else []
    return lines[-1] if lines else "its worker was lost"
