"""Files of the storage that what reads them must have on the local disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from datasets.errors import StorageError
from datasets.storage.folders import Folder, open_folder, storage_errors
from datasets.storage.remote_file import RemoteFile
from datasets.storage.trees import files_below

_BLOCK = 2**24
"""Bytes of a file that are asked for at a time."""


def is_file(place: Folder) -> bool:
    """Say whether there is a file, and no folder. Raises StorageError."""
    if place.local is not None:
        return place.local.is_file()
    return not place.names() and place.parent.exists(name_of(place))


def name_of(place: Folder) -> str:
    """Return the last part of where a file or folder is."""
    path = place.uri if place.local is not None else unquote(urlsplit(place.uri).path)
    return path.rpartition("/")[2]


@contextmanager
def local_file(folder: Folder, name: str) -> Iterator[Path]:
    """Give a file of a folder on the local disk; a remote one is fetched, and gone with the block.

    Raises StorageError where it cannot be, and where it is replaced meanwhile.
    """
    where = folder.child(name).uri
    if folder.local is not None:
        yield Path(where)
        return
    with tempfile.TemporaryDirectory(prefix="galaxy-") as scratch:
        local = Path(scratch, name.rpartition("/")[2])
        with storage_errors("read", where, absent_is_error=True):
            before = folder.size(name), folder.modified(name)
            with RemoteFile(where) as source, local.open("wb") as file:
                shutil.copyfileobj(source, file, _BLOCK)
            if (folder.size(name), folder.modified(name)) != before or local.stat().st_size != before[0]:
                raise StorageError(f"cannot read '{where}': it was replaced meanwhile: give the same command again")
        yield local


@contextmanager
def local_place(place: str | Path) -> Iterator[Path]:
    """Give a file, at a path or URI, on the local disk, as `local_file` does; a path becomes absolute."""
    found = open_folder(place)
    if found.local is not None:
        yield found.local
        return
    with local_file(found.parent, name_of(found)) as local:
        yield local


def files_of_a_kind(place: str | Path, suffix: str) -> Iterator[tuple[Path, str]]:
    """Yield the file at a path or URI, or those of a suffix below a folder, sorted; nothing where nothing is there.

    Each is on the local disk, a remote one until the next is asked for, and has beside it what it is called.
    Raises StorageError.
    """
    found = open_folder(place)
    if found.local is not None:
        below = sorted(found.local.rglob(f"*{suffix}")) if found.local.is_dir() else [found.local]
        yield from ((path, str(path)) for path in below if path.is_file())
        return
    if is_file(found):
        with local_place(place) as local:
            yield local, str(place)
        return
    for name in sorted(name for name in files_below(found) if name.endswith(suffix)):
        with local_file(found, name) as local:
            yield local, found.child(name).uri
