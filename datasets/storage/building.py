"""Where a dataset or model is built until it is complete."""

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from secrets import token_hex

from datasets.errors import StorageError
from datasets.storage.folders import Folder, storage_errors

_LONG_SECONDS = 7 * 86400.0
"""No import takes as long."""


@contextmanager
def building_place(folder: Folder) -> Iterator[Path]:
    """Make a new directory to build in, removed where it is left.

    It is beside a local target, so that it can be renamed, and in the node's cache for any other. What a killed process
    could not remove, the next one to the same target on the same machine does: the locks of a folder that hosts share
    may hold for one of them alone.
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


def cache_folder() -> Path:
    """Return the folder of this node's cache, which is made if need be.

    Raises StorageError where it cannot be, or where the folder in the temporary folder is another user's.
    """
    named = os.environ.get("GALAXY_CACHE")
    cache = Path(named).expanduser().absolute() if named else Path(tempfile.gettempdir(), f"galaxy-tuner-{os.getuid()}")
    with storage_errors("make the cache", cache, absent_is_error=True):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not named and cache.stat().st_uid != os.getuid():
            raise StorageError(f"cannot use the cache '{cache}': it is another user's; name a folder in $GALAXY_CACHE")
    return cache


def _locked_place(target: Path) -> tuple[Path, int]:
    """Make the directory and lock it as long as this process lives; it gets its name when it is locked already."""
    token = token_hex(4)
    place = target.with_name(f"{_prefix(target)}{'-'.join(_machine())}-{token}")
    unlocked = target.with_name(f".{target.name}.new-{token}")
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
    """Remove what killed imports of the same target have left on this machine: the directories that nobody locks."""
    for place in target.parent.glob(f"{glob.escape(_prefix(target))}*"):
        machine = place.name.removeprefix(_prefix(target)).split("-")[:-1]
        # An earlier version's names tell no machine: those of long ago nobody builds any more.
        if {*_machine()}.isdisjoint(machine) and (machine or not _is_old(place)):
            continue
        with contextlib.suppress(OSError):
            handle = os.open(place, os.O_RDONLY)
            try:
                if _lock(handle):
                    shutil.rmtree(place)
            finally:
                os.close(handle)


def _is_old(place: Path) -> bool:
    try:
        return time.time() - place.stat().st_mtime > _LONG_SECONDS
    except OSError:
        return False


def _lock(handle: int) -> bool:
    """Lock a directory, if nobody has and the file system can; say whether it is locked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@cache
def _machine() -> tuple[str, str]:
    """Return what tells this host, by its name, and this kernel, which containers share: either may see our locks.

    A host that has started again has another kernel, and no lock of the one before.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    host = socket.gethostname()
    return f"h{_short(host)}", f"k{_short(boot or host)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _prefix(target: Path) -> str:
    return f".{target.name}.importing-"


def _forget_if_empty(folder: Folder) -> None:
    """Remove the mark that an object store may keep of a folder whose files are gone; of a bucket none is refused."""
    with contextlib.suppress(StorageError):
        if folder.local is None and not folder.names():
            folder.delete_tree()
