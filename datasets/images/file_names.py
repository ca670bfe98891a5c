"""Names of image files as people write them: without a suffix, in other letters, with backslashes, as URLs."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import unquote, urlsplit

from datasets.errors import ImageError
from datasets.images.fits.names import is_fits
from datasets.images.preparing import SUFFIXES
from datasets.wording import few

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SUFFIX = re.compile(r"(?<=.)\.(?:(?:fits?|fts)(?:\.\w+)?|\w+)\Z", re.IGNORECASE)
_BAND = re.compile(r"[-_.]?\*")


def as_path(value: str) -> str:
    """Return a path or URL with ``/`` between its parts."""
    path = value.strip()
    if _URL.match(path):
        path = unquote(urlsplit(path).path)
    return path.replace("\\", "/")


class SpelledNames:
    """Names or paths of files, to be found as `asked` spells them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find(self, wanted: str) -> str | None:
        """Return the name that is this one, or else the only one of its spelling; None where there is none.

        Raises ImageError where there are several.
        """
        if wanted in self._names:
            return wanted
        found = next((self._spelled[key] for key in asked(wanted) if key in self._spelled), None)
        if isinstance(found, list):
            raise ImageError(f"may be {few(sorted(found), most=2)}")
        return found

    @cached_property
    def _spelled(self) -> dict[str, str | list[str]]:
        """The names by their spellings, in a list where several have one: of a million, few do."""
        spelled: dict[str, str | list[str]] = {}
        for name in self._names:
            for spelling in spellings(name):
                known = spelled.setdefault(spelling, name)
                if known is not name:
                    spelled[spelling] = [*(known if isinstance(known, list) else [known]), name]
        return spelled


def spellings(name: str) -> Iterator[str]:
    """Yield what a file is known by: its name, and an image's with a suffix in small letters, and without one.

    The name of a galaxy of several bands is known without the ``*``, too. Accents are one character each: archives of
    macOS have them apart.
    """
    name = _composed(name)
    yield name
    suffix = suffix_of(name)
    if "*" in name and suffix:
        yield _BAND.sub("", name[: -len(suffix)])
    elif suffix:
        if not suffix.islower():
            yield name[: -len(suffix)] + suffix.lower()
        yield name[: -len(suffix)]


def asked(name: str) -> tuple[str, ...]:
    """Return the spellings by which a file is looked for."""
    name = _composed(name)
    suffix = suffix_of(name)
    return (name, name[: -len(suffix)] + suffix.lower()) if suffix and not suffix.islower() else (name,)


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def suffix_of(name: str) -> str:
    """Return an image's suffix; nothing for other names, such as ``J000411.19+020924.0``."""
    end = _SUFFIX.search(name)
    suffix = end.group() if end else ""
    return suffix if suffix.lower() in SUFFIXES or is_fits(suffix) else ""
