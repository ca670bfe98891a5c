"""The five classes of galaxies as light: each is a sum of parts, which have their own profiles and colours."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from astropy.modeling.models import Sersic1D
from scipy.special import expit, i0e, k1

from datasets.rendering.population import DWARF, EARLY, LATE, Subject, fluxes, observe_one, stellar_colour

Plane = npt.NDArray[np.float32]  # (SIDE, SIDE): one value a point; columns go to the right, rows down.
Light = npt.NDArray[np.float32]  # (side, side, 3): nanomaggies in each of side × side squares, in g, r, i.
Place = npt.NDArray[np.float64]  # (2,): how far to the right of a frame's middle and below it, in widths of the frame.

SIDE = 128  # Points along a side of a frame at which light is drawn, and pixels of a finished image.
FRAME_IN_R90 = 4.64  # Galaxy Zoo's images are 424 pixels of 0.02 R90; the real data imitated keep the central 232.
HALF_LIGHT = 1.678  # Half-light radius of an exponential disc, in scale lengths.
# Extinction in g, r, i for 1 magnitude in r (Schlafly and Finkbeiner 2011, ApJ 737, 103, table 6, R_V = 3.1).
REDDENING = np.array([3.303, 2.285, 1.698], np.float32) / 2.285


def axes(width: float, place: Place, angle: float) -> tuple[Plane, Plane]:
    """Offsets of a frame's points along the major and the minor axis of a galaxy turned by ``angle``."""
    steps = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    right, down = np.meshgrid(*(np.asarray((steps - start) * width, dtype=np.float32) for start in place))
    cosine, sine = math.cos(angle), math.sin(angle)
    return right * cosine + down * sine, down * cosine - right * sine


def sersic(major: Plane, minor: Plane, index: float, effective_radius: float, axis_ratio: float) -> Plane:
    """Sérsic's profile on ellipses, 1 at ``effective_radius`` along the major axis, which holds half of the light.

    Index 1 is an exponential disc, 4 de Vaucouleurs's law of ellipticals (Graham and Driver 2005, PASA 22, 118).
    """
    light = Sersic1D.evaluate(np.hypot(major, minor / axis_ratio), 1.0, effective_radius, index)
    return np.asarray(light, dtype=np.float32)


def edge_on_disc(major: Plane, minor: Plane, length: float, height: float) -> Plane:
    """Disc seen exactly from its edge, (R / h) K1(R / h) sech²(z / z0): van der Kruit and Searle 1981, A&A 95, 105."""
    reduced = np.maximum(np.abs(major) / length, 1e-6)  # At 0 K1 has no value, but x K1(x) tends to 1.
    return np.asarray(reduced * k1(reduced) / np.cosh(np.minimum(np.abs(minor) / height, 40)) ** 2)


def truncation(radius: Plane, edge: float) -> Plane:
    """Share of a disc's light left at a radius, whatever its sign, both in scale lengths: discs end (same paper)."""
    return np.asarray(expit((edge - np.abs(radius)) / 0.35))


@dataclass(frozen=True)
class Arms:
    """Logarithmic spiral arms: how many; the angle between one and a circle, negative if they wind the other way; the
    radius at which they start, and the first one's azimuth there; κ of the von Mises curve across one; (n, 3) size, run
    along the arm and shift of the waves that make them irregular."""

    count: int
    pitch: float
    start: float
    phase: float
    sharpness: float
    waves: npt.NDArray[np.float32]

    @classmethod
    def draw(cls, start: float, generator: np.random.Generator) -> "Arms":
        """Two arms mostly, sometimes three or four; pitch 8 to 30 degrees, wider where there are more."""
        count = int(generator.choice([2, 3, 4], p=[0.72, 0.16, 0.12]))
        pitch = math.radians(generator.uniform(8, 24) + 3 * (count - 2)) * int(generator.choice([-1, 1]))
        phase, sharpness = generator.uniform(0, 2 * math.pi), generator.uniform(0.7, 2.5)
        return cls(count, pitch, start, phase, sharpness, generator.normal(size=(4, 3)).astype(np.float32))

    def crest(self, radius: Plane, azimuth: Plane) -> Plane:
        """How the arms gather light: about 1 on the average along a circle, most on the crests."""
        run = np.log(np.maximum(radius, 1e-3) / self.start)
        turn = self.count * (azimuth - self.phase - run / math.tan(self.pitch))
        for number, (size, along, shift) in enumerate(self.waves, start=1):
            turn += 0.25 * size * np.sin(number * azimuth + 2 * along * run + 3 * shift)
        return np.asarray(np.exp(self.sharpness * (np.cos(turn) - 1)) / i0e(self.sharpness), dtype=np.float32)

    def stars(self, radius: Plane, azimuth: Plane, length: float) -> tuple[Plane, Plane]:
        """Old stars, an exponential disc that the arms gather a little, and young, on the arms and farther out."""
        crest, begun = self.crest(radius, azimuth), expit(6 * (radius / self.start - 1))
        return np.exp(-radius / length) * (0.75 + 0.25 * crest), np.exp(-radius / (1.25 * length)) * begun * crest


def smooth(axis_ratio: float, quiescent: float, generator: np.random.Generator) -> tuple[float, Light]:
    """Draw an ellipsoid, flatter outside; ``quiescent`` is the chance of an old red galaxy, not a small blue one."""
    old = generator.random() < quiescent
    # Share and Sérsic index of the concentrated part, index of the other, age.
    low, high = ((0.3, 2.5, 0.9, 1.0), (0.95, 5.0, 1.6, 1.0)) if old else ((0.0, 1.0, 0.5, 0.0), (0.4, 2.0, 1.0, 0.75))
    share, inner, outer, age = generator.uniform(low, high).tolist()
    # Galaxies fill their frames as real ones do; flattened ones look smaller in the survey's round apertures.
    subject = observe_one(EARLY if old else DWARF, (1.5 + 0.2 * share) * axis_ratio**-0.2, generator)
    width, major, minor = _frame(subject, generator)
    shapes = (inner, 0.7, axis_ratio ** generator.uniform(0.6, 1.0)), (outer, 1.25, axis_ratio)
    # The longer, the flatter: the area changes little, so that brightness does not give the class away.
    planes = [sersic(major, minor, index, size * subject.half_light * q**-0.3, q) for index, size, q in shapes]
    ages = generator.normal(age, 0.1, size=2)
    return width, starlight(subject, zip((share, 1 - share), ages, planes, strict=True))


def edge_on(generator: np.random.Generator) -> tuple[float, Light]:
    """Draw a disc within a few degrees of edge-on, a bulge in its middle, and what a lane of dust leaves of both."""
    subject = observe_one(LATE, 1.35, generator, smallest=4.2)
    width, major, minor = _frame(subject, generator)
    length, share = subject.half_light / HALF_LIGHT, 0.5 * generator.beta(1.5, 2.2)
    # Tilted, a disc looks thicker: by the cosine of the inclination.
    height = length * math.hypot(generator.uniform(0.14, 0.32), generator.normal(0, 0.05))
    disc = edge_on_disc(major, minor, length, height) * truncation(major / length, generator.uniform(3.2, 5.0))
    size, axis_ratio = length * generator.uniform(0.35, 0.8), generator.uniform(0.5, 0.9)
    bulge = sersic(major, minor, generator.uniform(1, 3.5), size, axis_ratio)
    light = starlight(subject, [(1 - share, generator.uniform(0.3, 1.05), disc), (share, 0.95, bulge)])
    dust = generator.uniform(0.4, 1.6) if generator.random() < 0.55 else 0.0  # magnitudes in r
    lane = dust * edge_on_disc(major, minor, 1.5 * length, 0.35 * height)
    return width, light * 10 ** (-0.4 * lane[..., None] * REDDENING)


def spiral(generator: np.random.Generator) -> tuple[float, Light]:
    """Draw an inclined disc whose arms can be seen, some of them barely, with a bulge and sometimes a bar."""
    subject = observe_one(LATE, 1.5, generator, smallest=5.0)
    width, major, minor = _frame(subject, generator)
    length, barred = subject.half_light / HALF_LIGHT, generator.random() < 0.35
    # The cosine of the inclination is evenly spread for directions at random; 0.15 is the disc's thickness.
    axis_ratio = math.hypot(generator.uniform(0.3, 1.0) * math.sqrt(1 - 0.15**2), 0.15)
    radius, azimuth = np.hypot(major, minor / axis_ratio), np.arctan2(minor / axis_ratio, major)
    arms = Arms.draw(length * (generator.uniform(0.8, 1.5) if barred else generator.uniform(0.4, 0.9)), generator)
    ending = truncation(radius / length, generator.uniform(2.8, 4.5))
    old, young = (ending * stars for stars in arms.stars(radius, azimuth, length))
    bulge = sersic(major, minor, generator.uniform(1, 3.5), length * generator.uniform(0.2, 0.5), axis_ratio**0.4)
    # A bar is an ellipse of nearly even light (Sérsic index 0.5), at the ends of which the arms start.
    along, across = radius * np.cos(azimuth - arms.phase), radius * np.sin(azimuth - arms.phase)
    bar = sersic(along, across, 0.5, 0.55 * arms.start, 0.3)
    in_bulge, in_bar = 0.35 * generator.beta(1.5, 2.2), generator.uniform(0.06, 0.16) if barred else 0.0
    in_arms = (1 - in_bulge - in_bar) * generator.uniform(0.2, 0.6)
    shares = in_bulge, in_bar, 1 - in_bulge - in_bar - in_arms, in_arms
    ages = generator.normal([0.98, 0.85, 0.6, 0.0], 0.06) + generator.normal(0, 0.12)
    planes = bulge, bar, old, _clumped(young, generator)
    return width, starlight(subject, zip(shares, ages, planes, strict=True))


def _clumped(light: Plane, generator: np.random.Generator) -> Plane:
    """Gather a part of the light in points, spread wider than the rest: seeing makes them round."""
    part, number, where = generator.uniform(0.05, 0.25), 12 + generator.poisson(25), light**0.35
    points = generator.poisson(number / where.sum() * where) * generator.lognormal(0, 0.8, size=light.shape)
    return np.asarray((1 - part) / light.sum() * light + part / number * points, dtype=np.float32)


def _frame(subject: Subject, generator: np.random.Generator) -> tuple[float, Plane, Plane]:
    """Frame a galaxy, near the middle as well as a catalogue's positions are, and turned anyhow: width and `axes`."""
    width = FRAME_IN_R90 * subject.r90
    return width, *axes(width, generator.normal(0, 0.01, size=2), generator.uniform(0, math.pi))


def starlight(subject: Subject, parts: Iterable[tuple[float, float, Plane]]) -> Light:
    """Add the parts of a galaxy: each its share of the light, the age of its stars, and where they are."""
    light = np.zeros((SIDE, SIDE, 3), np.float32)
    for share, age, plane in parts:
        bands = share / plane.sum() * fluxes(subject.magnitude, *stellar_colour(age, subject.redshift))
        light += plane[..., None] * bands.astype(np.float32)
    return light


# What draws each class, named as the real data's folders: the width of a frame and the light in it. The axis ratios of
# round and elliptical galaxies meet; cigars are as long as discs seen edge-on, but have no thin plane.
KINDS: dict[str, Callable[[np.random.Generator], tuple[float, Light]]] = {
    "completely round smooth": lambda generator: smooth(1 - 0.16 * generator.beta(1.2, 2.6), 0.75, generator),
    "In between smooth": lambda generator: smooth(0.42 + 0.34 * generator.beta(1.6, 2.0), 0.6, generator),
    "Cigar-shaped smooth": lambda generator: smooth(generator.uniform(0.15, 0.31), 0.35, generator),
    "edge-on": edge_on,
    "spiral": spiral,
}
