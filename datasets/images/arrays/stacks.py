"""Images that one array holds, read in slices of rows.

The whole array is never in memory: Galaxy10 DECaLS has 2.5 GB of pixels.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from math import prod

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.images.arrays.brightness import AS_IT_IS, Extent, Scale, learnt_scale, may_be_learnt, scale_of
from datasets.images.arrays.layout import Layout, layout_of
from datasets.images.arrays.stored import Stored
from datasets.images.preparing import MAX_PIXELS
from datasets.images.reading import check_size
from datasets.images.value_range import NOT_STATED, ValueRanges

SLICE = 64
"""Rows that are read at once: 12 MiB of the images of Galaxy10 DECaLS; fewer of larger ones."""
_SLICE_BYTES = 16 * 2**20
_KEPT = 3
_DARK = 32
"""Pictures of uint8 of which none has a brighter pixel are on another scale than 0–255."""


class Stack:
    """The images of an array, read in slices of which the last few are kept: rows are asked for nearly in order.

    They pickle as where the array is, and those unpickled in a process share the slices. Raises ImageError where the
    axes of the array are not those of images, or its elements are not numbers.
    """

    def __init__(self, array: Stored, scale: Scale = AS_IT_IS) -> None:
        if array.dtype.kind not in "biuf":
            raise ImageError(f"expected images of numbers, found elements {array.dtype}")
        self.array, self.scale = array, scale
        self.layout: Layout = layout_of(array.shape)
        self._step = max(1, min(SLICE, _SLICE_BYTES // (prod(array.shape[1:]) * array.dtype.itemsize)))
        self._lock = threading.Lock()
        # Not a cache around a method: its cycle would outlive the last reference, with all that it holds.
        self._slices: OrderedDict[int, npt.NDArray[np.generic]] = OrderedDict()

    def __reduce__(self) -> tuple[Callable[[Stored, Scale], "Stack"], tuple[Stored, Scale]]:
        return _unpickled, (self.array, self.scale)

    def __len__(self) -> int:
        return self.layout.count

    def image(self, row: int) -> npt.NDArray[np.uint8]:
        """Return the image in a row, uint8 (height, width, 3), or (height, width) where it is grey.

        Raises ImageError where it cannot be read, or has values that are not numbers.
        """
        number, place = divmod(row, self._step)
        with self._lock:  # HDF5 serves one thread at a time anyway
            if number not in self._slices:
                self._slices[number] = self._read(number)
            self._slices.move_to_end(number)
            while len(self._slices) > _KEPT:
                self._slices.popitem(last=False)
            image = self._slices[number][place]
        return self.scale.pixels(image)

    def check_size(self) -> None:
        """Raise ImageError where an image is larger than a file of one may be: HDF5 promises any size in few bytes."""
        height, width = self.layout.height, self.layout.width
        if height * width > MAX_PIXELS:
            most = f"at most {MAX_PIXELS // 10**6} megapixels can be used"
            raise ImageError(f"{self.array.name} too large: images of {height} × {width} pixels, {most}".lstrip())
        check_size(prod(self.array.shape[1:]) * self.array.dtype.itemsize)

    def extent(self) -> Extent:
        """Go through all of the images that can be read. Raises ImageError where none can be used."""
        return Extent.of(self._readable(range(-(-len(self) // self._step))))

    def looks_bright(self) -> bool:
        """Say, of pictures of uint8, whether some here and there use more than the darkest of 256 levels."""
        last = (len(self) - 1) // self._step
        return any(part.max() >= _DARK for part in self._readable(sorted({0, last // 2, last})))

    def _readable(self, numbers: Iterable[int]) -> Iterator[npt.NDArray[np.generic]]:
        """Yield slices but those that cannot be read: their images are refused one by one when they are asked for."""
        for number in numbers:
            with contextlib.suppress(ImageError):
                yield self._read(number)

    def _read(self, number: int) -> npt.NDArray[np.generic]:
        return self.layout.rgb(self.array.rows(number * self._step, (number + 1) * self._step))


def scaled(stacks: Sequence[Stack], ranges: ValueRanges = NOT_STATED) -> list[Stack]:
    """Return stacks with the scale that is stated, or learnt, or else the one evident from all of them together.

    Pictures of uint8 are looked at here and there, unless they may be on the learnt scale, all others whole, however
    long that takes. Raises ImageError where a scale is neither stated nor evident, or does not fit, and where images
    are too large, before any is looked at.
    """
    for stack in stacks:
        stack.check_size()
    scale, is_picture = Scale.stated(ranges.stated), all(stack.array.dtype == np.uint8 for stack in stacks)
    is_asked = scale is None and may_be_learnt(ranges.learnt, is_picture=is_picture)
    if is_picture and scale is None and not is_asked and all(stack.looks_bright() for stack in stacks):
        return list(stacks)
    extent = Extent.together([stack.extent() for stack in stacks])
    if is_asked:
        scale = learnt_scale(extent, ranges.learnt, is_picture=is_picture)
    if is_picture and scale is None and extent.high >= _DARK:
        return list(stacks)
    chosen = scale_of(extent, scale)
    return [Stack(stack.array, chosen) for stack in stacks]


@lru_cache(maxsize=2)
def _unpickled(array: Stored, scale: Scale) -> Stack:
    return Stack(array, scale)
