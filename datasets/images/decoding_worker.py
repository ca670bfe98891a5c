"""What a decoding process does: requests from its input are answered on its output, until the input ends.

So it ends whenever the process that started it does, however that ended. Requests and replies are pickles; the reads
in a request are pickled once more, so that one that cannot be unpickled here does not break the stream.
"""

import contextlib
import os
import pickle
import sys
import traceback
from dataclasses import dataclass
from typing import IO

from datasets.images.decoded import Decoded, Read, decode_read
from datasets.images.fits.stretch import Stretch


@dataclass(frozen=True)
class Request:
    """A chunk to decode: a pickled list of reads, and the arguments of ``decode_read``."""

    reads: bytes
    crop: float
    image_size: int
    stretch: Stretch | None

    def decoded(self, read: Read) -> Decoded:
        """Decode one of the reads."""
        return decode_read(read, crop=self.crop, image_size=self.image_size, stretch=self.stretch)


@dataclass(frozen=True)
class Unknown:
    """The reply to reads that cannot be unpickled here, as functions of the caller's own script cannot."""


@dataclass(frozen=True)
class Failure:
    """The reply where an error was raised that is no ImageError: the error pickled, or empty, and its traceback."""

    error: bytes
    text: str


Reply = list[Decoded] | Unknown | Failure
GREETING: Reply = []
"""The first that a process says; one that ends without it has never been able to do anything."""


def main() -> None:
    """Answer requests until there are no more."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a decoder prints must not come between the replies
    with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
        send(GREETING, replies)
        while True:
            send(_reply(pickle.load(sys.stdin.buffer)), replies)
    os._exit(0)  # there is nobody left to tell that a last reply did not get through


def _reply(request: Request) -> Reply:
    try:
        reads = pickle.loads(request.reads)
    except Exception:  # whatever a class does when it is unpickled
        return Unknown()
    try:
        return [request.decoded(read) for read in reads]
    except Exception as error:
        return Failure(pickled(error) or b"", traceback.format_exc())


def pickled(value: object) -> bytes | None:
    """Pickle a value for the process at the other end; None where that cannot be, as with local functions."""
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except Exception:  # pickling raises errors of many types, those of users' own classes among them
        return None


def send(message: Request | Reply, pipe: IO[bytes]) -> None:
    """Write a message to the process at the other end."""
    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()
