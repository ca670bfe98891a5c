"""A process that reads uploads, as its starter sees it: asked with a time limit, and started anew when it ended."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from datasets.errors import ImageError
from datasets.images.fits.stretch import Stretch
from datasets.images.preparing import DecodedImage
from datasets.images.uploads.limits import UploadLimits
from datasets.images.uploads.messages import GoneError, blobs, receive, send
from datasets.images.uploads.upload import Upload
from datasets.images.value_range import NOT_STATED, ValueRanges

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from datasets.images.uploads.worker import main; main()"
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_START_SECONDS = 60.0
_LATE = 5.0
"""Seconds after the time at which a process ends itself: only one that cannot even do that is still there."""


@dataclass(frozen=True)
class Decoding:
    """Decoding images are decoded, see `decode`; and ``ranges`` of arrays, see `iterate_images`."""

    crop: float
    image_size: int
    stretch: Stretch | None = None
    ranges: ValueRanges = NOT_STATED


@dataclass(frozen=True)
class Listing:
    """What an upload holds.

    Attributes:
        names: of its images, as their sender knows them.
        named: images that it names in a table without having them; None where it is no such table.
        cut: whether it has more images than are read.
        error: why nothing is known of it; empty where something is.
    """

    names: tuple[str, ...] = ()
    named: tuple[str, ...] | None = None
    cut: bool = False
    error: str = ""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return sum(map(sys.getsizeof, (*self.names, *(self.named or ()), self.error)))


class EndedError(Exception):
    """The process ended, or had to be ended, over what it was asked; the message says why, for the sender."""


class Decoder:
    """A process that reads uploads, one at a time, of which it keeps the last one open. For one thread at a time."""

    def __init__(self, limits: UploadLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._open: tuple[str, ValueRanges] | None = None
        self._listing = Listing()

    def has_open(self, upload: Upload) -> bool:
        """Whether an upload is the one that is open."""
        return self._open is not None and self._open[0] == upload.digest

    def listing(self, upload: Upload, ranges: ValueRanges) -> Listing:
        """List the images of an upload. Raises EndedError."""
        if self._open == (upload.digest, ranges):
            return self._listing
        asked = {"do": "open", "name": upload.name, "bands": upload.bands, "ranges": asdict(ranges)}
        with self._asking(self._limits.listing_seconds) as (channel, deadline):
            channel.settimeout(deadline - time.monotonic())
            send(channel, asked, *upload.files)
            said = receive(channel, deadline)
            named = said.get("named")
            self._listing = Listing(
                tuple(map(str, said["names"])),
                None if named is None else tuple(map(str, named)),
                bool(said.get("cut")),
                str(said.get("error", "")),
            )
        self._open = (upload.digest, ranges)
        return self._listing

    def read(self, number: int, how: Decoding) -> tuple[DecodedImage | ImageError, int]:
        """Decode an image of the open upload; return it, or why not, and the bytes it had. Raises EndedError."""
        asked = {**asdict(how), "do": "read", "start": number, "stop": number + 1}
        with self._asking(self._limits.seconds) as (channel, deadline):
            send(channel, asked)
            return _image(channel, how.image_size, deadline)

    def close(self) -> None:
        """End the process."""
        self._end()

    @contextlib.contextmanager
    def _asking(self, seconds: float) -> Iterator[tuple[socket.socket, float]]:
        channel = self._channel or self._start()
        try:
            yield channel, time.monotonic() + seconds + _LATE
        except TimeoutError as error:
            self._end()
            raise EndedError(_slow(seconds)) from error
        except (GoneError, OSError, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            status = self._end()
            raise EndedError(_slow(seconds) if status == -signal.SIGALRM else _crashed(status)) from error
        except BaseException:  # half an answer is in the channel
            self._end()
            raise

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *map(str, sys.path)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # strangers must not be able to fill the log
                env={**_environment(), **_ENVIRONMENT},
                start_new_session=True,
            )
        self._channel = ours
        try:
            ours.settimeout(_START_SECONDS)
            send(ours, asdict(self._limits))
            receive(ours, time.monotonic() + _START_SECONDS)
        except (GoneError, OSError) as error:
            self._end()
            raise EndedError("the process that decodes uploads cannot start") from error
        return ours

    def _end(self) -> int:
        """End the process and forget it; return its status."""
        process, channel = self._process, self._channel
        self._process = self._channel = self._open = None
        if channel is not None:
            channel.close()
        if process is None:
            return 0
        try:
            return process.wait(0.5)  # it may be about to end by itself, for a reason that its status says
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _environment() -> dict[str, str]:
    """Return what a process needs of the environment: none of the secrets that may be in it."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHASHSEED", "TZ")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _image(channel: socket.socket, side: int, deadline: float) -> tuple[DecodedImage | ImageError, int]:
    said: dict[str, Any] = receive(channel, deadline)
    parts = blobs(channel, said["sizes"], deadline)
    size = int(said["read"])
    if "error" in said:
        return ImageError(str(said["error"])), size
    height, width = map(int, said["source_size"])
    pixels = np.frombuffer(parts[0], np.uint8).reshape(side, side, 3)
    return DecodedImage(pixels, (height, width), tuple(map(str, said["notes"]))), size


def _slow(seconds: float) -> str:
    return f"took longer than {seconds:g} s to read, and was given up"


def _crashed(status: int) -> str:
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    return f"crashed what decodes it ({how}): it is damaged, or made to do so"
