"""Short hashes of a dataset's images: what tells that an image was seen before, wherever it lies."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from datasets.images.decoded import pixel_hash

_AT_ONCE = 256
_DIGITS = 16


class Images(Protocol):
    """What images can be taken of, as of a Dataset."""

    def take(self, rows: npt.ArrayLike) -> npt.NDArray[np.uint8]:
        """Copy the images of some rows: uint8, (m, height, width, 3)."""


def image_hashes(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return the first 64 bits of the SHA-256 of the pixels of images, uint8 (m, height, width, 3): uint64, (m,)."""
    return np.array([int(pixel_hash(image)[:_DIGITS], 16) for image in images], np.uint64)


def row_hashes(dataset: Images, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the `image_hashes` of ``rows``, int64 (m,): uint64, (m,).

    Of a million different images two have the same one with a probability of 3·10⁻⁸.
    """
    hashes = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), _AT_ONCE):
        images = dataset.take(rows[start : start + _AT_ONCE])
        hashes[start : start + len(images)] = image_hashes(images)
    return hashes
