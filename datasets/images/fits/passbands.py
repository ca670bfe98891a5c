"""Photometric bands by their names: which name a text holds, and which of several bands become red, green and blue."""

import re
from collections.abc import Sequence

from datasets.errors import ImageError

_WAVELENGTHS = {
    "fuv": 153,
    "nuv": 231,
    "u": 355,
    "b": 440,
    "g": 475,
    "v": 550,
    "r": 622,
    "i": 763,
    "z": 905,
    "y": 1020,
    "j": 1250,
    "h": 1600,
    "k": 2200,
    "ks": 2200,
    "w1": 3400,
    "w2": 4600,
}
"""Effective wavelengths in nm, rounded: they only put bands in order."""
_SPACE = re.compile(r"f(\d{3})(?:w|lp|m|n|x|w2)")
_WEBB = frozenset({"f070w", "f090w", "f115w", "f150w", "f200w", "f277w", "f356w", "f444w"})
"""Wide filters of JWST alone: beside one of them all numbers are in units of 10 nm."""
_HUBBLE_INFRARED = 170
"""Below this the number of a filter of HST's is in units of 10 nm (F160W), from it on in nm (F814W)."""
_COLOURS = (("g", "r", "i"), ("g", "r", "z"))
"""Where there are more than three bands, those that are used: SDSS's own choice, then the Legacy Surveys'."""
_WORD = re.compile(r"[a-z0-9]+")

NAME = rf"{'|'.join(sorted(_WAVELENGTHS, key=len, reverse=True))}|{_SPACE.pattern}"
"""A regular expression of all names of bands, in small letters."""


def is_band(name: str) -> bool:
    """Say whether a name in small letters is that of a band."""
    return name in _WAVELENGTHS or _SPACE.fullmatch(name) is not None


def band_in(text: str) -> str:
    """Return the band that a header's value names, in small letters, or an empty string.

    ``r DECam SDSS c0002 6415.0``, ``sdss_r``, ``HSC-R``, ``r.MP9601`` and ``F814W`` name one; of several words the
    first that is a band's counts.
    """
    return next((word for word in _WORD.findall(text.lower().replace("'", "")) if is_band(word)), "")


def by_wavelength(names: Sequence[str]) -> list[str]:
    """Return bands from short to long wavelengths."""
    webb = not _WEBB.isdisjoint(names)

    def wavelength(name: str) -> int:
        space = _SPACE.fullmatch(name)
        if space is None:
            return _WAVELENGTHS[name]
        number = int(space[1])
        return 10 * number if webb or number < _HUBBLE_INFRARED else number

    return sorted(names, key=wavelength)


def choose(names: Sequence[str], wanted: Sequence[str] = ()) -> tuple[int, ...]:
    """Return the places of the bands for red, green and blue among ``names``, or of the only one, for grey.

    Args:
        names: the band of each image in small letters, empty where it is not known.
        wanted: names or places of the bands to take, red first; those that are not there are no error.

    Raises:
        ImageError: it is not clear which they are; names what there is.
    """
    found = [place(name, names) for name in wanted] if all(wanted) else []
    if found and None not in found:
        return tuple(each for each in found if each is not None)
    if len(names) == 1:
        return (0,)
    known = by_wavelength([name for name in dict.fromkeys(names) if is_band(name)])
    if len(names) == 3 and len(known) < 3:
        return (2, 1, 0)
    chosen = known if len(known) == 3 else next((list(each) for each in _COLOURS if set(each) <= set(known)), None)
    if chosen is None:
        said = f"the bands {', '.join(known)}" if len(known) == len(names) else f"{len(names)} bands"
        raise ImageError(
            f"{said}: expected one or three, or g, r and i; `galaxy import --bands` says which are red, green and blue"
        )
    return tuple(list(names).index(name) for name in reversed(chosen))


def place(name: str, names: Sequence[str]) -> int | None:
    """Return the place among ``names`` of a band, named or by its place; None where there is none."""
    if name in names:
        return list(names).index(name)
    return int(name) if name.isdigit() and int(name) < len(names) else None
