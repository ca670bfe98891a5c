"""Galaxies without features: a concentrated part within a flatter one, both ellipses."""

from dataclasses import dataclass

import numpy as np

from datasets.rendering.grid import Grid, Placement
from datasets.rendering.photometry import Light, coloured, stellar_colour
from datasets.rendering.population import DWARF, EARLY, Population, Subject, observe_one
from datasets.rendering.profiles import sersic


@dataclass(frozen=True)
class Build:
    """How a smooth galaxy is built.

    Attributes:
        population: what it is one of.
        share: part of the light that is in the concentrated component.
        inner, outer: Sérsic indices of the two components.
        age: of its stars, as `stellar_colour` takes it.
    """

    population: Population
    share: float
    inner: float
    outer: float
    age: float

    @property
    def concentration(self) -> float:
        """90 % radius in half-light radii: set so that galaxies fill their frames as real ones do."""
        return 1.5 + 0.2 * self.share


def smooth(axis_ratio: float, quiescent: float, generator: np.random.Generator) -> tuple[Grid, Light]:
    """Draw an ellipsoid; ``quiescent`` is the chance that it is an old red galaxy and not a small blue one."""
    build = _quiescent(generator) if generator.random() < quiescent else _forming(generator)
    # Flattened galaxies look smaller in the survey's round apertures.
    subject = observe_one(build.population, build.concentration * axis_ratio**-0.2, generator)
    grid = Grid.framing(subject.r90)
    place = placed(grid, generator)
    rounder = axis_ratio ** generator.uniform(0.6, 1.0)
    ages = build.age + 0.1 * generator.standard_normal(2)
    light = _component(grid, place, subject, (build.inner, 0.7, rounder), build.share, ages[0])
    return grid, light + _component(grid, place, subject, (build.outer, 1.25, axis_ratio), 1 - build.share, ages[1])


def placed(grid: Grid, generator: np.random.Generator) -> Placement:
    """Place a galaxy near the middle, as well as a catalogue's positions are, and turned anyhow."""
    x, y = 0.01 * grid.width * generator.standard_normal(2)
    return Placement(x, y, generator.uniform(0, np.pi))


def _quiescent(generator: np.random.Generator) -> Build:
    share, inner, outer = generator.uniform(0.3, 0.95), generator.uniform(2.5, 5), generator.uniform(0.9, 1.6)
    return Build(EARLY, share, inner, outer, age=1.0)


def _forming(generator: np.random.Generator) -> Build:
    share, inner, outer = generator.uniform(0, 0.4), generator.uniform(1, 2), generator.uniform(0.5, 1)
    return Build(DWARF, share, inner, outer, age=generator.uniform(0, 0.75))


def _component(
    grid: Grid, place: Placement, subject: Subject, shape: tuple[float, float, float], share: float, age: float
) -> Light:
    """Draw an ellipse; ``shape`` is its Sérsic index, effective radius in half-light radii, and axis ratio."""
    index, extent, axis_ratio = shape
    # The longer, the flatter: the area changes little, so that brightness does not give the class away.
    radius = extent * subject.half_light * axis_ratio**-0.3
    plane = grid.integrate(sersic(index, radius, axis_ratio), place)
    return coloured(plane, share * stellar_colour(age, subject.redshift).fluxes(subject.magnitude))
