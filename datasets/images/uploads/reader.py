"""Reading uploads by a few processes that all who send some share, and that none of them can have for long."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from datasets.cpus import usable_cpus
from datasets.errors import ImageError
from datasets.images.preparing import DecodedImage
from datasets.images.uploads.decoder import Decoder, Decoding, EndedError, Listing
from datasets.images.uploads.limits import UploadLimits
from datasets.images.uploads.upload import Upload
from datasets.images.value_range import NOT_STATED, ValueRanges

_MOST_PROCESSES = 4
_KNOWN = 4096

Place = tuple[Upload, int]
"""An image: the upload it is in, and its number there."""


@dataclass
class _Cost:
    """What reading an upload in one way has cost so far."""

    seconds: float = 0.0
    unpacked: int = 0
    deaths: int = 0

    def refusal(self, limits: UploadLimits) -> str:
        """Say why no more of it is read; empty where it is."""
        if self.deaths >= limits.deaths:
            return f"not read: {self.deaths} images before it, in the same upload, ended what decodes them"
        if self.seconds > limits.all_seconds:
            return f"not read: the images before it, in the same upload, took {limits.all_seconds:.0f} s"
        if self.unpacked > limits.unpacked:
            return (
                f"not read: the images before it, in the same upload, unpack to {limits.unpacked // 2**30} GiB; "
                "upload it in parts"
            )
        return ""


class UploadReader:
    """Reads uploads. Any thread may ask it; who asks waits until a process is free."""

    def __init__(self, limits: UploadLimits | None = None, *, processes: int | None = None) -> None:
        self._limits = limits or UploadLimits()
        count = processes or min(_MOST_PROCESSES, max(2, usable_cpus()))
        self._idle = [Decoder(self._limits) for _ in range(count)]
        self._free = threading.Condition()
        self._waiting: deque[object] = deque()
        self._costs: OrderedDict[tuple[str, Decoding], _Cost] = OrderedDict()

    def listing(self, upload: Upload, ranges: ValueRanges = NOT_STATED) -> Listing:
        """List the images of an upload; one that cannot be listed says so."""
        if upload.problem:
            return Listing(error=upload.problem)
        with self._decoder(upload) as decoder:
            try:
                return decoder.listing(upload, ranges)
            except EndedError as error:
                return Listing(error=str(error))

    def read(self, places: Sequence[Place], how: Decoding) -> list[DecodedImage | ImageError]:
        """Decode images, in their order: the first of them or more, as many as a turn lets through.

        Those of one upload should be beside each other: it is opened for each that follows one of another.
        """
        done: list[DecodedImage | ImageError] = []
        if not places:
            return done
        until = time.monotonic() + self._limits.turn_seconds
        with self._decoder(places[0][0]) as decoder:
            for upload, number in places:
                if done and time.monotonic() > until:
                    break
                done.append(self._read(decoder, upload, number, how))
        return done

    def close(self) -> None:
        """End the processes that nobody uses."""
        with self._free:
            for decoder in self._idle:
                decoder.close()

    def _read(self, decoder: Decoder, upload: Upload, number: int, how: Decoding) -> DecodedImage | ImageError:
        cost = self._cost(upload, how)
        if number == 0:
            cost.seconds, cost.unpacked, cost.deaths = 0.0, 0, 0
        refusal = cost.refusal(self._limits)
        if refusal:
            return ImageError(refusal)
        began = time.monotonic()
        try:
            decoder.listing(upload, how.ranges)
            image, size = decoder.read(number, how)
            cost.unpacked += size
        except EndedError as error:
            cost.deaths += 1
            image = ImageError(str(error))
        cost.seconds += time.monotonic() - began
        return image

    def _cost(self, upload: Upload, how: Decoding) -> _Cost:
        with self._free:
            cost = self._costs.setdefault((upload.digest, how), _Cost())
            self._costs.move_to_end((upload.digest, how))
            while len(self._costs) > _KNOWN:
                self._costs.popitem(last=False)
            return cost

    @contextmanager
    def _decoder(self, upload: Upload) -> Iterator[Decoder]:
        """Wait for a process, if possible the one that has the upload open already."""
        with self._free:
            ticket = object()
            self._waiting.append(ticket)
            try:
                # Each in their turn: who gives a process back is quicker to ask for it than who has to wake up.
                self._free.wait_for(lambda: self._idle and self._waiting[0] is ticket)
            finally:
                self._waiting.remove(ticket)
                self._free.notify_all()
            places = [place for place, decoder in enumerate(self._idle) if decoder.has_open(upload)]
            decoder = self._idle.pop(places[0] if places else -1)
        try:
            yield decoder
        finally:
            with self._free:
                self._idle.append(decoder)
                self._free.notify_all()
