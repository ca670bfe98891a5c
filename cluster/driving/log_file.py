"""Where all goes that Ray says of itself: a log file, and to the user one line for each thing that happens to a node.

Ray's driver prints what is of use to Ray's developers: the last lines of a raylet that ended, warnings of its C++ part,
stack traces. Its C++ part writes to file descriptor 2, so the `galaxy` command has its own errors elsewhere. A program
that uses this package may not, and what is written there then stays where it is.
"""

import contextlib
import io
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_NAME = "ray.log"
_STDERR = 2
# The one before is kept beside it.
_LARGEST = 10 * 2**20
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_own = False


def log_file() -> Path:
    """Return the file; it may not be there yet."""
    state = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state", "galaxy-tuner").expanduser()
    for folder in (state, Path(tempfile.gettempdir(), f"galaxy-tuner-log-{os.getuid()}")):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid() and _is_ours(folder / _NAME):
                return folder / _NAME
    return Path(os.devnull)


def _is_ours(file: Path) -> bool:
    """Whether the file can be written to, if it is there: another user's may be, as after sudo."""
    return not file.exists() or (file.is_file() and os.access(file, os.W_OK))


def keep_own_errors() -> None:
    """From now on write Python's errors in this process to another descriptor than 2, which is left to Ray.

    For a command, at its start: whoever has `sys.stderr` already goes on writing to the one before.
    """
    global _own
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or none
        if sys.stderr.fileno() == _STDERR:
            sys.stderr.flush()
            copy = os.dup(_STDERR)
            sys.stderr = open(copy, "w", buffering=1, encoding=sys.stderr.encoding, errors=sys.stderr.errors)  # noqa: PTH123, SIM115
            _own = True


@contextlib.contextmanager
def noise_logged() -> Iterator[None]:
    """While the block runs, append to the log file what Ray prints and logs in this process."""
    # Only now: who asks for the name of the file needs no Ray.
    from cluster.driving.ray_printing import printed_to

    path = log_file()
    with contextlib.suppress(OSError):
        if path.stat().st_size > _LARGEST:
            path.replace(path.with_name(f"{_NAME}.1"))
    try:
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:  # a full disk has no room for it
        number = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    file = _Lossy(number)
    file.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} process {os.getpid()}: {' '.join(sys.argv)}\n")
    handler = logging.StreamHandler(file)
    handler.setFormatter(logging.Formatter(_FORMAT))
    with file, printed_to(file), _logged_to(handler), _written_to(number):
        yield


class _Lossy(io.TextIOBase):
    """Writes to a descriptor, which it closes; what a full disk refuses is lost: no search ends for it."""

    def __init__(self, number: int) -> None:
        self._number = number

    def write(self, text: str) -> int:
        if not self.closed:  # a thread of Ray's that was left behind has more to say
            with contextlib.suppress(OSError):
                os.write(self._number, text.encode(errors="replace"))
        return len(text)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._number)


@contextlib.contextmanager
def _logged_to(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("ray")
    handlers, propagates = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [handler], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = handlers, propagates


@contextlib.contextmanager
def _written_to(number: int) -> Iterator[None]:
    """Let descriptor 2 be the file's where Python's own errors go elsewhere; in a command, to its end."""
    try:
        is_pythons = sys.stderr.fileno() == _STDERR
    except (AttributeError, OSError, ValueError):  # a notebook's
        is_pythons = False
    if is_pythons:
        yield
        return
    try:
        before = os.dup(_STDERR)
    except OSError:  # closed
        before = os.open(os.devnull, os.O_WRONLY)
    os.dup2(number, _STDERR)
    try:
        yield
    finally:
        if not _own:  # a thread of Ray's that was left behind has more to say
            os.dup2(before, _STDERR)
        os.close(before)
