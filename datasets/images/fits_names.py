"""What the names of files tell: whether they are FITS, which band they hold, and which belong together."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from datasets.errors import ImageError
from datasets.images.preparing import Content

_SUFFIXES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.fz")
BANDS = "ugrizy"
"""SDSS's and its successors' bands, from short to long wavelengths."""
_COLOURS = ("gri", "grz")
"""Where there are more than three bands, those that are used: SDSS's own choice, then the Legacy Surveys'."""
_BAND = re.compile(rf"(?<![A-Za-z0-9])[{BANDS}](?![A-Za-z0-9])")


def is_fits(name: str) -> bool:
    """Say whether a file's name is that of a FITS file."""
    return name.lower().endswith(_SUFFIXES)


def by_galaxy(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Gather the files of each galaxy: its name → {band: file}, the band empty where the name has none.

    Names that differ in the band alone are of one galaxy: ``a/g7_g.fits``, ``a/g7_r.fits``, ``a/g7_i.fits``, or
    ``frame-g-0012.fits`` and so on. The galaxy's name has a ``*`` in its place. A name whose band has no partner is
    that of a galaxy on its own.
    """
    gathered: dict[str, dict[str, str]] = {}
    for name in names:
        path = PurePosixPath(name)
        bands = list(_BAND.finditer(path.name))
        if len(bands) == 1:
            start, end = bands[0].span()
            key = (path.parent / f"{path.name[:start]}*{path.name[end:]}").as_posix()
            gathered.setdefault(key, {})[bands[0].group()] = name
        else:
            gathered[name] = {"": name}
    galaxies: dict[str, dict[str, str]] = {}
    for key, files in gathered.items():
        galaxies |= {key: files} if len(files) > 1 else {name: {"": name} for name in files.values()}
    return galaxies


def colours(bands: Sequence[str]) -> tuple[str, str, str] | None:
    """Choose the bands for blue, green and red, by wavelength; None where it is not clear which."""
    known = sorted({band for band in bands if band in BANDS and band}, key=BANDS.index)
    if len(known) == 3:
        return known[0], known[1], known[2]
    return next(((*choice,) for choice in _COLOURS if set(choice) <= set(known)), None)


def in_order(bands: Mapping[str, str]) -> list[str]:
    """Return a galaxy's files, {band: file}, from blue to red, or the only one.

    Raises ImageError where it is not clear which they are.
    """
    if len(bands) == 1:
        return list(bands.values())
    chosen = colours(list(bands))
    if chosen is None:
        raise ImageError(f"the bands {', '.join(sorted(bands))}: expected three, or g, r and i")
    return [bands[band] for band in chosen]


def read_content(read: Callable[[str], bytes], names: Sequence[str]) -> Content:
    """Return the image in a file, or that of the FITS files of a galaxy's bands in the order blue, green, red.

    Raises ImageError, as ``read`` does, with the reason where there is none.
    """
    if not is_fits(names[0]):
        return read(names[0])
    from datasets.images.fits_pixels import composite  # astropy takes long to import

    return composite([read(name) for name in names])
