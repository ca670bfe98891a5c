"""The conductor as Ray Tune's searcher and callback: what Tune's loop tells goes to one thread, oracle's and ledger's.

Tune calls a searcher on its event loop, where waiting stops every trial from being served. So each call is queued for
the conductor's thread, in order: a trial's end is recorded and told to the oracle before the suggestion that follows.
"""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, cast

from ray.tune import Callback
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from cluster.driving.ray_internals import KILLED_BY_RAY, working_directory
from cluster.workers.memory import OUT_OF_MEMORY, Attempt
from cluster.workers.trainable import METRIC, TrialConfig, as_record
from search import Conductor, NoSuggestion, Record, SearchLayout, Suggestion, TrialState, now

# With trials running, Tune's loop must go on serving them; with none, there is nothing else to do than wait.
_SUGGESTION_SECONDS = 0.25
T = TypeVar("T")


class ConductorSearcher(Searcher):
    """Gives Ray Tune the conductor's suggestions, and the conductor Ray Tune's results.

    ``is_ray_gone`` says whether Ray has gone away: a worker that is lost then is no failure of its trial.
    """

    def __init__(self, conductor: Conductor, layout: SearchLayout, *, is_ray_gone: Callable[[], bool]) -> None:
        super().__init__(metric=METRIC, mode=conductor.specification.objective_direction)
        self._conductor = conductor
        self._conductor_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="conductor")
        self._search = layout.root.uri
        self._is_ray_gone = is_ray_gone
        # Ray Tune's id of each running trial → the oracle's.
        self._trials: dict[str, str] = {}
        self._suggestion: Future[Suggestion | NoSuggestion] | None = None
        self._queued: list[Future[None]] = []
        self._known_spaces: set[str] = set()

    def __getstate__(self) -> dict[str, object]:
        """Leave everything out: Tune pickles the searcher beside its snapshots, which nothing here ever reads."""
        return {}

    def suggest(self, trial_id: str) -> dict[str, object] | None:
        """Return the next trial's config; None for "ask again"; Searcher.FINISHED when there will be no more."""
        self._raise_what_failed()
        self._suggestion = self._suggestion or self._conductor_thread.submit(self._conductor.suggest)
        try:
            suggestion = self._suggestion.result(timeout=_SUGGESTION_SECONDS if self._trials else None)
        except TimeoutError:
            return None
        self._suggestion = None
        if suggestion is NoSuggestion.IDLE:
            return None
        if not isinstance(suggestion, Suggestion):
            return cast("dict[str, object]", Searcher.FINISHED)  # a string, which the base class does not declare
        self._trials[trial_id] = suggestion.trial_id
        cpus = self._conductor.specification.settings.cpus_per_trial
        return {**TrialConfig(search=self._search, trial=suggestion.trial_id, cpus=cpus)}

    def on_trial_result(self, trial_id: str, result: dict[str, object]) -> None:
        """Keep a running trial's report."""
        if trial_id not in self._trials:  # recorded as out of memory while Tune starts it again
            return
        self._update_space(result)
        self._queue(self._conductor.progress, as_record(result))

    def on_trial_complete(self, trial_id: str, result: dict[str, object] | None = None, error: bool = False) -> None:
        """Record a trial that has ended; one that failed waits for its reason, which Tune gives callbacks alone."""
        if error or result is None or "record" not in result or trial_id not in self._trials:
            return
        self._update_space(result)
        record = as_record(result)
        if not record.state.is_ended():
            record = record.but(state=TrialState.STOPPED, ended=now())
        self._end(trial_id, record)

    def on_trial_start(self, trial_id: str) -> None:
        """Note that a worker has the trial."""
        if trial_id in self._trials:
            self._queue(self._note_start, self._trials[trial_id])

    def on_trial_failed(self, trial_id: str, reason: str) -> None:
        """Record a trial whose worker was lost more often than allowed. What it scored on the way does not rank it."""
        if trial_id in self._trials and not self._is_ray_gone():
            self._fail(trial_id, reason, TrialState.FAILED)

    def on_trial_out_of_memory(self, trial_id: str, reason: str) -> None:
        """Record a trial as infeasible whose worker was ended for want of memory: it would be each time.

        Returns when the record is durable. Tune starts the trial again all the same; it then gives that record.
        """
        if trial_id in self._trials:  # else recorded already
            self._fail(trial_id, reason, TrialState.INFEASIBLE)
            self._queued[-1].result()

    def close(self) -> None:
        """Wait until everything queued is durable. Raises what failed on the way there."""
        self._conductor_thread.shutdown(wait=True)
        self._raise_what_failed()

    def abandon(self, *, wait: bool = True) -> None:
        """Take in nothing more; what is being written is finished. Tune may go on calling, which then raises.

        Does not ``wait`` for a suggestion or a write where there is no time for that.
        """
        self._conductor_thread.shutdown(wait=wait, cancel_futures=True)

    def save(self, checkpoint_path: str) -> None:
        """Save nothing: the ledger is the truth."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing: resuming rebuilds from the ledger."""

    def _queue(self, call: Callable[[T], None], argument: T) -> None:
        self._queued.append(self._conductor_thread.submit(call, argument))

    def _fail(self, trial_id: str, reason: str, state: TrialState) -> None:
        record = self._conductor.record(self._trials[trial_id])
        self._end(trial_id, record.but(state=state, score=None, reason=reason, ended=now()))

    def _end(self, trial_id: str, record: Record) -> None:
        self._trials.pop(trial_id)
        self._queue(self._conductor.end, record)

    def _update_space(self, result: dict[str, object]) -> None:
        declared = str(result["declared"])
        # The same from epoch to epoch, and mostly from trial to trial.
        if declared not in self._known_spaces:
            self._known_spaces.add(declared)
            self._queue(self._conductor.update_space, json.loads(declared))

    def _note_start(self, own: str) -> None:
        record = self._conductor.record(own)
        if record.state is TrialState.PENDING:
            self._conductor.progress(record.but(state=TrialState.RUNNING, started=now()))

    def _raise_what_failed(self) -> None:
        done = [call for call in self._queued if call.done()]
        self._queued = [call for call in self._queued if not call.done()]
        for call in done:
            call.result()


class TrialCallback(Callback):
    """Hands the searcher what Ray Tune tells callbacks alone: that a trial starts, and why one failed."""

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
