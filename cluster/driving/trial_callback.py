"""What Ray Tune tells callbacks alone: that a trial starts, and why one failed."""

from pathlib import Path

from ray.tune import Callback
from ray.tune.experiment import Trial

from cluster.driving.ray_internals import KILLED_BY_RAY, working_directory
from cluster.driving.searcher import ConductorSearcher
from cluster.workers.memory_kills import OUT_OF_MEMORY, Attempt


class TrialCallback(Callback):
    """Hands the searcher what Ray Tune tells callbacks alone."""

    def __init__(self, searcher: ConductorSearcher) -> None:
        self._searcher = searcher
        self._started: set[str] = set()

    def __getstate__(self) -> dict[str, object]:
        """Leave the searcher out, as it leaves everything out."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        """Note that the trial has a worker."""
        self._started.add(trial.trial_id)
        self._searcher.on_trial_start(trial.trial_id)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        """Record the failure, with the last line of what Ray says of it."""
        if not self._was_out_of_memory(trial):
            self._searcher.on_trial_failed(trial.trial_id, _last_line(trial).removeprefix(KILLED_BY_RAY))

    def on_trial_recover(self, iteration: int, trials: list[Trial], trial: Trial, **info: object) -> None:
        """Record a trial whose worker was ended for want of memory, rather than let it be tried again."""
        self._was_out_of_memory(trial)

    def _was_out_of_memory(self, trial: Trial) -> bool:
        """Record the trial if its last worker was ended for want of memory, and say whether it was.

        By Ray's memory monitor, which may also choose a worker that has not begun: it then has no fault. Or by the
        system, on this node; on another one the trial's next worker finds it.
        """
        has_begun = trial.trial_id in self._started
        self._started.discard(trial.trial_id)
        reason = _last_line(trial)
        if not (has_begun and reason.startswith(KILLED_BY_RAY)):
            if not Attempt(working_directory(trial)).was_killed():
                return False
            reason = OUT_OF_MEMORY
        self._searcher.on_trial_out_of_memory(trial.trial_id, reason)
        return True


def _last_line(trial: Trial) -> str:
    """Return the last line of what Ray says of the trial's last failure.

    Tune's own readers look where it will have been copied to some seconds later.
    """
    lines = Path(trial.error_file).read_text().strip().splitlines() if trial.error_file else []
    return lines[-1] if lines else "its worker was lost"
