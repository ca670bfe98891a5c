"""The conductor as Ray Tune's searcher and callback: what Tune's loop tells goes to one thread, oracle's and ledger's.

Tune calls a searcher on its event loop, where waiting stops every trial from being served. So each call is queued for
the conductor's thread, in order: a trial's end is recorded and told to the oracle before the suggestion that follows.

A trial whose worker was lost is given out again, under another id of Tune's: Tune's own tries know no pause.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, cast

from ray.tune import Callback
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from cluster.driving.again import Again
from cluster.driving.ray_internals import KILLED_BY_RAY, working_directory
from cluster.workers.attempt import Attempt
from cluster.workers.trainable import FORGIVEN, HELD, METRIC, WAITING, TrialConfig, as_record, memory_folder
from search import Conductor, NoSuggestion, Record, SearchLayout, Suggestion, TrialState, now

# With trials running, Tune's loop must go on serving them; with none, there is nothing else to do than wait.
_SUGGESTION_SECONDS = 0.25
_ENDED = "waits for memory: its worker was ended for want of it"
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
        # Those of them, by Ray Tune's id, for which other programs have left no memory for long.
        self._held: set[str] = set()
        settings = conductor.specification.settings
        self._again = Again(most_failures=settings.max_failures, command=settings.resuming())
        self._is_finished = False
        self._suggestion: Future[Suggestion | NoSuggestion] | None = None
        self._queued: list[Future[None]] = []
        self._known_spaces: set[str] = set()

    def __getstate__(self) -> dict[str, object]:
        """Leave everything out: Tune pickles the searcher beside its snapshots, which nothing here ever reads."""
        return {}

    def suggest(self, trial_id: str) -> dict[str, object] | None:
        """Return the next trial's config; None for "ask again"; Searcher.FINISHED when there will be no more."""
        self._raise_what_failed()
        own = self._next()
        if own is NoSuggestion.STOPPED and not self._trials:
            return cast("dict[str, object]", Searcher.FINISHED)  # a string, which the base class does not declare
        if isinstance(own, NoSuggestion):
            return None
        self._trials[trial_id] = own
        cpus, for_memory = self._conductor.specification.settings.cpus_per_trial, self._again.last_for_memory(own)
        return {**TrialConfig(search=self._search, trial=own, cpus=cpus, ended_for_memory=for_memory)}

    def on_trial_result(self, trial_id: str, result: dict[str, object]) -> None:
        """Keep a running trial's report."""
        record = as_record(result)
        if FORGIVEN in result:
            self._again.forgive(record.trial_id)
        self._held.discard(trial_id)
        if WAITING in result:
            if result.get(HELD):
                self._held.add(trial_id)
            if self._held >= self._trials.keys():
                self._again.give_up(f"{record.trial_id} {record.reason}")
            self._queue(self._note_waiting, (record.trial_id, record.reason))
            return
        self._again.trained(record.trial_id)
        self._update_space(result)
        self._queue(self._conductor.progress, record)

    def on_trial_complete(self, trial_id: str, result: dict[str, object] | None = None, error: bool = False) -> None:
        """Record a trial that has ended; one that failed waits for its reason, which Tune gives callbacks alone."""
        if error or result is None or "record" not in result:
            return
        if result.get(WAITING):  # the search was stopped: the trial has not ended
            self._trials.pop(trial_id)
            return
        self._update_space(result)
        record = as_record(result)
        if not record.state.is_ended():
            record = record.but(state=TrialState.STOPPED, ended=now())
        self._end(trial_id, record)

    def on_trial_start(self, trial_id: str) -> None:
        """Note that a worker has the trial."""
        self._queue(self._note_start, self._trials[trial_id])

    def on_trial_lost(self, trial_id: str, reason: str, *, for_memory: bool) -> None:
        """Let a trial go on whose worker was lost; record it as failed where that was more often than allowed.

        What it scored on the way does not rank it then. A worker that was ended for want of memory is no failure.
        """
        if self._is_ray_gone():
            return
        own = self._trials[trial_id]
        if self._again.take_back(own, for_memory=for_memory, is_alone=len(self._trials) == 1):
            self._trials.pop(trial_id)
            if for_memory:
                self._queue(self._note_waiting, (own, _ENDED))
        else:
            record = self._conductor.record(own)
            self._end(trial_id, record.but(state=TrialState.FAILED, score=None, reason=reason, ended=now()))

    def should_stop(self, result: Mapping[str, object]) -> bool:
        """Whether to take a trial from its worker: it waits, and the search has been asked to stop."""
        return bool(result.get(WAITING)) and self._conductor.stopping

    def check(self) -> None:
        """Raise NoMemoryError if other programs have held the memory for ten minutes, and nothing can run."""
        self._again.check()

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

    def _next(self) -> str | NoSuggestion:
        """Return which trial to give out next: one that is to go on, else what the conductor suggests."""
        if not self._conductor.stopping and self._again:
            return self._again.due() or NoSuggestion.IDLE
        if self._is_finished:
            return NoSuggestion.STOPPED
        self._suggestion = self._suggestion or self._conductor_thread.submit(self._conductor.suggest)
        try:
            suggestion = self._suggestion.result(timeout=_SUGGESTION_SECONDS if self._trials else None)
        except TimeoutError:
            return NoSuggestion.IDLE
        self._suggestion = None
        # Not the end: those that run may yet have to go on elsewhere.
        self._is_finished = suggestion is NoSuggestion.STOPPED
        return suggestion.trial_id if isinstance(suggestion, Suggestion) else suggestion

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

    def _note_waiting(self, waiting: tuple[str, str | None]) -> None:
        """Let a trial's record say what it waits for, None if it waits no longer."""
        own, reason = waiting
        record = self._conductor.record(own)
        if record.reason != reason:
            self._conductor.progress(record.but(reason=reason))

    def _raise_what_failed(self) -> None:
        done = [call for call in self._queued if call.done()]
        self._queued = [call for call in self._queued if not call.done()]
        for call in done:
            call.result()


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
