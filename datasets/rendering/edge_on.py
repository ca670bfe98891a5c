"""Discs seen from their edge: thin, often with a bulge, often with a lane of dust."""

from dataclasses import dataclass

import numpy as np

from datasets.rendering.grid import Grid, Placement, Plane
from datasets.rendering.photometry import REDDENING, Light, coloured, stellar_colour
from datasets.rendering.population import LATE, Subject, observe_one
from datasets.rendering.profiles import edge_on_disc, sech_squared, sersic
from datasets.rendering.smooth import placed

HALF_LIGHT = 1.678
"""Half-light radius of an exponential disc, in scale lengths."""


@dataclass(frozen=True)
class ThinDisc:
    """Scale length and height in seconds of arc, edge in scale lengths, share of the bulge, dust in magnitudes of r."""

    length: float
    height: float
    edge: float
    bulge: float
    dust: float

    @classmethod
    def draw(cls, subject: Subject, generator: np.random.Generator) -> "ThinDisc":
        """Within a few degrees of edge-on; tilted, a disc looks thicker."""
        length = subject.half_light / HALF_LIGHT
        tilt = 0.05 * generator.standard_normal()  # cosine of the inclination
        height = length * float(np.hypot(generator.uniform(0.14, 0.32), tilt))
        dust = generator.uniform(0.4, 1.6) if generator.random() < 0.55 else 0.0
        return cls(length, height, generator.uniform(3.2, 5.0), 0.5 * generator.beta(1.5, 2.2), dust)


def edge_on(generator: np.random.Generator) -> tuple[Grid, Light]:
    """Draw a disc, a bulge in its middle, and what dust leaves of both."""
    subject = observe_one(LATE, 1.35, generator, smallest=4.2)
    grid = Grid.framing(subject.r90)
    disc, place = ThinDisc.draw(subject, generator), placed(grid, generator)
    colour = stellar_colour(generator.uniform(0.3, 1.05), subject.redshift)
    thin = grid.integrate(edge_on_disc(disc.length, disc.height, disc.edge), place)
    light = coloured(thin, (1 - disc.bulge) * colour.fluxes(subject.magnitude))
    light += _bulge(grid, place, subject, disc, generator)
    return grid, light * _transmission(grid, place, disc)


def _bulge(grid: Grid, place: Placement, subject: Subject, disc: ThinDisc, generator: np.random.Generator) -> Light:
    index, axis_ratio = generator.uniform(1, 3.5), generator.uniform(0.5, 0.9)
    plane = grid.integrate(sersic(index, disc.length * generator.uniform(0.35, 0.8), axis_ratio), place)
    return coloured(plane, disc.bulge * stellar_colour(0.95, subject.redshift).fluxes(subject.magnitude))


def _transmission(grid: Grid, place: Placement, disc: ThinDisc) -> Light:
    """Share of the light that a thin lane of dust in the midplane lets through, by band: it reddens what it dims."""

    def depth(major: Plane, minor: Plane) -> Plane:
        along = np.exp(-np.abs(major) / np.float32(1.5 * disc.length))
        return np.asarray(along * sech_squared(minor, 0.35 * disc.height), dtype=np.float32)

    lane = grid.integrate(depth, place) / np.float32(grid.pixel_area)
    return np.asarray(10 ** (-0.4 * disc.dust * coloured(lane, REDDENING)), dtype=np.float32)
