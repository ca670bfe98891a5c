"""The thread of a search's conductor: what it is told is done there in order, while whoever tells goes on at once."""

import json
import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from cluster.errors import OutOfTimeError
from search import Conductor, NoSuggestion, Suggestion, TrialState, now

T = TypeVar("T")


class ConductorThread:
    """Does what the conductor is told, one call after another. For one thread, which tells."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="conductor")
        self._queued: list[Future[None]] = []
        self._suggestion: Future[Suggestion | NoSuggestion] | None = None
        self._known_spaces: set[str] = set()

    def queue(self, call: Callable[[T], None], argument: T) -> None:
        """Do this after all that was told before."""
        self._queued.append(self._thread.submit(call, argument))

    def note_start(self, trial: str) -> None:
        """Let a trial's record say that it has begun."""

        def note(trial: str) -> None:
            record = self._conductor.record(trial)
            if record.state is TrialState.PENDING:
                self._conductor.progress(record.but(state=TrialState.RUNNING, started=now()))

        self.queue(note, trial)

    def note_waiting(self, trial: str, reason: str | None) -> None:
        """Let a trial's record say what it waits for, None if it waits no longer."""

        def note(trial: str) -> None:
            record = self._conductor.record(trial)
            if record.reason != reason:
                self._conductor.progress(record.but(reason=reason))

        self.queue(note, trial)

    def update_space(self, declared: str) -> None:
        """Take in the space, as JSON, that a trial has declared: the same one mostly."""
        if declared not in self._known_spaces:
            self._known_spaces.add(declared)
            self.queue(self._conductor.update_space, json.loads(declared))

    def suggestion(self, *, seconds: float | None) -> Suggestion | NoSuggestion:
        """Return what the conductor suggests after all that it was told.

        Where that takes more than so many seconds (None: however long) it is IDLE, and the next call gives the same.
        """
        self._suggestion = self._suggestion or self._thread.submit(self._conductor.suggest)
        try:
            suggestion = self._suggestion.result(timeout=seconds)
        except TimeoutError:
            return NoSuggestion.IDLE
        self._suggestion = None
        return suggestion

    def raise_what_failed(self) -> None:
        """Raise the first error of what is done by now."""
        done = [call for call in self._queued if call.done()]
        self._queued = [call for call in self._queued if not call.done()]
        for call in done:
            call.result()

    def close(self, *, seconds: float) -> None:
        """Wait until all is done, which is the end of it. Raises what failed, OutOfTimeError after so many seconds."""
        self._thread.shutdown(wait=False)
        under_way: list[Future[Any]] = [*self._queued, *([] if self._suggestion is None else [self._suggestion])]
        if wait(under_way, timeout=None if math.isinf(seconds) else seconds).not_done:
            raise OutOfTimeError
        self.raise_what_failed()

    def abandon(self, *, wait: bool) -> None:
        """Leave what has not begun; with ``wait`` what is being done is finished first."""
        self._thread.shutdown(wait=wait, cancel_futures=True)
