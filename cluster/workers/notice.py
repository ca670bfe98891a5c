"""The notice that a worker has to end, as a spot node gets it: SIGTERM. Its trial then goes on elsewhere."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from ray.exceptions import RayActorError


class WorkerEndedError(RayActorError):
    """The worker was told to end in the middle of a trial, which has its last checkpoint.

    Ray Tune counts it as a preemption: the trial goes on elsewhere and has none of its failures used up, and the worker
    is ended.
    """

    def __init__(self) -> None:
        super().__init__(error_msg="the worker was told to end", preempted=True)


class _Notice(BaseException):
    """Raised where the notice falls. No ``Exception``: a build that may raise any of those has not failed."""


class EndNotice:
    """Takes SIGTERM from now on, which otherwise ends the process. Made in the main thread, which gets signals."""

    def __init__(self) -> None:
        self._given = self._heeding = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._take)

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Run the block, a part of a trial. Raises WorkerEndedError if the notice comes meanwhile or has come before.

        At the block's end at the latest: what is raised in a destructor Python prints, and goes on.
        """
        try:
            self._heeding = True
            if self._given:
                raise _Notice
            yield
        finally:
            self._heeding = False
            if self._given:
                raise WorkerEndedError from None

    def give(self) -> None:
        """Give the notice to another thread, which hears of it in `check`."""
        self._given = True

    def check(self) -> None:
        """Raise WorkerEndedError if the notice has come: for another thread, in which nothing is raised."""
        if self._given:
            raise WorkerEndedError

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._given = True
        if self._heeding:
            raise _Notice
