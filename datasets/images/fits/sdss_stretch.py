"""FITS bands → a picture as SDSS shows its galaxies, for datasets and models that have no stretch of their own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from astropy.visualization import make_lupton_rgb

from datasets.images.fits.bands import Plane

STRETCH, SOFTENING = 5, 8
"""astropy's defaults, which are for SDSS's calibrated images."""
_AT_ONCE = 2**20
"""Pixels that are composited at once: astropy needs many times the memory of an image, and looks at each by itself."""


def composite(planes: Sequence[Plane]) -> npt.NDArray[np.uint8]:
    """Compose three bands, red first, or one, grey, with black at 0: uint8 (height, width, 3), the first row on top.

    After Lupton et al. 2004, PASP 116, 133.
    """
    height, width = planes[0].shape
    rows = max(_AT_ONCE // width, 1)
    colours = planes if len(planes) == 3 else (planes[0],) * 3
    picture = np.empty((height, width, 3), np.uint8)
    for start in range(0, height, rows):
        red, green, blue = (plane[start : start + rows] for plane in colours)
        with np.errstate(divide="ignore", invalid="ignore"):  # astropy divides by the light of pixels that have none
            picture[start : start + rows] = make_lupton_rgb(red, green, blue, stretch=STRETCH, Q=SOFTENING)
    return np.ascontiguousarray(picture[::-1])
