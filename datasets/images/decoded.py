"""What becomes of one image of a source: pixels and what identifies them, or the reason why there are none.

Decoding processes import this module and little else: it must not need Arrow or TensorFlow.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.images.fits.stretch import Stretch
from datasets.images.preparing import Content, DecodedImage, decode

Read = Callable[[], Content]


class Readable(Protocol):
    """An image that has not been read yet: its name, and how to read it."""

    @property
    def id(self) -> str:
        """Its name, for errors."""

    @property
    def read(self) -> Read:
        """What returns its content, or raises ImageError with the reason."""


@dataclass(frozen=True)
class Decoded:
    """What became of an item: an image, or None and the ``reason`` why there is none.

    ``source_hash`` is the SHA-256 of the file or of the source's pixels or bands, 32 bytes, ``pixel_hash`` that of the
    image's pixels in hexadecimal; both are empty without an image.
    """

    image: DecodedImage | None
    source_hash: bytes = b""
    pixel_hash: str = ""
    reason: str = ""


def decode_read(read: Read, *, crop: float, image_size: int, stretch: Stretch | None = None) -> Decoded:
    """Read and decode an image; ImageError becomes a reason, any other error is raised."""
    try:
        data = read()
        image = decode(data, crop=crop, image_size=image_size, stretch=stretch)
    except ImageError as error:
        return Decoded(None, reason=str(error))
    source = data if isinstance(data, bytes) else data.tobytes()
    return Decoded(image, hashlib.sha256(source).digest(), pixel_hash(image.pixels))


def pixel_hash(pixels: npt.NDArray[np.uint8]) -> str:
    """SHA-256 of an image's pixels, row by row, in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()
