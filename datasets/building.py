"""Where a dataset is built until it is complete, and how it gets into its place."""

import contextlib
import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from datasets.description import FILE
from datasets.storage import Folder


@contextmanager
def building_place(folder: Folder) -> Iterator[Path]:
    """Make a new directory to build in: beside a local target, so that it can be renamed; removed where it is left.

    What a killed process could not remove, the next import of the same target does.
    """
    if folder.local is None:
        folder.check_writable()
        with tempfile.TemporaryDirectory(prefix="galaxy-import-") as name:
            yield Path(name)
        return
    _sweep(folder.local)
    place, lock = _locked_place(folder.local)
    try:
        yield place
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


def publish(place: Path, folder: Folder) -> None:
    """Put a complete dataset in its place. Raises OSError or StorageError where something has come to be there."""
    if folder.local is not None:
        place.rename(folder.local)
        return
    # The description makes a dataset of the files: it comes last.
    for path in sorted(place.iterdir(), key=lambda path: (path.name == FILE, path.name)):
        folder.write_whole(path.name, path.read_bytes())
