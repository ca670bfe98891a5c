"""FITS cutouts → RGB pixels, as SDSS shows its galaxies.

The three bands are composed by ``astropy.visualization.make_lupton_rgb`` (Lupton et al. 2004, PASP 116, 133) with its
defaults, which are for SDSS's calibrated images: black at 0, stretch 5, softening Q = 8. The longest wavelength is red.
"""

import io
import warnings
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.utils.exceptions import AstropyUserWarning
from astropy.visualization import make_lupton_rgb

from datasets.errors import ImageError, first_line
from datasets.images.fits_names import colours
from datasets.images.preparing import MAX_PIXELS
from datasets.images.reading import MAX_BYTES

STRETCH, SOFTENING = 5, 8
Plane = npt.NDArray[np.float32]

# astropy warns of odd headers, but only the pixels count. A file that ends too early lacks some of them.
warnings.filterwarnings("ignore", category=VerifyWarning)
warnings.filterwarnings("error", message="File may have been truncated", category=AstropyUserWarning)


def composite(files: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    """Compose the bands of a galaxy: of one file, or of three in the order blue, green, red.

    A file holds its bands as a cube (bands, height, width) or as several images. Bands that its header names
    (``BANDS``, ``BAND0`` …, or each image's ``FILTER``, ``BAND`` or ``EXTNAME``) are ordered by wavelength, others
    taken to come from short to long wavelengths. Pixels without a value (NaN) are black.

    Returns:
        uint8, (height, width, 3), RGB; the first row of the sky is at the bottom, as it is looked at.

    Raises:
        ImageError: it is no FITS file, a damaged or too large one, or it has not three bands of the same size.
    """
    try:
        planes = _bands(files[0]) if len(files) == 1 else [_only(_planes(file)) for file in files]
    except ImageError:
        raise
    except Exception as error:  # damage shows as errors of any type, as in other images
        raise ImageError(f"damaged FITS file: {first_line(error)}") from error
    if len({plane.shape for plane in planes}) != 1:
        raise ImageError(f"bands of different sizes: {', '.join(str(plane.shape) for plane in planes)}")
    blue, green, red = (np.nan_to_num(plane, nan=0.0, posinf=0.0, neginf=0.0) for plane in planes)
    with np.errstate(divide="ignore", invalid="ignore"):  # astropy divides by the light of pixels that have none
        rgb: npt.NDArray[np.uint8] = make_lupton_rgb(red, green, blue, stretch=STRETCH, Q=SOFTENING)
    return np.ascontiguousarray(rgb[::-1])


def _bands(data: bytes) -> list[Plane]:
    """Return the planes of one file for blue, green and red."""
    named = _planes(data)
    names = [name for name, _ in named]
    if len(named) == 3 and len(set(names) - {""}) < 3:
        return [plane for _, plane in named]
    chosen = colours(names)
    if chosen is None:
        raise ImageError(f"{len(named)} bands: expected 3, or g, r and i (or z) named in the header")
    return [next(plane for name, plane in named if name == band) for band in chosen]


def _only(named: list[tuple[str, Plane]]) -> Plane:
    if len(named) != 1:
        raise ImageError(f"{len(named)} bands in a file of a single one")
    return named[0][1]


def _planes(data: bytes) -> list[tuple[str, Plane]]:
    """Return (band in small letters or empty, pixels) of all images in a file."""
    if not data:
        raise ImageError("empty file")
    plain = _unpacked(data) if data.startswith(b"\x1f\x8b") else data
    if not plain.startswith(b"SIMPLE"):
        raise ImageError("not a FITS file")
    with fits.open(io.BytesIO(plain), memmap=False, lazy_load_hdus=True) as units:
        return [named for unit in units if unit.is_image and len(unit.shape) >= 2 for named in _of_unit(unit)]


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    plain = unpacker.decompress(data, MAX_BYTES)
    if unpacker.unconsumed_tail:
        raise ImageError(f"too large: at most {MAX_BYTES // 2**20} MiB are read")
    return plain


def _of_unit(unit: fits.ImageHDU) -> list[tuple[str, Plane]]:
    """Return the bands in one image of a file; its size is checked by the header before any pixel is read."""
    *more, height, width = unit.shape
    if height * width * int(np.prod(more)) > MAX_PIXELS:
        raise ImageError(f"too large: {unit.shape} pixels, at most {MAX_PIXELS // 10**6} megapixels can be used")
    planes = np.asarray(unit.data, np.float32).reshape(-1, height, width)
    names = _names(unit.header, len(planes))
    return list(zip(names, planes, strict=True))


def _names(header: fits.Header, count: int) -> list[str]:
    """Return the bands that a header names, empty where it names none or not as many."""
    if count == 1:
        values = (str(header.get(key, "")).strip().lower() for key in ("FILTER", "BAND", "EXTNAME"))
        return [next((value for value in values if colours([value, "u", "y"])), "")]
    joined = str(header.get("BANDS", "")).strip().lower()
    names = list(joined) if joined else [str(header.get(f"BAND{number}", "")).lower() for number in range(count)]
    return names if len(names) == count else [""] * count
