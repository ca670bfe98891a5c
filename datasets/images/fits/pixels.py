"""FITS files → the bands of an image of the sky.

A file holds its bands as a cube or as several images, of which weights, masks and the like are left out (see
`science`); or each band is in a file of its own. Pixels without a value are filled from those around them.
"""

import io
import warnings
from collections.abc import Sequence

import numpy as np
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.utils.exceptions import AstropyUserWarning

from datasets.errors import ImageError, first_line
from datasets.images.fits.bad_pixels import mended
from datasets.images.fits.bands import Bands
from datasets.images.fits.units import Science, science
from datasets.images.unpacking import unpacked
from datasets.wording import few

# astropy warns of odd headers, but only the pixels count. A file that ends too early lacks some of them.
warnings.filterwarnings("ignore", category=VerifyWarning)
warnings.filterwarnings("ignore", category=AstropyUserWarning, module=r"astropy\.io\.fits")
warnings.filterwarnings("error", message="File may have been truncated", category=AstropyUserWarning)


def bands_of(files: Sequence[bytes], names: Sequence[str] = ()) -> Bands:
    """Read the bands of an image: all those of one file, or one of each of several, which ``names`` are of.

    Raises:
        ImageError: a file is no FITS file, a damaged or too large one, or there is nothing to see in it.
    """
    try:
        found = [_science(file) for file in files]
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # damage shows as errors of any type, as in other images
        raise ImageError(f"damaged FITS file: {first_line(error)}") from error
    if len(found) > 1 and (several := [len(each.planes) for each in found if len(each.planes) > 1]):
        raise ImageError(f"{several[0]} bands in a file of a single one")
    planes = [plane for each in found for plane in each.planes]
    if len({plane.shape for plane in planes}) != 1:
        raise ImageError(f"bands of different sizes: {few([str(plane.shape) for plane in planes], most=3)}")
    # Of a pixel that is bad in one band the colour is not known.
    filled, notes = mended(planes, np.any([each.bad for each in found], axis=0))
    if all(plane.min() == plane.max() for plane in filled):
        raise ImageError(f"nothing to see: every pixel is {filled[0].flat[0]:g}")
    of_files = names if len(found) > 1 else found[0].names
    said = dict.fromkeys(note for each in found for note in each.notes)
    return Bands(tuple(filled), tuple(of_files), found[0].unit, found[0].survey, (*said, *notes))


def _science(data: bytes) -> Science:
    if not data:
        raise ImageError("empty file")
    plain = unpacked(data)
    if not plain.startswith(b"SIMPLE"):
        raise ImageError("not a FITS file")
    with fits.open(io.BytesIO(plain), memmap=False, lazy_load_hdus=True) as units:
        return science(units)
