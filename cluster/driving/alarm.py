"""An alarm in this process's main thread, where what runs there looks at no clock, as TensorFlow while it traces."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from cluster.errors import OutOfTimeError

# Python prints what is raised in a destructor or a weak reference's callback, and goes on: it is raised again.
_AGAIN_SECONDS = 0.25
# More than a timer takes is no time at all.
_LONGEST_SECONDS = 1e8


class _Alarm(BaseException):
    """Raised where the alarm falls. No ``Exception``: a build that may raise any of those has not failed."""


@contextlib.contextmanager
def alarmed(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError out of the block if it runs for longer; in any other thread than the main one never."""
    if seconds > _LONGEST_SECONDS or threading.current_thread() is not threading.main_thread():
        yield
        return
    rings = True

    def ring(_number: int, _frame: FrameType | None) -> None:
        if rings:
            raise _Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, _AGAIN_SECONDS), _AGAIN_SECONDS)
    try:
        try:
            yield
        finally:
            rings = False
    except _Alarm:
        raise OutOfTimeError from None
    finally:
        rings = False
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
