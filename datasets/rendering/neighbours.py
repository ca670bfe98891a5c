"""Stars and galaxies that happen to lie in the field."""

import math

import numpy as np
import numpy.typing as npt

from datasets.rendering.grid import Grid, Placement
from datasets.rendering.photometry import Bands, Colour, Light, coloured, stellar_colour
from datasets.rendering.profiles import sersic

FAINTEST = 21.8

# Brightest magnitude in r, number per square minute of arc down to FAINTEST, and growth of its log10 with magnitude: of
# the order of what SDSS's catalogue holds away from the Milky Way.
GALAXIES = (16.5, 2.4, 0.4)
STARS = (14.5, 1.6, 0.16)


def neighbours(grid: Grid, generator: np.random.Generator) -> Light:
    """Draw everything else, not yet blurred; the very middle is kept free, so that the galaxy stays the subject."""
    area = (grid.width / 60) ** 2
    stars, galaxies = generator.poisson(STARS[1] * area), generator.poisson(GALAXIES[1] * area)
    return _stars(grid, stars, generator) + _galaxies(grid, galaxies, generator)


def _stars(grid: Grid, number: int, generator: np.random.Generator) -> Light:
    fluxes = np.array([_star(generator) for _ in range(number)]).reshape(number, 3)
    x, y = _positions(grid, number, generator)
    return np.stack([grid.deposit(x, y, fluxes[:, band]) for band in range(3)], axis=-1)


def _star(generator: np.random.Generator) -> Bands:
    """Draw a star: red dwarfs share one g - r and differ in r - i (as the locus of Covey et al. 2007, AJ 134, 2398)."""
    magnitude = _magnitude(STARS, generator)
    if generator.random() < 0.4:
        return Colour(1.4 + 0.05 * generator.standard_normal(), generator.uniform(0.6, 1.6)).fluxes(magnitude)
    g_r = generator.uniform(0.2, 1.3)
    return Colour(g_r, 0.35 * g_r).fluxes(magnitude)


def _galaxies(grid: Grid, number: int, generator: np.random.Generator) -> Light:
    light = np.zeros((grid.side, grid.side, 3), np.float32)
    for x, y in zip(*_positions(grid, number, generator), strict=True):
        light += _galaxy(grid, Placement(x, y, generator.uniform(0, math.pi)), generator)
    return light


def _galaxy(grid: Grid, place: Placement, generator: np.random.Generator) -> Light:
    magnitude = _magnitude(GALAXIES, generator)
    radius = 1.3 * 10 ** (-0.12 * (magnitude - 20)) * math.exp(0.3 * generator.standard_normal())
    shape = sersic(generator.uniform(0.8, 3), radius, generator.uniform(0.3, 1))
    age = 1.0 if generator.random() < 0.5 else generator.uniform(0, 0.6)
    colour = stellar_colour(age, generator.uniform(0.05, 0.3))
    return coloured(grid.integrate(shape, place), colour.fluxes(magnitude))


def _magnitude(counts: tuple[float, float, float], generator: np.random.Generator) -> float:
    """Draw from counts that grow as 10^(growth × magnitude), between their brightest and FAINTEST."""
    brightest, _, growth = counts
    fewest = 10 ** (growth * (brightest - FAINTEST))
    return FAINTEST + math.log10(generator.uniform(fewest, 1)) / growth


def _positions(
    grid: Grid, number: int, generator: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Draw points evenly over the field, none nearer to its middle than a tenth of its width."""
    distance = np.sqrt(generator.uniform(0.1**2, 0.5, size=number)) * grid.width
    angle = generator.uniform(0, 2 * math.pi, size=number)
    return distance * np.cos(angle), distance * np.sin(angle)
