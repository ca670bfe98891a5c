"""Where a dataset is built until it is complete, and how it gets into its place."""

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from datasets.arrow.description import FILE
from datasets.arrow.tables import is_shard
from datasets.errors import SourceError, StorageError
from datasets.importing.quarantine import FILE as QUARANTINE
from datasets.storage.folders import Folder, storage_errors
from datasets.storage.node_cache import cache_folder


@contextmanager
def building_place(folder: Folder) -> Iterator[Path]:
    """Make a new directory to build in, removed where it is left.

    It is beside a local target, so that it can be renamed, and in the node's cache for any other. What a killed process
    could not remove, the next one to the same target does.
    """
    target = folder.local
    if target is None:
        folder.check_writable()
        target = cache_folder() / "imports" / hashlib.sha256(folder.uri.encode()).hexdigest()[:32]
    with storage_errors("write", target, absent_is_error=True):
        _sweep(target)
        place, lock = _locked_place(target)
        try:
            yield place
        except BaseException:
            _forget_if_empty(folder)
            raise
        finally:
            shutil.rmtree(place, ignore_errors=True)
            os.close(lock)


def _locked_place(target: Path) -> tuple[Path, int]:
    """Make the directory and lock it as long as this process lives; it gets its name when it is locked already."""
    token = token_hex(4)
    place, unlocked = target.with_name(f"{_prefix(target)}{token}"), target.with_name(f".{target.name}.new-{token}")
    unlocked.mkdir(parents=True)
    handle = os.open(unlocked, os.O_RDONLY)
    try:
        _lock(handle)
        unlocked.rename(place)
    except BaseException:
        os.close(handle)
        unlocked.rmdir()
        raise
    return place, handle


def _sweep(target: Path) -> None:
    """Remove what killed imports of the same target have left: the directories that nobody locks any more."""
    for place in target.parent.glob(f"{glob.escape(_prefix(target))}*"):
        with contextlib.suppress(OSError):
            handle = os.open(place, os.O_RDONLY)
            try:
                if _lock(handle):
                    shutil.rmtree(place)
            finally:
                os.close(handle)


def _lock(handle: int) -> bool:
    """Lock a directory, if nobody has and the file system can; say whether it is locked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _prefix(target: Path) -> str:
    return f".{target.name}.importing-"


def check_free(folder: Folder) -> None:
    """Raise SourceError where a dataset cannot come to be, because something is there."""
    remains = folder.local is None and all(_is_part(name) for name in folder.names())
    if folder.exists() and not remains:
        raise SourceError(f"'{folder.uri}' exists already: give a new place for the dataset, or remove it first")


def publish(place: Path, folder: Folder) -> None:
    """Put a complete dataset in its place. Raises OSError or StorageError where something has come to be there.

    Elsewhere than on the local disk two imports to one place at the same time are found out only when the second ends;
    where their images differ, the checksums then tell that the dataset is of two.
    """
    if folder.local is not None:
        place.rename(folder.local)
        return
    names = sorted(path.name for path in place.iterdir() if path.name != FILE)
    try:
        for name in names:
            folder.write_whole(name, (place / name).read_bytes())
        there = set(folder.names())
        for left in there - {*names, FILE}:  # by an import that was killed
            folder.delete(left)
        # The description makes a dataset of the files: it comes last.
        if not there.issuperset(names) or not folder.create(FILE, (place / FILE).read_bytes()):
            raise StorageError(f"cannot write '{folder.uri}': another import has written there meanwhile; try again")
    except BaseException:
        _withdraw(folder, names)
        raise


def _withdraw(folder: Folder, names: list[str]) -> None:
    """Remove what was uploaded, as far as the storage lets us, unless it has become a dataset."""
    with contextlib.suppress(StorageError):
        if not folder.exists(FILE):
            for name in names:
                folder.delete(name)


def _forget_if_empty(folder: Folder) -> None:
    """Remove the mark that an object store may keep of a folder whose files are gone."""
    with contextlib.suppress(StorageError):
        if folder.local is None and not folder.names():
            folder.delete_tree()


def _is_part(name: str) -> bool:
    """Say whether a name is that of a file that `publish` uploads before the description."""
    return name == QUARANTINE or is_shard(name)
