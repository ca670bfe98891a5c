"""FITS bands → a picture as SDSS shows its galaxies, for datasets and models that have no stretch of their own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from astropy.visualization import make_lupton_rgb

from datasets.images.fits.bands import Plane

STRETCH, SOFTENING = 5, 8
"""astropy's defaults, which are for SDSS's calibrated images."""


def composite(planes: Sequence[Plane]) -> npt.NDArray[np.uint8]:
    """Compose three bands, red first, or one, grey, with black at 0: uint8 (height, width, 3), the first row on top.

    After Lupton et al. 2004, PASP 116, 133.
    """
    red, green, blue = planes if len(planes) == 3 else (planes[0],) * 3
    with np.errstate(divide="ignore", invalid="ignore"):  # astropy divides by the light of pixels that have none
        rgb: npt.NDArray[np.uint8] = make_lupton_rgb(red, green, blue, stretch=STRETCH, Q=SOFTENING)
    return np.ascontiguousarray(rgb[::-1])
