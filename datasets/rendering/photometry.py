"""Colours, magnitudes, fluxes and distances."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.rendering.grid import Plane

Light = npt.NDArray[np.float32]
"""float32, (side, side, 3): nanomaggies in each pixel, in g, r, i."""

Bands = npt.NDArray[np.float64]
"""float64, (3,): one value for each of g, r, i."""

REDDENING = np.array([3.303, 2.285, 1.698]) / 2.285
"""Extinction in g, r, i for 1 magnitude in r (Schlafly and Finkbeiner 2011, ApJ 737, 103, table 6, R_V = 3.1)."""


@dataclass(frozen=True)
class Colour:
    """Magnitude differences between neighbouring bands."""

    g_r: float
    r_i: float

    def fluxes(self, magnitude: float) -> Bands:
        """Fluxes of a source of this colour and this magnitude in r, in nanomaggies."""
        magnitudes = np.array([magnitude + self.g_r, magnitude, magnitude - self.r_i])
        return np.asarray(10 ** (-0.4 * (magnitudes - 22.5)), dtype=np.float64)


def stellar_colour(age: float, redshift: float) -> Colour:
    """Colour of a stellar population: ``age`` 0 still forms stars (blue), 1 is old (red); a little beyond is allowed.

    At rest the ends are the blue cloud and the red sequence of SDSS galaxies (Blanton and Moustakas 2009, ARA&A 47,
    159); the growth with redshift is, to first order, what moving such spectra through the bands does.
    """
    return Colour(0.28 + 0.46 * age + (0.5 + 1.6 * age) * redshift, 0.16 + 0.22 * age + 0.4 * redshift)


def distance_modulus(redshift: float) -> float:
    """Distance modulus to second order in redshift, for 70 km/s/Mpc and a deceleration of -0.55: good below 0.2."""
    megaparsec = 299_792.458 / 70 * redshift * (1 + 0.775 * redshift)
    return 5 * math.log10(megaparsec) + 25


def kiloparsec_per_arcsecond(redshift: float) -> float:
    """Length that one second of arc spans at a redshift."""
    luminosity_distance = 10 ** (distance_modulus(redshift) / 5 - 5) * 1000
    return luminosity_distance / (1 + redshift) ** 2 * math.radians(1 / 3600)


def coloured(plane: Plane, bands: Bands) -> Light:
    """Spread a plane over the bands: its values times each band's."""
    return plane[..., None] * bands.astype(np.float32)
