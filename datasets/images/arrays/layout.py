"""Which axes of an array are images, rows, columns and colours."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError

COLOURS = (1, 3)
SIDE = 5
"""Pixels a side that an image has at least: what is smaller is a kernel, a colour axis or a table."""


@dataclass(frozen=True)
class Layout:
    """A stack of ``count`` images: (n, height, width), or with a colour axis of 1 or 3, last or ``first``."""

    count: int
    height: int
    width: int
    colours: int
    first: bool = False

    def rgb(self, rows: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Bring rows of the stack into the order (n, height, width, 3), or (n, height, width) where they are grey."""
        if rows.ndim == 3:
            return rows
        last = np.moveaxis(rows, 1, -1) if self.first else rows
        return last[..., 0] if self.colours == 1 else last


def layout_of(shape: tuple[int, ...]) -> Layout:
    """Read the axes out of a shape. Raises ImageError, with the way out, where they are not those of images."""
    if len(shape) == 3 and shape[2] in COLOURS:
        raise ImageError(f"{shape} is one image: expected several, (n, height, width) or (n, height, width, 3)")
    if len(shape) == 3 and min(shape[1:]) >= SIDE and not _images_last(shape):
        if shape[0] == shape[2]:
            raise ImageError(
                f"{shape} may have its images along the first or the last axis: make it (n, height, width, 1)"
            )
        if shape[0] in COLOURS:
            raise ImageError(f"{shape} may be one image or {shape[0]} grey ones: make it (1, …, 3) or (n, …, 1)")
        return Layout(*shape, colours=1)
    if len(shape) == 4:
        last = shape[3] in COLOURS and min(shape[1:3]) >= SIDE
        first = shape[1] in COLOURS and min(shape[2:]) >= SIDE
        if last:
            return Layout(*shape)
        if first:
            return Layout(shape[0], *shape[2:], colours=shape[1], first=True)
    raise ImageError(_why_not(shape))


def _images_last(shape: tuple[int, ...]) -> bool:
    """Say whether a stack has its images along the last axis, as MATLAB writes them."""
    if len(shape) == 4:
        return shape[2] in COLOURS and min(shape[:2]) >= SIDE
    return len(shape) == 3 and shape[0] == shape[1] != shape[2]


def _why_not(shape: tuple[int, ...]) -> str:
    expected = "expected images (n, height, width), (n, height, width, 3) or (n, 3, height, width)"
    if _images_last(shape):
        return f"{expected}, found {shape} with the images last: move that axis to the front, numpy.moveaxis(a, -1, 0)"
    if len(shape) == 4:
        colours = min(shape[1], shape[3])
        return f"{expected}, found {shape} with {colours} colours: choose the three that are red, green and blue"
    if len(shape) == 2:
        return f"{expected}, found {shape}: reshape what is laid out in a row for each image to its height and width"
    return f"{expected}, found {shape}"
