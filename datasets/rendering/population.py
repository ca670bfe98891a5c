"""Which galaxies a survey catches: how luminous and large they are, how far away, and what that looks like."""

import math
from dataclasses import dataclass

import numpy as np

from datasets.rendering.photometry import distance_modulus, kiloparsec_per_arcsecond

FAINTEST = 17.0
"""Galaxy Zoo 2 shows galaxies brighter than this in r."""

SMALLEST, LARGEST = 3.8, 26.0
"""Least and greatest 90 % radius: smaller galaxies have no shape in SDSS's seeing, larger ones are rare."""

FARTHEST = 0.15
"""Redshift beyond which hardly any galaxy is that bright."""


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
    """Draw galaxies at random points of space until one is bright and large enough.

    ``concentration`` is the 90 % radius, as the survey measures it, in half-light radii. ``smallest`` is the least 90 %
    radius at which a galaxy would be seen for what it is.
    """
    while True:
        subject = _anywhere(population, concentration, generator)
        if subject.magnitude < FAINTEST and smallest < subject.r90 < LARGEST:
            return subject


def _anywhere(population: Population, concentration: float, generator: np.random.Generator) -> Subject:
    # Equal volumes are equally likely; 1 - random() is never 0.
    redshift = FARTHEST * (1 - generator.random()) ** (1 / 3)
    brighter = population.magnitude_scatter * generator.standard_normal()
    radius = population.radius * 10 ** (0.4 * population.radius_slope * brighter)
    radius *= math.exp(population.radius_scatter * generator.standard_normal())
    half_light = radius / kiloparsec_per_arcsecond(redshift)
    measured = half_light * concentration * math.exp(0.15 * generator.standard_normal())
    return Subject(population.magnitude - brighter + distance_modulus(redshift), half_light, measured, redshift)
