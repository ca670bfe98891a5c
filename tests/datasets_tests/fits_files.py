"""Small FITS files for tests, made in memory."""

import io

import numpy as np
import numpy.typing as npt
from astropy.io import fits


def encoded(*units: object) -> bytes:
    """Return the bytes of a file of these header and data units."""
    stream = io.BytesIO()
    fits.HDUList(list(units)).writeto(stream)
    return stream.getvalue()


def unit(data: object, kind: type = fits.PrimaryHDU, dtype: object = np.float32, **header: object) -> fits.ImageHDU:
    """Make an image with a header."""
    made = kind(np.asarray(data, dtype))
    made.header.update({key.replace("_", "-"): value for key, value in header.items()})
    return made


def band(data: object, **header: object) -> bytes:
    """Return the bytes of a file of one image."""
    return encoded(unit(data, **header))


def galaxy(
    seed: int, *, peak: float = 1.0, noise: tuple[float, ...] = (0.01, 0.01, 0.02), side: int = 32
) -> npt.NDArray[np.float32]:
    """Return the light of a galaxy, its bands from red to blue: float32 (bands, side, side)."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] - side / 2
    light = peak * np.exp(-np.hypot(x, y * generator.uniform(1, 2)) / side * 10)
    colour = np.array([4.0, 2.0, 1.0])[: len(noise)] * generator.uniform(0.8, 1.2, len(noise))
    sky = generator.normal(0, 1, (len(noise), side, side)) * np.array(noise)[:, np.newaxis, np.newaxis]
    return (light * colour[:, np.newaxis, np.newaxis] + sky).astype(np.float32)
