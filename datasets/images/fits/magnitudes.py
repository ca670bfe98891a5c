"""Images in magnitudes, of which the brightest parts have the lowest values."""

import re

import numpy as np

from datasets.images.fits.bands import Plane

TURNED = "pixels in magnitudes: turned into light"
_MAGNITUDE = re.compile(r"(?<![a-z])(?:ab|st|vega)?mag(?:nitudes?|s|ab|st|vega)?(?![a-z])", re.IGNORECASE)
_ZERO = 22.5
"""The magnitude that becomes 1, that of a nanomaggy."""


def is_magnitudes(unit: str) -> bool:
    """Say whether a unit is of magnitudes, as ``mag``, ``mag/arcsec2`` and ``ABmag`` are; a ``maggy`` is of light."""
    return _MAGNITUDE.search(unit) is not None


def light_of_magnitudes(plane: Plane) -> Plane:
    """Return light (Pogson 1856); NaN where there is no magnitude: 0 stands for none."""
    with np.errstate(over="ignore"):  # what is beyond 32 bits has no value
        light = np.power(np.float32(10), np.float32(-0.4) * (plane - np.float32(_ZERO)))
    return np.where(plane == 0, np.float32(np.nan), light)
