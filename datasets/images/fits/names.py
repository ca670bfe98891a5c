"""What the names of files tell: whether they are FITS, which band they hold, and which belong together."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from datasets.images.fits.passbands import NAME, by_wavelength, choose, is_band
from datasets.images.preparing import Content

_SUFFIX = re.compile(r"\.(?:fits?|fts)(?:\.(?:gz|bz2|fz))?\Z", re.IGNORECASE)
_WORD = re.compile(rf"(?<![A-Za-z0-9])(?:{NAME}|[a-z])(?![A-Za-z0-9])", re.IGNORECASE)


def is_fits(name: str) -> bool:
    """Say whether a file's name is that of a FITS file, compressed or not."""
    return _SUFFIX.search(name) is not None


def plain_stem(name: str) -> str:
    """Return a path without the suffix of its file, all of it where it is that of a FITS file."""
    match = _SUFFIX.search(name)
    if match is not None:
        return name[: match.start()]
    stem, _, suffix = name.rpartition(".")
    return name if "/" in suffix or not stem else stem


def by_galaxy(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Gather the files of each galaxy: its name → {band: file}, from blue to red, the band empty where it is one.

    Names that differ in the band alone are of one galaxy: ``a/g7_g.fits``, ``a/g7_r.fits``, ``a/g7_i.fits``,
    ``frame-g-0012.fits`` and so on, ``x_f606w.fits`` and so on, or ``a/g/7.fits``, ``a/r/7.fits``, ``a/i/7.fits``. The
    galaxy's name has a ``*`` in its place. A name whose band has no partner is that of a galaxy on its own, and where
    letters that are no bands' stand in the same place (``a.fits``, ``b.fits`` …) they all are.
    """
    found = {name: _places(name) for name in names}
    letters = {key for places in found.values() for key, word in places if not is_band(word)}
    gathered: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, places in found.items():
        for key, word in places:
            if key not in letters:
                gathered[key].setdefault(word, name)
    galaxies: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, places in found.items():
        shared = [place for place in places if gathered[place[0]].get(place[1]) == name]
        key, band = max(shared, key=lambda place: len(gathered[place[0]]), default=(name, ""))
        if len(gathered[key]) > 1:
            galaxies[key][band] = name
        else:
            galaxies[name] = {"": name}
    return {key: {band: files[band] for band in _in_order(files)} for key, files in galaxies.items()}


def _places(name: str) -> list[tuple[str, str]]:
    """Return (name with a ``*`` for a word, the word in small letters) for all that may be bands, folders too."""
    *folders, file = name.split("/")
    found = [match.span() for match in _WORD.finditer(name, len(name) - len(file))]
    start = 0
    for part in folders:
        if _WORD.fullmatch(part):
            found.append((start, start + len(part)))
        start += len(part) + 1
    return [(f"{name[:start]}*{name[end:]}", name[start:end].lower()) for start, end in found]


def _in_order(files: Mapping[str, str]) -> list[str]:
    return by_wavelength(list(files)) if "" not in files else list(files)


def read_content(read: Callable[[str], bytes], names: Sequence[str], bands: Sequence[str] = ()) -> Content:
    """Return the image in a file, or the bands in FITS files, each of which is of one of ``bands``.

    Raises ImageError, as ``read`` does, with the reason where there is none.
    """
    return band_content(read, names, bands) if is_fits(names[0]) else read(names[0])


def band_content(read: Callable[[str], bytes], names: Sequence[str], bands: Sequence[str] = ()) -> Content:
    """Return the bands in FITS files, whatever their names. Raises ImageError where there are none."""
    from datasets.images.fits.pixels import bands_of  # astropy takes long to import

    return bands_of([read(name) for name in names], bands)


def galaxy_of(files: Mapping[str, str], wanted: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Return a galaxy's files and their bands, as ``read_content`` takes them.

    Raises ImageError where it is not clear which are red, green and blue; see `choose`.
    """
    if len(files) > 1:
        choose(list(files), wanted)
    return list(files.values()), list(files)
