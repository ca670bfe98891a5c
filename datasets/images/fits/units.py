"""Which images in a FITS file are of the sky, which of their pixels are bad, and which band each is of.

A file may hold weights, errors, masks and models beside the science: they are told by their ``EXTNAME``,
``HDUCLAS1``/``HDUCLAS2`` or GALFIT's ``OBJECT``, and masks without a name by being the same over large areas where the
science is not.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from datasets.errors import ImageError
from datasets.images.fits.bands import Plane
from datasets.images.fits.magnitudes import TURNED, is_magnitudes, light_of_magnitudes
from datasets.images.fits.passbands import band_in
from datasets.images.preparing import MAX_PIXELS
from datasets.wording import few

_BAD_PIXELS = frozenset({"DQ", "BPM", "BADPIX", "QUALITY"})
_MASKS = frozenset({"MASK", "MSK", "MASKBITS", "FLAG", "FLAGS"})
_OTHERS = (
    _BAD_PIXELS
    | _MASKS
    | {
        *("WHT", "WEIGHT", "WEIGHTS", "WGT", "WT", "CTX", "CON", "CONTEXT"),
        *("COVERAGE", "COV", "DEPTH", "AREA", "SAMP", "MDRIZSKY"),
        *("ERR", "ERROR", "ERRORS", "IVAR", "INVVAR", "IVM", "VAR", "VARIANCE", "UNC", "UNCERT", "UNCERTAINTY"),
        *("STD", "STDDEV", "SIGMA", "RMS", "NOISE", "CHI", "CHI2", "PROB", "MSE"),
        *("SEG", "SEGM", "SEGMENTATION", "LABELS", "OBJMASK", "MODEL", "RESID", "RESIDUAL", "RESIDUALS"),
        *("PSF", "PSFEX", "EXP", "EXPOSURE", "NEXP", "TIM", "TIME", "BKG", "BACK", "BACKGROUND", "SKY"),
    }
)
"""Words in the names of what is no picture of the sky, as STScI, ESO, DES, the Legacy Surveys and HSC have them, also
with ``MAP`` behind them."""
_GALFIT = frozenset({"model", "residual map"})
"""What GALFIT calls the images that it writes behind a galaxy's."""
_FLAT = 0.9
"""Share of neighbours that are equal, from which on an image may be a mask."""
_NOISY = 0.5
_OPPOSITE = -0.3
"""Rank correlation below which two images cannot be bands of one sky."""
_BANDS_AXIS = 16
"""The longest axis that is taken for that of the bands."""
_MOST_FLAGGED = 0.3
"""Flags of more pixels than this share are no list of bad ones: many a flag is harmless."""
_AREA = 5
"""Side in pixels of an area that a mask may not cover wholly: it may be of the galaxies, as HSC's is."""
ONE_OF_SEVERAL = "weights, errors, masks or models beside the image: left out"
UNUSED_FLAGS = "flags or masks of many pixels, or of whole areas: not taken for bad pixels"
_FILTERS = ("FILTER", "FILTER1", "FILTER2", "FILTNAM1", "FILTERS", "BAND", "EXTNAME")


@dataclass(frozen=True)
class Science:
    """What a file holds of the sky: planes, (height, width) each, their bands, and where pixels are bad."""

    planes: tuple[Plane, ...]
    names: tuple[str, ...]
    bad: npt.NDArray[np.bool_]
    unit: str
    survey: str
    notes: tuple[str, ...]


def science(units: fits.HDUList) -> Science:
    """Return the images of the sky in an opened file.

    Raises:
        ImageError: there is none, they are of different sizes, or it is not clear which axis is that of the bands.
    """
    images = [unit for unit in units if unit.is_image and len(unit.shape) >= 2]
    sky = [unit for unit in images if not _words(unit.header) & _OTHERS]
    _check_size(sky)
    read = [(unit, _planes(unit)) for unit in sky]
    pictures = _without_masks(read)
    if not pictures:
        raise ImageError(f"no image of the sky: expected one, found {_found(units)}")
    planes = [plane for _, of_unit in pictures for plane in of_unit]
    shapes = list(dict.fromkeys(plane.shape for plane in planes))
    if len(shapes) > 1:
        raise ImageError(f"bands of different sizes: {few(list(map(str, shapes)), most=3)}")
    primary = units[0].header
    names = [name for unit, of_unit in pictures for name in _names(unit.header, len(of_unit), primary, len(pictures))]
    if len(pictures) == 3 and not any(names) and _oppose(planes):
        raise ImageError(
            "3 images without names that are no bands of one sky: name each in its header, EXTNAME or FILTER"
        )
    bad, unused = _flagged(images, planes[0].shape)
    headers = [pictures[0][0].header, primary]
    left_out = (ONE_OF_SEVERAL,) if len(pictures) < len(images) else ()
    notes, unit = (*left_out, *unused), _value(headers, "BUNIT")
    if is_magnitudes(unit):
        planes, unit, notes = list(map(light_of_magnitudes, planes)), f"light of {unit}", (*notes, TURNED)
    return Science(tuple(planes), tuple(names), bad, unit, _value(headers, "SURVEY"), notes)


def _check_size(images: Iterable[fits.ImageHDU]) -> None:
    """Refuse by the headers what is too large, before any pixel is read."""
    pixels = 0
    for unit in images:
        pixels += int(np.prod(unit.shape, dtype=object))
        if pixels > MAX_PIXELS:
            raise ImageError(f"too large: {unit.shape} pixels, at most {MAX_PIXELS // 10**6} megapixels can be used")


def _words(header: fits.Header) -> set[str]:
    """Return the words for what a header says its image is, in capitals, also without numbers or ``MAP`` at the end."""
    kinds = {"DATA": "", "QUALITY": "DQ", "IMAGE": ""}
    said = [_text(header, "EXTNAME")]
    said += [text for text in [_text(header, "OBJECT")] if text.lower() in _GALFIT]
    said += [kinds.get(kind, kind) for kind in (_text(header, f"HDUCLAS{n}").upper() for n in (1, 2))]
    words = {word for text in said for word in re.split(r"[^A-Z0-9]+", text.upper()) if word}
    return words | {word.rstrip("0123456789").removesuffix("MAP") for word in words}


def _planes(unit: fits.ImageHDU) -> list[Plane]:
    """Return the planes of an image, the bands first, whichever axis they are in; axes of length 1 do not count."""
    data = np.asarray(unit.data)
    if "BLANK" in unit.header and data.dtype.kind in "iu":
        blank = unit.header["BLANK"] * unit.header.get("BSCALE", 1) + unit.header.get("BZERO", 0)
        data = np.where(data == blank, np.nan, data)
    whole = data.reshape([length for length in data.shape if length > 1] or [1, 1])
    if whole.ndim < 2:
        whole = data.reshape(data.shape[-2:])
    if whole.ndim > 3:
        raise ImageError(f"axes {data.shape}: expected height, width and one for the bands")
    if whole.ndim == 3:
        front, height, back = whole.shape
        if not min(front, back) <= min(_BANDS_AXIS, height - 1) or front == back:
            raise ImageError(f"axes {data.shape}: expected a short one, first or last, of a few bands")
        whole = whole if front < back else np.moveaxis(whole, 2, 0)
    with np.errstate(over="ignore", invalid="ignore"):  # what is beyond 32 bits has no value
        return [np.ascontiguousarray(plane, np.float32) for plane in whole.reshape(-1, *whole.shape[-2:])]


def _without_masks(read: Sequence[tuple[fits.ImageHDU, list[Plane]]]) -> list[tuple[fits.ImageHDU, list[Plane]]]:
    """Leave out images without a band's name that are the same over large areas where another one is not."""
    flat = [max(map(_flatness, planes)) for _, planes in read] if len(read) > 1 else []
    if not any(share < _NOISY for share in flat):
        return list(read)
    return [
        each
        for each, share in zip(read, flat, strict=True)
        if share < _FLAT or len(each[1]) > 1 or any(_own_names(each[0].header))
    ]


def _flatness(plane: Plane) -> float:
    """Return the share of pixels that equal the next one, of those that have a value; 0 where none has."""
    has = np.isfinite(plane[:, 1:])
    return float((plane[:, 1:] == plane[:, :-1])[has].mean()) if has.any() else 0.0


def _oppose(planes: Sequence[Plane]) -> bool:
    """Say whether one image is dark where another is bright, as weights are where a galaxy is."""
    light = np.stack([plane.ravel() for plane in planes]).astype(np.float64)
    light = light[:, np.isfinite(light).all(axis=0)]
    ranks = light.argsort(axis=1).argsort(axis=1)
    return light.shape[1] > 1 and bool(np.corrcoef(ranks).min() < _OPPOSITE)


def _own_names(header: fits.Header) -> list[str]:
    return [band_in(_text(header, key)) for key in _FILTERS]


def _names(header: fits.Header, count: int, primary: fits.Header, images: int) -> list[str]:
    """Return the bands that a header names, empty where it names none, or not as many."""
    if count == 1:
        own = next(filter(None, _own_names(header)), "")
        return [own or (next(filter(None, _own_names(primary)), "") if images == 1 else "")]
    for source in (header, primary):
        joined = _text(source, "BANDS").lower()
        parts = re.split(r"[\s,;]+", joined)
        numbered = [_text(source, f"BAND{n}") or _text(source, f"FILTER{n}") for n in range(count)]
        counted = [_text(source, f"BAND{n}") or _text(source, f"FILTER{n}") for n in range(1, count + 1)]
        for names in (parts, list(joined), numbered, counted):
            bands = [band_in(name) for name in names]
            if len(bands) == count and all(bands) and len(set(bands)) == count:
                return bands
    return [""] * count


def _flagged(images: Iterable[fits.ImageHDU], shape: tuple[int, ...]) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Return where flags of the size of the image say that pixels are bad, and a note where they say it of too many."""
    bad = np.zeros(shape, np.bool_)
    notes: tuple[str, ...] = ()
    for unit in images:
        words = _words(unit.header)
        if words & (_BAD_PIXELS | _MASKS) and unit.shape == shape:
            flags = np.asarray(unit.data)
            flagged = np.isfinite(flags) & (flags != 0)
            if flagged.mean() > _MOST_FLAGGED or (not words & _BAD_PIXELS and _covers_area(flagged)):
                notes = (UNUSED_FLAGS,)
            else:
                bad |= flagged
    return bad, notes


def _covers_area(flagged: npt.NDArray[np.bool_]) -> bool:
    if min(flagged.shape) < _AREA:
        return False
    areas = np.lib.stride_tricks.sliding_window_view(flagged, (_AREA, _AREA))
    return bool(areas.all(axis=(2, 3)).any())


def _value(headers: Iterable[fits.Header], key: str) -> str:
    return next(filter(None, (_text(header, key) for header in headers)), "")


def _text(header: fits.Header, key: str) -> str:
    """Return a header's value as text, empty where there is none, or a damaged one: no pixel depends on it."""
    try:
        return str(header.get(key, "")).strip()
    except fits.VerifyError:
        return ""


def _found(units: fits.HDUList) -> str:
    """Say what there is in a file, a few of it."""
    kinds = [f"{unit.name or 'unnamed'} ({'image' if unit.is_image else 'table'})" for unit in units]
    more = f" and {len(kinds) - 4} more" if len(kinds) > 4 else ""
    return ", ".join(kinds[:4]) + more
