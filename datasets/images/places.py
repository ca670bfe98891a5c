"""An image file wherever it lies, on a local disk or at a URI of any storage, read whole."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from datasets.errors import ImageError, StorageError
from datasets.images.file_names import as_path, suffix_of
from datasets.images.fits.names import read_content
from datasets.images.preparing import Content
from datasets.images.reading import MAX_BYTES, check_size, read_file
from datasets.storage.folders import open_folder
from datasets.storage.remote import with_path

_URI = re.compile(r"(?!https?://)[A-Za-z][A-Za-z0-9+.-]+://", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_USUAL = (".jpg", ".png", ".jpeg", ".fits", ".JPG", ".tif", ".webp")
"""Suffixes that are tried where a table names images without one."""
_follows = True
"""Whether what a table names is read."""


def follow_nothing() -> None:
    """From now on read nothing that a table names: for a process that reads what strangers send."""
    global _follows
    _follows = False


def is_uri(value: str) -> bool:
    """Say whether a text is a URI of a storage, such as ``s3://bucket/a.jpg``; no path on a disk begins so."""
    return _URI.match(value) is not None


def read_place(place: str) -> bytes:
    """Return the file at a path or URI, whole.

    Raises ImageError with the reason where that is impossible; what the storage refuses is its cause, a StorageError.
    """
    if not _follows:
        raise ImageError("not read: what tables name is not followed here; upload the image itself")
    if not is_uri(place):
        return read_file(Path(place))
    try:
        folder = open_folder(place)
        if folder.local is not None:
            return read_file(folder.local)
        data = folder.parent.read(unquote(urlsplit(folder.uri).path.rpartition("/")[2]), most=MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ImageError("no such file") from error
    except StorageError as error:
        reason = str(error).partition("': ")[2]
        raise ImageError(f"cannot be read: {reason or error}") from error
    check_size(len(data))
    return data


@dataclass(frozen=True)
class Naming:
    """How a table's cells name image files: a URI, or a path from the table's ``folder`` or else from ``here``.

    Both are absolute paths or URIs. A path without the suffix of an image may lack a usual one.
    """

    folder: str
    here: str | None = None

    def places(self, value: str) -> tuple[str, ...]:
        """Return where the image that a cell names may lie, the likeliest first."""
        if is_uri(value):
            return (value,)
        path = as_path(value)
        names = [path, *([] if suffix_of(path) else (f"{path}{suffix}" for suffix in _USUAL))]
        first, *more = [_below(self.folder, name) for name in names]
        return (first, *([_below(self.here, path)] if self.here is not None else []), *more)

    def content(self, value: str) -> Content:
        """Return the image that a cell names. Raises ImageError as `read_place` and `read_content` do."""
        name = value.strip()
        if not name:
            raise ImageError("no path in this row")
        *likelier, last = self.places(name)
        for place in likelier:
            try:
                return read_content(read_place, [place])
            except ImageError as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise
        if _WEB.match(name):
            raise ImageError("nothing is fetched from the web: download it, or copy it to a storage")
        return read_content(read_place, [last])


def _below(folder: str, path: str) -> str:
    if path.startswith("/") or is_uri(path):
        return path
    if not is_uri(folder):
        return str(Path(folder, path))
    parts = urlsplit(folder)
    return with_path(parts, f"{parts.path.rstrip('/')}/{quote(path)}")
