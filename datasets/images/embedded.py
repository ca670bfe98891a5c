"""An image among others in a file, read by its place.

Decoding processes import this module for each image of a tar or TFRecord: it must need little.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.errors import ImageError
from datasets.images.preparing import Content
from datasets.images.reading import check_size


@dataclass(frozen=True)
class Embedded:
    """What reads ``size`` bytes of a file from ``start`` on: an image file, or pixels where ``shape`` is given."""

    path: Path
    start: int
    size: int
    shape: tuple[int, int, int] | None = None

    def __call__(self) -> Content:
        """Return the file or the pixels, uint8 (height, width, 3) or (height, width). Raises ImageError."""
        data = self.read()
        if self.shape is None:
            return data
        pixels = np.frombuffer(data, np.uint8).reshape(self.shape)
        return pixels[..., 0] if self.shape[2] == 1 else pixels

    def read(self) -> bytes:
        """Return the bytes. Raises ImageError where they are not there."""
        check_size(self.size)
        try:
            with self.path.open("rb", buffering=0) as file:
                data = os.pread(file.fileno(), self.size, self.start)
        except OSError as error:
            raise ImageError(f"cannot be read: {error.strerror}") from error
        if len(data) < self.size:
            raise ImageError("cut off: the file ends before it")
        return data
