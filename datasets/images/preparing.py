"""One image file → square RGB pixels, or the reason why not.

Import and classification both decode here, so that a network sees a galaxy the same way in both.
"""

import io
import re
import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import (
    BmpImagePlugin,  # noqa: F401 - the plugins register their formats
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from datasets.errors import ImageError, first_line
from datasets.images.blankness import is_blank, is_burnt, is_readable, shade
from datasets.images.fits.bands import Bands
from datasets.images.fits.compositing import doubts, light_of, pictured
from datasets.images.fits.stretch import Stretch
from datasets.images.fits.stretching import Sample, choose_stretch

Content = bytes | npt.NDArray[np.uint8] | Bands
"""A whole image file, or what a source holds: pixels, uint8 (height, width, 3), RGB, or (height, width), grey; or light
in bands."""
MAX_PIXELS = 64_000_000
"""A header that promises more is refused before any pixel is decoded; the largest cut-outs have a few million."""
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".bmp", ".webp"})
"""Suffixes, in small letters, of the files that are looked at where a folder may hold anything."""
OVERSAMPLING = 1.5
"""A JPEG is decoded at 1/2, 1/4 or 1/8 of its size while that leaves this many pixels a side for each pixel kept.

libjpeg then computes only the low frequencies, nearly twice as fast. On 232-pixel galaxies at 64 pixels the result
differs by 0.53 of 255 grey levels (root mean square, no bias) from that of the whole image: about as much as a bicubic
kernel's does from the Lanczos kernel's.
"""

# PostScript, which Pillow opens by running another program, and formats without 8-bit pictures are left out.
FORMATS = ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP")
_FITS = (b"SIMPLE  =", b"\x1f\x8b", b"BZh")
"""How a FITS file begins, plain or compressed; no image file does."""
_BITS = TiffImagePlugin.BITSPERSAMPLE
_DEEP = re.compile(r"(?<!BGR);(?:16|32|64)")
_NOTES = {
    "RGB": (),
    "RGBA": (),
    "RGBa": (),
    **dict.fromkeys(("1", "L", "LA", "La"), ("grey image: no colour to go by",)),
    **dict.fromkeys(("P", "PA"), ("palette image: colours are rounded",)),
    "CMYK": ("CMYK image: colours were changed for print",),
}
_TRANSPARENT = "image with a transparency layer: laid over black"
NO_BANDS = "a picture, and others of the dataset or of the model's training are FITS bands: colours do not compare"
UNSTRETCHED = "FITS bands, and the model's images had none: stretched as SDSS's are, which may not suit"
SELF_STRETCHED = "FITS bands, and the model's images had none: stretched by themselves, as SDSS's stretch shows nothing"

# Pillow warns of odd metadata without naming the file, but only the pixels count.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
# Pillow warns of an image that may be a decompression bomb; an error can be reported in one line.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class DecodedImage:
    """An image as networks see it.

    Attributes:
        pixels: uint8, (image_size, image_size, 3), RGB.
        source_size: (height, width) of the source in pixels, the right way up, before the crop.
        notes: what its conversion to RGB lost, in words for the user; empty for an RGB image.
    """

    pixels: npt.NDArray[np.uint8]
    source_size: tuple[int, int]
    notes: tuple[str, ...]


def decode(content: Content, *, crop: float, image_size: int, stretch: Stretch | None = None) -> DecodedImage:
    """Decode an image, crop it to its central square and resample that with an antialiasing Lanczos kernel.

    The orientation that a camera noted (EXIF) is honoured. Grey, palette and CMYK images are converted to RGB, and
    transparent ones laid over black, with a note each. Safe to call from several threads.

    Args:
        content: the whole file, of an image or FITS, or the pixels, the right way up, or bands.
        crop: side of the square as a fraction of the image's shorter side, above 0 to 1.
        image_size: side of the result in pixels.
        stretch: makes a picture of bands; None: that of SDSS's images, as astropy has it.

    Raises:
        ImageError: with the reason: empty, not an image, truncated, animated, more than 8 bits a channel, too large,
            nothing on it.
    """
    bands = bands_in(content)
    if bands is None:
        image = _picture(content, crop, image_size)
        image = image if stretch is None else replace(image, notes=(*image.notes, NO_BANDS))
    else:
        image = _composed(bands, crop, image_size, stretch)
    if is_blank(image.pixels):
        raise ImageError(f"nothing to see: every pixel is {shade(image.pixels)}")
    return image


def _picture(content: Content, crop: float, image_size: int) -> DecodedImage:
    if isinstance(content, np.ndarray):
        if content.dtype != np.uint8 or content.shape[2:] not in {(3,), ()} or not content.size:
            raise ImageError(f"expected pixels uint8 (height, width, 3), found {content.dtype} {content.shape}")
        return _decoded(Image.fromarray(content), crop, image_size)
    if not content:
        raise ImageError("empty file")
    assert isinstance(content, bytes)  # what bands there are have been found
    try:
        with _opened(content) as image:
            return _decoded(image, crop, image_size)
    except ImageError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(f"too large: at most {MAX_PIXELS // 10**6} megapixels can be used") from error
    except Exception as error:  # a damaged file can fail anywhere in a decoder, with any type
        raise ImageError(_damage(error)) from error


def bands_in(content: Content) -> Bands | None:
    """Return the bands of a FITS file, or those that a source holds; None for anything else. Raises ImageError."""
    if isinstance(content, bytes) and content.startswith(_FITS):
        from datasets.images.fits.pixels import bands_of  # astropy takes long to import

        return bands_of([content])
    return content if isinstance(content, Bands) else None


def _composed(bands: Bands, crop: float, image_size: int, stretch: Stretch | None) -> DecodedImage:
    """Make a picture of bands: by a stretch; without one by that of SDSS, or where it shows nothing by their own."""
    if stretch is not None:
        return _stretched(bands, crop, image_size, stretch)
    from datasets.images.fits.sdss_stretch import composite  # astropy takes long to import

    chosen = bands.chosen()
    image = _decoded(Image.fromarray(composite(chosen.planes)), crop, image_size)
    if is_readable(image.pixels):
        return replace(image, notes=(*chosen.notes, UNSTRETCHED))
    own = choose_stretch([Sample(bands, crop=crop, image_size=image_size)])
    if own is None:
        raise ImageError("nothing to see: every pixel of the part that is looked at is the same")
    image = _stretched(bands, crop, image_size, own)
    return replace(image, notes=(*image.notes, SELF_STRETCHED))


def _stretched(bands: Bands, crop: float, image_size: int, stretch: Stretch) -> DecodedImage:
    chosen = bands.chosen(stretch.bands)
    light = light_of(chosen, crop=crop, image_size=image_size)
    image = DecodedImage(pictured(light, stretch), bands.size, (*chosen.notes, *doubts(chosen, light, stretch)))
    if is_blank(image.pixels) or is_burnt(image.pixels):
        low, high = min(plane.min() for plane in chosen.planes), max(plane.max() for plane in chosen.planes)
        found = f"pixels from {low:.3g} to {high:.3g} {bands.unit}".rstrip()
        raise ImageError(f"nothing to see at the stretch of the dataset ({stretch}): {found}")
    return image


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        if data.startswith(b"version https://git-lfs"):
            raise ImageError("what Git LFS has in the place of an image: `git lfs pull` gets it") from error
        raise ImageError(f"not an image, or none that can be read: expected an 8-bit {', '.join(FORMATS)}") from error
    _check(image)
    return image


def _check(image: Image.Image) -> None:
    """Refuse by the header what cannot be used, before pixels are decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"too large: {image.width} × {image.height} pixels, at most {MAX_PIXELS // 10**6} megapixels can be used"
        )
    # An MPO is a photograph with previews or a second view behind it; the first picture is the photograph.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise ImageError("animated, or of several pages: save one picture of it as an image of its own")
    if image.format in {"JPEG", "MPO"}:  # Pillow knows those of 8 bits alone
        return
    layout = " ".join(str(tile.args) for tile in getattr(image, "tile", ()))
    # Where the bands of a TIFF lie one behind the other, Pillow forgets their depth and reads noise.
    is_deep = isinstance(image, TiffImagePlugin.TiffImageFile) and max(image.tag_v2.get(_BITS, (1,))) > 8
    if is_deep or image.mode in {"I", "F"} or image.mode.startswith("I;") or _DEEP.search(layout):
        raise ImageError(
            "more than 8 bits a channel: its brightness scale is unknown; stretch it to 8 bits as you want it seen"
        )


def _decoded(image: Image.Image, crop: float, image_size: int) -> DecodedImage:
    width, height = image.size
    scale = _reduce(image, OVERSAMPLING * image_size / crop)
    image.load()
    orientation = _orientation(image)
    rgb, notes = _as_rgb(image)
    # A centred square stays the same part of the image however it is turned: turn only what is left of it.
    square = rgb.resize((image_size, image_size), Image.Resampling.LANCZOS, _central(width, height, crop, scale))
    if orientation > 1:
        square.info = {}  # else all that the camera noted is written again, where odd notes fail
        square.getexif()[ExifTags.Base.Orientation] = orientation
        ImageOps.exif_transpose(square, in_place=True)
    return DecodedImage(np.array(square), (width, height) if orientation > 4 else (height, width), notes)


def _orientation(image: Image.Image) -> int:
    """Return how a camera was held, 1–8 (Exif 2.32, tag 274): 1 is upright, above 4 on its side.

    Damaged notes of the camera must not cost the image.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # Pillow's reading of EXIF fails with any type
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _reduce(image: Image.Image, needed: float) -> int:
    """Have a JPEG decoded at a fraction of its size that leaves ``needed`` pixels a side; return the divisor."""
    scale = next((scale for scale in (8, 4, 2) if min(image.size) >= scale * needed), 1)
    if scale == 1 or image.format not in {"JPEG", "MPO"}:
        return 1
    drafted = image.draft(None, (image.width // scale, image.height // scale))
    return scale if drafted else 1


def _central(width: int, height: int, crop: float, scale: int) -> tuple[float, float, float, float]:
    """Return the box (left, top, right, bottom) of the central square in an image reduced by ``scale``."""
    side = crop * min(width, height) / scale
    left, top = (width / scale - side) / 2, (height / scale - side) / 2
    return left, top, min(left + side, width / scale), min(top + side, height / scale)


def _as_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert to RGB and say what that lost."""
    notes = _NOTES.get(image.mode, (f"image of mode {image.mode}: converted to RGB",))
    if not image.has_transparency_data:
        return (image if image.mode == "RGB" else image.convert("RGB")), notes
    layer = image.convert("RGBA")
    if layer.getchannel("A").getextrema() == (255, 255):  # nothing shines through
        return layer.convert("RGB"), notes
    black = Image.new("RGBA", layer.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, layer).convert("RGB"), (*notes, _TRANSPARENT)


def _damage(error: Exception) -> str:
    """Put what a decoder raised into one line."""
    if isinstance(error, MemoryError):
        return "needs more memory than is free"
    text = first_line(error)
    if "truncated" in text.lower():
        return "truncated: the file ends before the image does"
    return f"damaged: {text}"
