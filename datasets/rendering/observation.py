"""From light to photograph: atmosphere, detector, sky, and the colour composite."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from astropy.visualization import make_lupton_rgb

from datasets.rendering.grid import IMAGE_SIDE, NATIVE_SCALE, Grid, Plane
from datasets.rendering.photometry import Bands, Light

ELECTRONS = np.array([900.0, 900.0, 650.0])
"""Electrons that a nanomaggie leaves in the detector during an exposure of SDSS, about."""

SKY = np.array([0.27, 0.69, 1.31])
"""Nanomaggies of sky in a native pixel: 21.9, 20.9 and 20.2 magnitudes per square second of arc, typical of SDSS."""

WEIGHTS = np.array([2.5, 1.5, 1.26])
STRETCH, SOFTENING, BLACK = 1.35, 6.5, -0.01
"""Weights of g, r, i in blue, green, red, the asinh curve of Lupton et al. 2004, PASP 116, 133, and the flux that comes
out black: set so that sky, cores and colours are, in the median, near those of real images."""

_BETA = 3.0  # of Moffat's profile
_WIDTH = 2 * (2 ** (1 / _BETA) - 1) ** 0.5  # its full width at half maximum, in its own radius


@dataclass(frozen=True)
class Exposure:
    """What differs from one photograph to the next, by band.

    Attributes:
        seeing: full width at half maximum, seconds of arc.
        shift: (3, 2), what the bands are out of line by (right, down), seconds of arc.
        sky: what subtraction has left of the sky, nanomaggies in a native pixel.
    """

    seeing: Bands
    shift: npt.NDArray[np.float64]
    sky: Bands

    @classmethod
    def draw(cls, generator: np.random.Generator) -> "Exposure":
        """Seeing as in SDSS: 1.3 seconds of arc in r, worse towards the blue."""
        seeing = 1.3 * np.exp(0.1 * generator.standard_normal()) * np.array([1.05, 1.0, 0.97])
        sky = (0.005 * generator.standard_t(4) + 0.003 * generator.standard_normal(3)) * np.array([0.5, 1.0, 1.5])
        shift = 0.05 * generator.standard_normal((3, 2))
        return cls(seeing * np.exp(0.02 * generator.standard_normal(3)), shift, sky)


def photograph(light: Light, grid: Grid, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Photograph light as SDSS would: uint8, (IMAGE_SIDE, IMAGE_SIDE, 3), red, green, blue."""
    exposure = Exposure.draw(generator)
    blurred = np.stack([blurred_band(light[..., band], grid, exposure, band) for band in range(3)])
    weighted = detected(blurred, grid, exposure, generator) * WEIGHTS[:, None, None] - BLACK
    image = make_lupton_rgb(*weighted[::-1], stretch=STRETCH, Q=SOFTENING)
    # The survey enlarges the finished picture, which makes the noise around small galaxies coarse.
    return np.asarray(cv2.resize(image, (IMAGE_SIDE, IMAGE_SIDE), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def moffat(seeing: float, right: float, down: float) -> Plane:
    """Point spread function: float32, (2 n + 1, 2 n + 1), sum 1, reaching four times the seeing.

    Moffat 1969, A&A 3, 455, with β = 3: a core with the wings that turbulent air gives it. ``seeing`` is the full width
    at half maximum; ``right`` and ``down`` move it from the middle; all in pixels.
    """
    reach = np.arange(-np.ceil(4 * seeing), np.ceil(4 * seeing) + 1)
    squared = (reach - right)[None, :] ** 2 + (reach - down)[:, None] ** 2
    kernel = (1 + squared / (seeing / _WIDTH) ** 2) ** -_BETA
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def blurred_band(plane: Plane, grid: Grid, exposure: Exposure, band: int) -> Plane:
    """Light of one band after the atmosphere has spread it, and out of line as much as the exposure says."""
    kernel = moffat(exposure.seeing[band] / grid.scale, *(exposure.shift[band] / grid.scale))
    # OpenCV correlates; with the kernel turned by half a turn that is a convolution.
    turned, contiguous = np.ascontiguousarray(kernel[::-1, ::-1]), np.ascontiguousarray(plane)
    return np.asarray(cv2.filter2D(contiguous, -1, turned, borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def detected(bands: Light, grid: Grid, exposure: Exposure, generator: np.random.Generator) -> Light:
    """Count the electrons of galaxy and sky and subtract the sky; (3, side, side), nanomaggies in a native pixel."""
    native = grid.pixel_area / NATIVE_SCALE**2
    sky, electrons = SKY[:, None, None], ELECTRONS[:, None, None] * native
    counted = generator.poisson((np.maximum(bands, 0) / native + sky) * electrons)
    return np.asarray(counted / electrons - sky + exposure.sky[:, None, None], dtype=np.float32)
