"""What Ctrl-C does to a search: once lets what runs end, twice stops at once."""

import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SOON_SECONDS = 0.02
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """While the block runs, let the first Ctrl-C call ``stop``; the second is a KeyboardInterrupt as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone: it is for whoever has that to stop the search
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _log.warning("The running trials end first, then the search stops; Ctrl-C again stops it at once.")

    signal.signal(signal.SIGINT, ask)
    try:
        with _raised_again():
            yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _raised_again() -> Iterator[None]:
    """While the block runs, raise a KeyboardInterrupt again that fell into a destructor or a weak reference's callback.

    Python prints what those raise and goes on; TensorFlow runs many while a model is trained.
    """
    before, main_thread = sys.unraisablehook, threading.get_ident()

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            # Later, or it would fall into the same place.
            threading.Timer(_SOON_SECONDS, signal.pthread_kill, [main_thread, signal.SIGINT]).start()
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
