"""What a visitor's uploads and their answers take in memory: kept for that visitor alone, counted for all."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from datasets import DecodedImage, Decoding, ImageError, Listing, Upload, uploads_of
from ui import wording

if TYPE_CHECKING:
    from trainer import Examined

Place = tuple[str, int]
"""An image: its upload's digest, and its number there."""
_PICTURES = 64


@dataclass(frozen=True)
class KeepLimits:
    """How much is kept.

    Attributes:
        files: that a visitor may upload.
        visitor: bytes of a visitor's uploads and of what was listed and decoded of them.
        everyone: bytes of all visitors'.
        visitors: who have uploads at a time.
    """

    files: int = 10_000
    visitor: int = 512 * 2**20
    everyone: int = 2 * 2**30
    visitors: int = 20


@dataclass
class Read:
    """An upload as it was read in one way: its images as far as they have been decoded."""

    listing: Listing
    images: list[DecodedImage | ImageError] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of the images' names, and of what was decoded of them."""
        decoded = (image.pixels.nbytes if isinstance(image, DecodedImage) else 200 for image in self.images)
        return self.listing.size + sum(decoded)


class Visitor:
    """Uploads of one visitor, and what is known of them. For one thread at a time; counted from any."""

    def __init__(self, everyone: "Everyone") -> None:
        self._everyone = everyone
        self._files: dict[tuple[str, bytes], None] = {}
        self._bytes = 0
        self.uploads: tuple[Upload, ...] = ()
        self.generation = 0
        self.reads: OrderedDict[Decoding, dict[str, Read]] = OrderedDict()
        self.found: OrderedDict[tuple[str, Decoding], dict[str, list[Examined | None]]] = OrderedDict()
        self.right: dict[Place, str] = {}
        self.pictures: OrderedDict[object, npt.NDArray[np.uint8]] = OrderedDict()
        everyone.add(self)

    @property
    def size(self) -> int:
        """Bytes of the uploads and of what was listed and decoded of them."""
        return self._bytes

    @property
    def upload_bytes(self) -> int:
        """Bytes of the uploads alone."""
        return sum(len(content) for _, content in self._files)

    @property
    def count(self) -> int:
        """Number of the uploaded files."""
        return len(self._files)

    def take(self, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Keep more files; return a line for each reason why some are not kept."""
        refused: dict[str, list[str]] = {}
        for name, content in files:
            reason = self._everyone.refusal(self, len(content))
            if reason:
                refused.setdefault(reason, []).append(name)
            elif (name, content) not in self._files:
                self._files[name, content] = None
                self._bytes += len(content)
        self.uploads = tuple(uploads_of(self._files))
        return [f"{wording.some(names, 'file')} not taken: {reason}" for reason, names in refused.items()]

    def forget(self) -> None:
        """Let go of everything."""
        self._files.clear()
        self.uploads = ()
        for kept in (self.reads, self.found, self.right, self.pictures):
            kept.clear()
        self._bytes = 0
        self.generation += 1

    def has_room(self, size: int, decoding: Decoding) -> bool:
        """Say whether so many bytes more may be kept; what was decoded in other ways is let go of, oldest first."""
        while not self._everyone.has_room(self, size):
            other = next((each for each in self.reads if each != decoding), None)
            if other is None:
                return False
            self._bytes -= sum(read.size for read in self.reads.pop(other).values())
            for key in [key for key in self.found if key[1] == other]:
                del self.found[key]
        return True

    def add_size(self, size: int) -> None:
        """Count what was listed or decoded."""
        self._bytes += size

    def keep_picture(self, key: object, made: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Keep a picture, and return it; the oldest of many are let go of."""
        self.pictures[key] = made
        while len(self.pictures) > _PICTURES:
            self.pictures.popitem(last=False)
        return made


class Everyone:
    """All visitors of a page, as far as they are still there. Any thread may ask."""

    def __init__(self, limits: KeepLimits | None = None) -> None:
        self.limits = limits or KeepLimits()
        self._visitors: WeakSet[Visitor] = WeakSet()
        self._lock = threading.Lock()

    def add(self, visitor: Visitor) -> None:
        """Count a visitor from now on, as long as anything refers to it."""
        with self._lock:
            self._visitors.add(visitor)

    def has_room(self, visitor: Visitor, size: int) -> bool:
        """Say whether a visitor may keep so many bytes more."""
        return visitor.size + size <= self.limits.visitor and self._total() + size <= self.limits.everyone

    def refusal(self, visitor: Visitor, size: int) -> str:
        """Say why a visitor may not upload a file of so many bytes; empty where it may."""
        limits = self.limits
        if visitor.count >= limits.files:
            return f"at most {limits.files:,} files are kept of a visitor; put them into a zip, or remove some"
        if visitor.size + size > limits.visitor:
            return f"at most {_mib(limits.visitor)} are kept of a visitor; remove uploads, or take `galaxy classify`"
        with self._lock:
            others = sum(1 for each in self._visitors if each.count and each is not visitor)
        if not visitor.count and others >= limits.visitors:
            return f"{others} others have uploads here, as many as there may be; try again in some minutes"
        if self._total() + size > limits.everyone:
            return f"all visitors' uploads have {_mib(limits.everyone)}, all there may be; try again in some minutes"
        return ""

    def _total(self) -> int:
        with self._lock:
            return sum(visitor.size for visitor in self._visitors)


def _mib(size: int) -> str:
    return f"{size / 2**30:.3g} GiB" if size >= 2**30 else f"{size / 2**20:.3g} MiB"
