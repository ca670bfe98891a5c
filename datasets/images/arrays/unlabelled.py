"""The images of a file of arrays without regard to classes."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.images.arrays.brightness import AS_IT_IS, Extent, Scale, learnt_scale, scale_of
from datasets.images.arrays.layout import SIDE
from datasets.images.arrays.stacks import Stack, scaled
from datasets.images.arrays.stored import Stored, arrays_in
from datasets.images.magic import Kind
from datasets.images.preparing import Content
from datasets.images.scratch import Scratch
from datasets.images.value_range import NOT_STATED, ValueRanges
from datasets.wording import few


def images_in(
    path: Path, ranges: ValueRanges = NOT_STATED, called: str = ""
) -> Iterator[tuple[str, Callable[[], Content]]]:
    """Yield the images of an NPY, NPZ or HDF5 file: (``images/00012``, how to read it); one alone has no name.

    ``called`` is the file's name where the path does not have it. Raises ImageError where the file holds no images, or
    arrays of different kinds that may be those, or it is neither stated nor evident what is black and white.
    """
    arrays = arrays_in(path, called)
    stacks = [array for array in arrays if _is_stack(array)]
    stacks = [array for array in stacks if array.name.rpartition("/")[2].casefold() == "images"] or stacks
    if not stacks and len(arrays) == 1 and _is_single(arrays[0]):
        yield "", partial(_single, arrays[0], ranges)
        return
    if not stacks and len(arrays) == 1:
        Stack(arrays[0])  # which says why it is none
    if not stacks:
        raise ImageError(f"expected an array of images, (n, height, width, 3), found {few(arrays)}")
    if len({(array.shape[1:], array.dtype) for array in stacks}) > 1:
        raise ImageError(f"several arrays may be the images: {few(stacks)}; save the one that is meant by itself")
    scratch = Scratch()
    of_stacks = scaled([Stack(array.mapped(scratch)) for array in stacks], ranges)
    for array, stack in zip(stacks, of_stacks, strict=True):
        for row in range(len(stack)):
            yield f"{array.name}/{row:05d}".lstrip("/"), partial(_image, stack, row, scratch)


def has_images(path: Path, called: str = "") -> bool:
    """Say whether a file of arrays has one that may be images. Raises ImageError where it cannot be read."""
    arrays = arrays_in(path, called)
    return any(map(_is_stack, arrays)) or (len(arrays) == 1 and _is_single(arrays[0]))


def _image(stack: Stack, row: int, _scratch: Scratch) -> npt.NDArray[np.uint8]:
    """Read an image while the file that it was unpacked to is there, as long as that is referred to."""
    return stack.image(row)


def _is_stack(array: Stored) -> bool:
    try:
        Stack(array)
    except ImageError:
        return False
    return True


def _is_single(array: Stored) -> bool:
    """Say whether an array is one image: in a file of its own, and not so long that it may be a row for each image."""
    shape = array.shape
    if array.kind is not Kind.NPY or array.dtype.kind not in "biuf" or min(shape[:2]) < SIDE:
        return False
    return max(shape[:2]) <= 2 * min(shape[:2]) if len(shape) == 2 else shape[2:] in [(3,), (1,)]


def _single(array: Stored, ranges: ValueRanges) -> npt.NDArray[np.uint8]:
    values = array.column()
    grey = values[..., 0] if values.shape[2:] == (1,) else values
    is_picture, stated = grey.dtype == np.uint8, Scale.stated(ranges.stated)
    extent = Extent.of([grey[np.newaxis]])
    scale = stated or learnt_scale(extent, ranges.learnt, is_picture=is_picture)
    return (AS_IT_IS if is_picture and scale is None else scale_of(extent, scale)).pixels(grey)
