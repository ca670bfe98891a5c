"""Decoding in processes of our own, where threads would wait for each other's interpreter lock.

No library does it. multiprocessing, and Pebble 5 on top of it, either fork, which the threads of Arrow or TensorFlow
in the caller do not survive, or run the caller's script again. loky 3 does neither, but its processes outlive a caller
that is killed, and one that dies takes the whole pool with it. These are plain interpreters that import what decodes
and nothing else, and end when their input does.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from datasets.errors import SourceError
from datasets.images.decoded import Decoded, Readable
from datasets.images.decoding_worker import GREETING, Failure, Reply, Request, Unknown, pickled, send
from datasets.images.fits.stretch import Stretch

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from datasets.images.decoding_worker import main; main()"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # else NumPy starts a thread a CPU in each process

_BROKEN = (OSError, EOFError, pickle.UnpicklingError)
"""What a process that is gone, or is none of ours, shows itself by."""


class _Ended(Exception):
    """The process is gone; the message says how."""


class DecodingProcess:
    """A process that decodes chunks. It is started with the first one, and anew after it died.

    One thread at a time may let it decode; any thread may kill it, for ever.
    """

    def __init__(self, *, crop: float, image_size: int, stretch: Stretch | None = None) -> None:
        self._crop, self._image_size, self._stretch = crop, image_size, stretch
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # between starting and killing
        self._killed = False
        self._unavailable = False

    def decode(self, items: Sequence[Readable]) -> list[Decoded]:
        """Decode items; in this process what cannot be handed to another.

        A chunk over which the process died is decoded again, each item by itself.

        Raises SourceError, naming the item, where it died again.
        """
        try:
            return self._decode(items)
        except _Ended:
            if self._killed:
                raise
            return [self._alone(item) for item in items]

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Forget a process that was killed."""
        if self._process is not None:
            _reaped(self._process)

    def _alone(self, item: Readable) -> Decoded:
        try:
            return self._decode([item])[0]
        except _Ended as error:
            raise SourceError(
                f"'{item.id}' cannot be imported: the process that decodes it ended twice ({error}); "
                "take the file out of the source, or free memory"
            ) from error

    def _decode(self, items: Sequence[Readable]) -> list[Decoded]:
        reads = [item.read for item in items]
        request = pickled(reads)
        reply = Unknown() if request is None else self._ask(self._request(request))
        if isinstance(reply, Failure):
            raise _error(reply)
        if isinstance(reply, Unknown):
            here = self._request(b"")
            return [here.decoded(read) for read in reads]
        return reply

    def _request(self, reads: bytes) -> Request:
        return Request(reads, self._crop, self._image_size, self._stretch)

    def _ask(self, request: Request) -> Reply:
        if self._process is None and not self._unavailable:
            self._start()
        if self._process is None:
            return Unknown()
        try:
            assert self._process.stdin is not None
            send(request, self._process.stdin)
            return _received(self._process)
        except _BROKEN as error:
            process, self._process = self._process, None
            raise _Ended(_reaped(process)) from error

    def _start(self) -> None:
        """Start the process and wait until it is ready; note if there can be none."""
        with self._lock:
            if self._killed:
                raise _Ended("killed")
            self._unavailable = True
            with contextlib.suppress(OSError):
                self._process = _interpreter()
        if self._process is not None:
            with contextlib.suppress(*_BROKEN):
                self._unavailable = _received(self._process) != GREETING
            if self._unavailable:
                process, self._process = self._process, None
                process.kill()
                _reaped(process)


def _interpreter() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *map(str, sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | _ENVIRONMENT,
        process_group=0,  # Ctrl-C in a terminal is for the caller, who kills what has to end
    )


def _received(process: subprocess.Popen[bytes]) -> Reply:
    assert process.stdout is not None
    reply: Reply = pickle.load(process.stdout)
    return reply


def _reaped(process: subprocess.Popen[bytes]) -> str:
    """Wait for the end of a process, close its pipes and say how it ended."""
    status = process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):  # a request that did not get through
            if pipe is not None:
                pipe.close()
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def _error(failure: Failure) -> Exception:
    """Return the error of a process with the traceback that it had there."""
    try:
        error = pickle.loads(failure.error)
    except Exception:  # its class cannot be imported here, or cannot be made from its arguments
        return RuntimeError(f"an image could not be decoded:\n{failure.text}")
    error.add_note(f"in a decoding process:\n{failure.text}")
    return error  # type: ignore[no-any-return]
