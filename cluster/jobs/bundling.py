"""Bundles while finalists are trained: anew as beginnings end, for a small share of the time, and at the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from search import Finals, WorthFigures
from trainer import FinalResult

_SHARE = 0.05
"""Of the time, that bundles before the last one may take."""
_BY_THEN = 0.25
"""Share of the time that is counted from the start: else there would be none for long."""
_FIRST_SECONDS, _LAST_SECONDS = 4.0, 15.0
"""What one takes that nothing is known of: of few networks, and the last one."""
_NEAR_THE_END = 3.0
"""Nothing is written while the time that is left is short of so many: the last one must not wait for it."""
_MARGIN, _BESIDE_SECONDS = 1.3, 3.0
"""The last one has more networks than those before."""


@dataclass(frozen=True)
class Bundle:
    """What was written: of which beginnings, what is said of it, and what it was found to be worth."""

    beginnings: frozenset[str]
    result: FinalResult
    worth: WorthFigures | None

    @property
    def used(self) -> tuple[str, ...]:
        """Trial ids of the finalists whose networks it averages, each once."""
        return tuple(dict.fromkeys(name.rpartition("-b")[0] for name in self.result.members))


def beginnings_of(finals: Finals) -> frozenset[str]:
    """Return the names of all beginnings that have ended with a score."""
    return frozenset(f"{one.trial_id}-b{number}" for one in finals.finalists for number in one.scores)


class Bundling:
    """Writes bundles: ``write`` makes one of finals. Not thread-safe but for that.

    Attributes:
        last: The last one that was written.
    """

    def __init__(
        self,
        write: Callable[[Finals], Bundle],
        *,
        seconds: float,
        in_thread: bool,
        last: Bundle | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let bundles be written within so many ``seconds``; ``in_thread`` says whether training goes on meanwhile.

        ``last`` is the one that an earlier call has left.
        """
        self._write, self._seconds, self._in_thread, self._clock = write, seconds, in_thread, clock
        self._began = clock()
        self._spent = self._longest = 0.0
        self._thread: Thread | None = None
        self._error: BaseException | None = None
        self.last = last

    @property
    def reserve(self) -> float:
        """Seconds to keep for the last one."""
        if self._longest:
            return _MARGIN * self._longest + _BESIDE_SECONDS
        return min(_LAST_SECONDS, self._seconds / 10)

    def offer(self, finals: Finals) -> None:
        """Write a bundle if there is something new and the share of the time allows. Raises what went wrong before."""
        self._raise_what_failed()
        if self._thread is not None or not self._is_due(finals):
            return
        if self._in_thread:
            self._thread = Thread(target=self._try, args=(finals,), name="bundle", daemon=True)
            self._thread.start()
        else:
            self._make(finals)

    def finish(self, finals: Finals) -> Bundle:
        """Write the last bundle, and wait for it. Some beginning must have ended with a score."""
        if self._thread is not None:
            self._thread.join()
        self._raise_what_failed()
        if self.last is None or not self._is_of(finals, self.last):
            self._make(finals)
        assert self.last is not None
        return self.last

    def _is_due(self, finals: Finals) -> bool:
        if finals.chosen is None or (self.last is not None and self._is_of(finals, self.last)):
            return False
        passed, one = self._clock() - self._began, self._longest or _FIRST_SECONDS
        if passed + _NEAR_THE_END * one > self._seconds:
            return False
        by_now = min(max(_BY_THEN * self._seconds, passed), self._seconds)
        return self._spent + one <= _SHARE * by_now

    def _is_of(self, finals: Finals, bundle: Bundle) -> bool:
        return bundle.beginnings == beginnings_of(finals)

    def _try(self, finals: Finals) -> None:
        try:
            self._make(finals)
        except BaseException as error:
            self._error = error

    def _make(self, finals: Finals) -> None:
        began = self._clock()
        self.last = self._write(finals)
        taken = self._clock() - began
        self._spent, self._longest = self._spent + taken, max(self._longest, taken)

    def _raise_what_failed(self) -> None:
        if self._thread is not None and not self._thread.is_alive():
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error
