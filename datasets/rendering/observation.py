"""From light to photograph: what else lies in the frame, atmosphere, detector, sky, and the colour composite."""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt
from astropy.modeling.models import Moffat2D
from astropy.visualization import make_lupton_rgb

from datasets.rendering.galaxies import KINDS, SIDE, Light, Place, axes, sersic, starlight
from datasets.rendering.population import Bands, Subject, fluxes

NATIVE_SCALE = 0.396  # Seconds of arc a pixel of the SDSS camera.
# About as many electrons as a nanomaggie leaves in the detector of SDSS, and as many nanomaggies as the sky does in a
# native pixel: 21.9, 20.9 and 20.2 magnitudes per square second of arc.
ELECTRONS, SKY = np.array([900.0, 900.0, 650.0]), np.array([0.27, 0.69, 1.31])

Counts = tuple[float, float, float]
# Brightest magnitude in r, number per square minute of arc down to FAINTEST_NEIGHBOUR, and growth of its log10 with
# magnitude: of the order of what SDSS's catalogue holds away from the Milky Way.
FAINTEST_NEIGHBOUR, GALAXIES, STARS = 21.8, (16.5, 1.6, 0.4), (14.5, 1.0, 0.16)

WEIGHTS = np.array([2.5, 1.5, 1.26])
STRETCH, SOFTENING, BLACK = 1.35, 6.5, -0.01
"""Weights of g, r, i in blue, green, red, the asinh curve of Lupton et al. 2004, PASP 116, 133, and the flux that comes
out black: set so that sky, cores and colours are, in the median, near those of real images."""


def render(kind: str, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Render one galaxy of a class: uint8, (SIDE, SIDE, 3), red, green, blue."""
    width, light = KINDS[kind](generator)
    return photograph(light + neighbours(width, generator), width, generator)


def photograph(light: Light, width: float, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Photograph a frame of this width as SDSS would: in native pixels, or in larger ones if those were too many."""
    side = min(SIDE, round(width / NATIVE_SCALE))
    pixels, scale = cv2.resize(light, (side, side), interpolation=cv2.INTER_AREA) * (SIDE / side) ** 2, width / side
    # Seeing as in SDSS, worse towards the blue; bands a little out of line; what subtraction has left of the sky.
    seeing = 1.3 * generator.lognormal(0, 0.1) * np.array([1.05, 1.0, 0.97]) * generator.lognormal(0, 0.02, size=3)
    sky = (0.005 * generator.standard_t(4) + generator.normal(0, 0.003, size=3)) * np.array([0.5, 1.0, 1.5])
    seen = blurred(pixels, seeing / scale, generator.normal(0, 0.05, size=(3, 2)) / scale)
    bands = np.moveaxis((detected(seen, scale, generator) + sky) * WEIGHTS - BLACK, -1, 0)
    image = make_lupton_rgb(*bands[::-1], stretch=STRETCH, Q=SOFTENING)
    # The survey enlarges the finished picture, which makes the noise around small galaxies coarse.
    return np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def blurred(light: Light, seeing: Bands, shift: npt.NDArray[np.float64]) -> Light:
    """Light after the atmosphere has spread it to Moffat's profile with β = 3 (Moffat 1969, A&A 3, 455).

    In pixels, ``seeing`` is the full width at half maximum in each band; ``shift``, (3, 2), moves bands right and down.
    """
    reach = np.arange(np.ceil(4 * seeing.max()), -np.ceil(4 * seeing.max()) - 1, -1)  # turned, as OpenCV correlates
    radius = seeing / (2 * math.sqrt(2 ** (1 / 3) - 1))
    kernel = Moffat2D.evaluate(reach[None, :, None], reach[:, None, None], 1.0, *shift.T, radius, 3.0)
    bands = zip(cv2.split(light), cv2.split(kernel / kernel.sum(axis=(0, 1))), strict=True)
    return np.dstack([cv2.filter2D(band, -1, spread, borderType=cv2.BORDER_REFLECT) for band, spread in bands])


def detected(light: Light, scale: float, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Count electrons in pixels of this scale, subtract those of the sky; Bands: nanomaggies in a native pixel."""
    native = (scale / NATIVE_SCALE) ** 2
    electrons = generator.poisson((np.maximum(light, 0) + SKY * native) * ELECTRONS)
    return np.asarray(electrons / ELECTRONS / native - SKY)


def neighbours(width: float, generator: np.random.Generator) -> Light:
    """Draw the stars and galaxies that happen to lie in a frame of this width."""
    light = np.zeros((SIDE, SIDE, 3), np.float32)
    for magnitude, place in scattered(STARS, width, generator):
        # Along the locus of stars g - r grows to 1.4, and beyond only r - i does (Covey et al. 2007, AJ 134, 2398).
        along = generator.uniform(0.2, 2.4)
        column, row = ((place + 0.5) * SIDE).astype(int)
        light[row, column] += fluxes(magnitude, min(along, 1.4), along - 0.65 * min(along, 1.4))
    for magnitude, place in scattered(GALAXIES, width, generator):
        major, minor = axes(width, place, generator.uniform(0, math.pi))
        radius = 1.3 * 10 ** (-0.12 * (magnitude - 20)) * generator.lognormal(0, 0.3)
        plane = sersic(major, minor, generator.uniform(0.8, 3), radius, generator.uniform(0.3, 1))
        age, redshift = generator.uniform(0, 1), generator.uniform(0.05, 0.3)
        light += starlight(Subject(magnitude, radius, radius, redshift), [(1.0, age, plane)])
    return light


def scattered(counts: Counts, width: float, generator: np.random.Generator) -> Iterator[tuple[float, Place]]:
    """Draw magnitudes and places of neighbours: all over the frame except its middle, which is the subject's."""
    brightest, density, growth = counts
    for _ in range(generator.poisson(density * (width / 60) ** 2)):
        share = generator.uniform(10 ** (growth * (brightest - FAINTEST_NEIGHBOUR)), 1)  # of those down to it
        place = generator.uniform(-0.5, 0.5, size=2)
        if math.hypot(*place) > 0.1:
            yield FAINTEST_NEIGHBOUR + math.log10(share) / growth, place
