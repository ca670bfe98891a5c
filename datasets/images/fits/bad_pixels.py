"""Pixels that an image has no value for: which they are, what they are filled with, and how that is said."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.images.fits.bands import Plane

Bad = npt.NDArray[np.bool_]
_WIDTHS = (3, 9, 33)
"""Sides in pixels of the neighbourhoods whose mean fills a hole, the smallest that has a value first."""
_SHARES = ((0.01, "under 1 %"), (0.1, "1 to 10 %"), (0.5, "10 to 50 %"))
_ABSURD = 1e30
"""No light is so bright in any unit; sums of such values leave the range of 32 bits."""
_MOST = 0.9
"""Of the pixels may be bad; with fewer good ones there is no galaxy to be seen."""


def mended(planes: Sequence[Plane], bad: Bad) -> tuple[list[Plane], tuple[str, ...]]:
    """Fill what has no value, an absurd one, or is ``bad``, (height, width), in any plane; say how many pixels are.

    A band without any value becomes the mean of the others.

    Raises ImageError where there are hardly any values.
    """
    holes = [bad | ~(np.abs(plane) < _ABSURD) for plane in planes]
    empty = [bool(hole.all()) for hole in holes]
    if all(empty):
        raise ImageError("nothing to see: no pixel has a value")
    share = float(np.any([hole for hole, none in zip(holes, empty, strict=True) if not none], axis=0).mean())
    if share > _MOST:
        raise ImageError(f"nothing to see: {share:.0%} of the pixels have no value")
    filled = [plane if none else _filled(plane, hole) for plane, hole, none in zip(planes, holes, empty, strict=True)]
    if any(empty):
        mean = np.mean([plane for plane, none in zip(filled, empty, strict=True) if not none], axis=0, dtype=np.float32)
        filled = [np.asarray(mean) if none else plane for plane, none in zip(filled, empty, strict=True)]
    notes = (f"pixels without a value ({_said(share)}): filled from those around them",) if share else ()
    lost = ("a band without any value: taken for the mean of the others",) if any(empty) else ()
    return filled, (*notes, *lost)


def _said(share: float) -> str:
    return next((said for limit, said in _SHARES if share < limit), "over half")


def _filled(plane: Plane, hole: Bad) -> Plane:
    """Fill holes with the mean of the good pixels around them, wide ones with the median of all."""
    if not hole.any():
        return plane
    from scipy.ndimage import uniform_filter  # takes long to import, and is seldom needed

    good = (~hole).astype(np.float32)
    light = np.where(hole, np.float32(0), plane)
    filled, open_ = light.copy(), hole.copy()
    for width in _WIDTHS:
        weight = uniform_filter(good, width, mode="constant")
        found = open_ & (weight > 0.5 / width**2)
        filled[found] = uniform_filter(light, width, mode="constant")[found] / weight[found]
        open_ &= ~found
    filled[open_] = np.median(plane[~hole])
    return filled
