"""Images that one HDF5 file holds, `images` uint8 (n, height, width, 3), read in slices of rows.

The whole file is never in memory: Galaxy10 DECaLS has 2.5 GB of pixels.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError, first_line
from datasets.images.preparing import Content

SLICE = 64
"""Rows that are read at once: 12 MiB of the larger images."""


def stored_images(path: Path) -> list[tuple[str, Callable[[], Content]]]:
    """List the images of an HDF5 file without regard to classes: (``images/00012``, how to read it).

    Raises ImageError where it holds no `images`, uint8 (n, height, width, 3).
    """
    try:
        with h5py.File(path) as file:
            images = file.get("images")
            if not isinstance(images, h5py.Dataset) or images.dtype != np.uint8 or images.shape[3:] != (3,):
                raise ImageError("expected an HDF5 file with images, uint8 (n, height, width, 3)")
            count = len(images)
    except OSError as error:
        raise ImageError(f"cannot be read: {first_line(error)}") from error
    slices = Slices(path)
    return [(f"images/{row:05d}", partial(slices.image, row)) for row in range(count)]


_KEPT = 3


class Slices:
    """The images of a file, read in slices of which the last few are kept: rows are asked for nearly in order.

    They pickle as the file's path, and those unpickled in a process share the slices.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # Not a cache around a method: its cycle would outlive the last reference, with all that it holds.
        self._slices: OrderedDict[int, npt.NDArray[np.uint8]] = OrderedDict()

    def __reduce__(self) -> tuple[Callable[[Path], "Slices"], tuple[Path]]:
        return _unpickled, (self._path,)

    def image(self, row: int) -> npt.NDArray[np.uint8]:
        """Return the image in a row, uint8 (side, side, 3). Raises ImageError where it cannot be read."""
        number, place = divmod(row, SLICE)
        with self._lock:  # HDF5 serves one thread at a time anyway
            if number not in self._slices:
                self._slices[number] = self._read(number)
            self._slices.move_to_end(number)
            while len(self._slices) > _KEPT:
                self._slices.popitem(last=False)
            image: npt.NDArray[np.uint8] = self._slices[number][place]
        return image

    def _read(self, number: int) -> npt.NDArray[np.uint8]:
        try:
            with h5py.File(self._path) as file:
                return np.asarray(file["images"][number * SLICE : (number + 1) * SLICE], np.uint8)
        except OSError as error:
            raise ImageError(f"cannot be read: {first_line(error)}") from error


@lru_cache(maxsize=1)
def _unpickled(path: Path) -> Slices:
    return Slices(path)
