"""What Ctrl-C, SIGTERM and SIGHUP do: Ctrl-C once lets what runs end, twice stops at once; the others end the process.

Python calls a signal's handler in the main thread, between two steps of it: an exception that the handler raises
unwinds whatever runs there. In any other thread nothing here does anything.
"""

import atexit
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

_SOON_SECONDS = 0.02
# Whoever sent SIGTERM sends SIGKILL when it has waited enough: 10 s and more.
_UNWINDING_SECONDS = 8.0
_ENDING = (signal.SIGTERM, signal.SIGHUP)
_log = logging.getLogger(__name__)


class Terminated(SystemExit):
    """SIGTERM or SIGHUP has told this process to end: it leaves with 128 + the signal's number, as shells have it.

    No ``Exception``: what catches those (a model's build that may raise anything) lets it pass. ``str(error)`` is one
    line.

    Attributes:
        status: That exit status.
        command: What goes on with what was interrupted, where there is such a command.
    """

    def __init__(self, number: int) -> None:
        self.number, self.status = number, 128 + number
        super().__init__(self.status)
        self.command: str | None = None

    @property
    def reason(self) -> str:
        """What ended the process."""
        return f"ended by {signal.Signals(self.number).name}"

    def __str__(self) -> str:
        return self.reason if self.command is None else f"{self.reason}: {self.command} goes on"


@contextlib.contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """While the block runs, let the first Ctrl-C call ``stop``; the second is a KeyboardInterrupt as ever."""
    if not _in_main_thread():
        yield  # it is for whoever has that to stop the search
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
def terminable() -> Iterator[None]:
    """While the block runs, let SIGTERM and SIGHUP raise `Terminated` in it; the process ends within 8 s of them.

    One that is ignored, as SIGHUP is under nohup, stays ignored; one that has a handler keeps it: a block in another
    such block does nothing.
    """
    taken = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL] if _in_main_thread() else []
    if not taken:
        yield
        return
    ending = _Ending()
    for number in taken:
        signal.signal(number, ending)
    try:
        with _raised_again(ending):
            yield
    except Terminated as error:
        _log.warning("%s.", error)  # nobody has said it
        raise
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
        ending.close()


@contextlib.contextmanager
def going_on(command: str) -> Iterator[None]:
    """Let a `Terminated` that the block raises say that ``command`` goes on with it."""
    try:
        yield
    except Terminated as error:
        error.command = command
        raise


@contextlib.contextmanager
def handlers_kept() -> Iterator[None]:
    """Put the handlers back that the block replaces, as Ray does: its own end the process, one with a native trace."""
    if not _in_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDING}
    try:
        yield
    except Terminated:
        raise
    except SystemExit:  # raised by Ray's handler, which had replaced ours
        raise Terminated(signal.SIGTERM) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Ending:
    """The handler of SIGTERM and SIGHUP: raises `Terminated` once, and ends the process if that takes too long."""

    def __init__(self) -> None:
        self._told = 0
        self._unwound = False
        self._process = os.getpid()
        # A thread that waits from the start: the handler may interrupt the start of any other.
        self._reading, self._writing = os.pipe()
        threading.Thread(target=self._end_late, name="ending", daemon=True).start()

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a fork of it, as multiprocessing makes and ends: it has the same pipe
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        if self._told:  # by a signal to the process, then by one to its group: the first is being heeded
            return
        self._told = number
        if number == signal.SIGHUP:
            _leave_lost_terminal()
        os.write(self._writing, bytes([number]))
        raise Terminated(number)

    def forget(self) -> int:
        """Be ready for the signal to come again; return its number."""
        number, self._told = self._told, 0
        return number

    def close(self) -> None:
        """Let the thread end that waits; where the process is ending, that has been said by now."""
        self._unwound = True
        if self._told:
            atexit.register(self._leave)  # now, so that it is called before all others
        else:
            os.close(self._writing)

    def _leave(self) -> None:
        """Leave without the interpreter's last steps: Ray's may wait for ever for what was ended with this process."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, AttributeError):  # None where the caller has closed it
                stream.flush()
        os._exit(128 + self._told)

    def _end_late(self) -> None:
        told = os.read(self._reading, 1)
        if told:
            time.sleep(_UNWINDING_SECONDS)
            if not self._unwound:
                with contextlib.suppress(OSError):
                    os.write(_errors(), f"galaxy: {Terminated(told[0])}\n".encode())
            os._exit(128 + told[0])
        os.close(self._reading)


def _leave_lost_terminal() -> None:
    """Let what is written to a terminal that is gone go nowhere, rather than fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in {1, 2, _errors()}:
        try:
            os.write(number, b"")
        except OSError:
            os.dup2(nowhere, number)
    os.close(nowhere)


def _errors() -> int:
    """Return where Python's errors go, which may not be where a library's do."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # a notebook's, or none
        return 2


@contextlib.contextmanager
def _raised_again(ending: _Ending | None = None) -> Iterator[None]:
    """While the block runs, raise an interruption again that fell into a destructor or a weak reference's callback.

    A KeyboardInterrupt, and the `Terminated` of a handler that is given.

    Python prints what those raise and goes on; TensorFlow runs many while a model is trained.
    """
    before, main_thread = sys.unraisablehook, threading.get_ident()

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            number: int = signal.SIGINT
        elif ending is not None and issubclass(unraisable.exc_type, Terminated):
            number = ending.forget()
        else:
            before(unraisable)
            return
        # Later, or it would fall into the same place.
        threading.Timer(_SOON_SECONDS, signal.pthread_kill, [main_thread, number]).start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
