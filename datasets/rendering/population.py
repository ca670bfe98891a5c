"""Which galaxies a survey catches: how luminous and large they are, how far away, and what that looks like."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bands = npt.NDArray[np.float64]  # (3,): one value for each of g, r, i.

FAINTEST = 17.0  # Galaxy Zoo 2 shows galaxies brighter than this in r.
FARTHEST = 0.15  # Hardly any galaxy beyond this redshift is that bright.
SMALLEST, LARGEST = 3.8, 26.0  # 90 % radii: smaller galaxies have no shape in SDSS's seeing, larger ones are rare.


@dataclass(frozen=True)
class Population:
    """A kind of galaxy: absolute magnitude in r, half-light radius in kiloparsecs, growth of that with luminosity.

    Slopes and scatters are near those of Shen et al. 2003, MNRAS 343, 978: radii log-normal at a given luminosity,
    early types steeper than late ones. The medians are set so that brightness and size on the sky match real images.
    """

    magnitude: float
    radius: float
    radius_slope: float
    radius_scatter: float = 0.3
    magnitude_scatter: float = 0.8


EARLY = Population(magnitude=-21.8, radius=4.1, radius_slope=0.6)
LATE = Population(magnitude=-21.2, radius=4.6, radius_slope=0.4)
DWARF = Population(magnitude=-20.4, radius=2.6, radius_slope=0.3, radius_scatter=0.35)


@dataclass(frozen=True)
class Subject:
    """A galaxy as seen: magnitude in r, half-light radius and 90 % radius in seconds of arc, redshift."""

    magnitude: float
    half_light: float
    r90: float
    redshift: float


def observe_one(
    population: Population, concentration: float, generator: np.random.Generator, smallest: float = SMALLEST
) -> Subject:
    """Draw galaxies at random points of space until one is bright, and so large that it is seen for what it is.

    ``smallest`` is the least 90 % radius for that; ``concentration`` is this radius, as measured, in half-light radii.
    """
    while True:
        # Equal volumes are equally likely; 1 - random() is never 0.
        redshift = FARTHEST * (1 - generator.random()) ** (1 / 3)
        brighter = population.magnitude_scatter * generator.standard_normal()
        radius = population.radius * 10 ** (0.4 * population.radius_slope * brighter)
        radius *= generator.lognormal(0, population.radius_scatter)
        # Luminosity distance to second order, for 70 km/s/Mpc and a deceleration of -0.55: good below redshift 0.2.
        kiloparsecs = 1000 * 299_792.458 / 70 * redshift * (1 + 0.775 * redshift)
        half_light = math.degrees(radius / kiloparsecs * (1 + redshift) ** 2) * 3600
        magnitude = population.magnitude - brighter + 5 * math.log10(100 * kiloparsecs)
        subject = Subject(magnitude, half_light, half_light * concentration * generator.lognormal(0, 0.15), redshift)
        if subject.magnitude < FAINTEST and smallest < subject.r90 < LARGEST:
            return subject


def fluxes(magnitude: float, g_r: float, r_i: float) -> Bands:
    """Fluxes of a source of this magnitude in r and these colours: differences of magnitude between bands."""
    return np.asarray(10 ** (-0.4 * (np.array([magnitude + g_r, magnitude, magnitude - r_i]) - 22.5)))


def stellar_colour(age: float, redshift: float) -> tuple[float, float]:
    """Return g - r and r - i of stars: ``age`` 0 still form (blue), 1 are old (red); a little beyond is allowed.

    At rest the ends are the blue cloud and the red sequence of SDSS galaxies (Blanton and Moustakas 2009, ARA&A 47,
    159); the growth with redshift is, to first order, what moving such spectra through the bands does.
    """
    return 0.28 + 0.46 * age + (0.5 + 1.6 * age) * redshift, 0.16 + 0.22 * age + 0.4 * redshift
