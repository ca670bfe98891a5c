"""Inclined discs with spiral arms, a bulge, sometimes a bar, and clumps of young stars."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import i0e

from datasets.rendering.edge_on import HALF_LIGHT
from datasets.rendering.grid import Brightness, Grid, Placement, Plane
from datasets.rendering.photometry import Light, coloured, stellar_colour
from datasets.rendering.population import LATE, Subject, observe_one
from datasets.rendering.profiles import sersic, truncation
from datasets.rendering.smooth import placed

THICKNESS = 0.15
"""Axis ratio of a disc seen exactly from its edge."""


@dataclass(frozen=True)
class Arms:
    """Logarithmic spiral arms.

    Attributes:
        count: how many.
        pitch: angle between an arm and a circle.
        winding: 1 or -1, one way or the other.
        start: radius, in seconds of arc, at which the first arm has the azimuth ``phase``; within it there are none.
        sharpness: κ of the von Mises curve across an arm.
        waves: (n, 3) size, run along the arm and shift of the waves that make them irregular.
    """

    count: int
    pitch: float
    winding: int
    start: float
    phase: float
    sharpness: float
    waves: npt.NDArray[np.float32]

    @classmethod
    def draw(cls, start: float, generator: np.random.Generator) -> "Arms":
        """Two arms mostly, sometimes three or four; pitch 8 to 30 degrees, wider where there are more."""
        count = int(generator.choice([2, 3, 4], p=[0.72, 0.16, 0.12]))
        pitch = math.radians(generator.uniform(8, 24) + 3 * (count - 2))
        phase, winding = generator.uniform(0, 2 * math.pi), int(generator.choice([-1, 1]))
        waves = generator.normal(size=(4, 3)).astype(np.float32)
        return cls(count, pitch, winding, start, phase, generator.uniform(0.7, 2.5), waves)

    def azimuth(self, radius: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Azimuth of the first arm's crest at each radius."""
        return self.phase + self.winding * self._run(radius) / math.tan(self.pitch)

    def crest(self, radius: Plane, azimuth: Plane) -> Plane:
        """How the arms gather light: about 1 on the average along a circle, most on the crests."""
        run = self._run(radius)
        turn = self.count * (azimuth - self.phase - self.winding * run / math.tan(self.pitch))
        for number, (size, along, shift) in enumerate(self.waves, start=1):
            turn = turn + 0.25 * size * np.sin(number * azimuth + 2 * along * run + 3 * shift)
        return np.asarray(np.exp(self.sharpness * (np.cos(turn) - 1)) / i0e(self.sharpness), dtype=np.float32)

    def _run(self, radius: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        return np.asarray(np.log(np.maximum(radius, 1e-3) / self.start), dtype=np.float64)


@dataclass(frozen=True)
class Disc:
    """An inclined disc: its place, axis ratio on the sky, scale length, edge in scale lengths, and arms."""

    place: Placement
    axis_ratio: float
    length: float
    edge: float
    arms: Arms

    def polar(self, major: Plane, minor: Plane) -> tuple[Plane, Plane]:
        """Radius and azimuth in the plane of the disc of points on the sky."""
        deprojected = minor / np.float32(self.axis_ratio)
        return np.hypot(major, deprojected), np.arctan2(deprojected, major)

    def old(self, major: Plane, minor: Plane) -> Plane:
        """Old stars: an exponential disc that the arms gather a little."""
        radius, azimuth = self.polar(major, minor)
        return self._falling(radius, 1.0) * (0.75 + 0.25 * self.arms.crest(radius, azimuth))

    def young(self, major: Plane, minor: Plane) -> Plane:
        """Young stars: on the arms only, in a more extended disc."""
        radius, azimuth = self.polar(major, minor)
        begun = 1 / (1 + np.exp(np.clip(-6 * (radius / np.float32(self.arms.start) - 1), -40, 40)))
        return np.asarray(self._falling(radius, 1.25) * begun * self.arms.crest(radius, azimuth), dtype=np.float32)

    def bar(self, major: Plane, minor: Plane) -> Plane:
        """An elongated ellipse of nearly even light (Sérsic index 0.5), at the ends of which the arms start."""
        radius, azimuth = self.polar(major, minor)
        azimuth = azimuth - np.float32(self.arms.phase)
        even = sersic(0.5, 0.55 * self.arms.start, 0.3)
        return even(radius * np.cos(azimuth), radius * np.sin(azimuth))

    def _falling(self, radius: Plane, extent: float) -> Plane:
        light = np.exp(-radius / np.float32(extent * self.length)) * truncation(radius, self.length, self.edge)
        return np.asarray(light, dtype=np.float32)


def spiral(generator: np.random.Generator) -> tuple[Grid, Light]:
    """Draw a disc galaxy whose arms can be seen, some of them barely."""
    subject = observe_one(LATE, 1.5, generator, smallest=5.0)
    grid, barred = Grid.framing(subject.r90), generator.random() < 0.35
    disc = _disc(grid, subject, barred, generator)
    planes = [_bulge(grid, disc, generator), _part(grid, disc, disc.bar), _part(grid, disc, disc.old)]
    planes.append(_young(grid, disc, generator))
    older = 0.12 * generator.standard_normal()
    ages = np.array([0.98, 0.85, 0.6, 0.0]) + older + 0.06 * generator.standard_normal(4)
    light = np.zeros((grid.side, grid.side, 3), np.float32)
    for plane, share, age in zip(planes, _shares(barred, generator), ages, strict=True):
        light += coloured(plane, share * stellar_colour(age, subject.redshift).fluxes(subject.magnitude))
    return grid, light


def _disc(grid: Grid, subject: Subject, barred: bool, generator: np.random.Generator) -> Disc:
    length = subject.half_light / HALF_LIGHT
    cosine = generator.uniform(0.3, 1.0)  # of the inclination: evenly spread for directions at random
    axis_ratio = math.sqrt(cosine**2 * (1 - THICKNESS**2) + THICKNESS**2)
    start = length * (generator.uniform(0.8, 1.5) if barred else generator.uniform(0.4, 0.9))
    edge = generator.uniform(2.8, 4.5)
    return Disc(placed(grid, generator), axis_ratio, length, edge, Arms.draw(start, generator))


def _shares(barred: bool, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Shares of bulge, bar, old disc and young arms in the light."""
    bulge, bar = 0.35 * generator.beta(1.5, 2.2), generator.uniform(0.06, 0.16) if barred else 0.0
    arms = (1 - bulge - bar) * generator.uniform(0.2, 0.6)
    return np.array([bulge, bar, 1 - bulge - bar - arms, arms])


def _bulge(grid: Grid, disc: Disc, generator: np.random.Generator) -> Plane:
    index, radius = generator.uniform(1, 3.5), disc.length * generator.uniform(0.2, 0.5)
    return grid.integrate(sersic(index, radius, disc.axis_ratio**0.4), disc.place)


def _young(grid: Grid, disc: Disc, generator: np.random.Generator) -> Plane:
    """Young stars, a part of them in clumps along the arms."""
    clumped = generator.uniform(0.05, 0.25)
    return (1 - clumped) * _part(grid, disc, disc.young) + clumped * _clumps(grid, disc, generator)


def _clumps(grid: Grid, disc: Disc, generator: np.random.Generator) -> Plane:
    """Points near the crests of the arms: seeing makes them round."""
    number = 12 + generator.poisson(25)
    radius = 1.25 * disc.length * generator.gamma(2.5, size=number)
    arm = 2 * math.pi * generator.integers(disc.arms.count, size=number) / disc.arms.count
    azimuth = disc.arms.azimuth(radius) + arm + generator.normal(0, 0.2, size=number)
    x, y = disc.place.on_sky(radius * np.cos(azimuth), radius * np.sin(azimuth) * disc.axis_ratio)
    brightness = generator.lognormal(0, 0.8, size=number) * np.exp(-radius / (4 * disc.length))
    return _whole(grid.deposit(x, y, brightness * (radius > 0.7 * disc.arms.start)))


def _part(grid: Grid, disc: Disc, brightness: Brightness) -> Plane:
    return _whole(grid.integrate(brightness, disc.place))


def _whole(plane: Plane) -> Plane:
    """Scale light to a sum of 1 over the field."""
    total = float(plane.sum())
    return plane / np.float32(total) if total > 0 else plane
