"""Room in a node's cache: how many bytes it may take, and which datasets leave it for others."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from datasets.errors import StorageError

LIMIT = "GALAXY_CACHE_BYTES"
DEFAULT_LIMIT = 50 * 10**9
"""Bytes; four datasets of a million galaxies at 64×64 pixels."""
IN_USE = ".open"
"""Ending of the file beside a dataset's folder that is locked, shared, by each who has the dataset open. It is changed
at each opening, and so tells when the dataset was last used; it stays when the dataset leaves."""


def make_room(cache: Path, needed: int, *, what: str) -> None:
    """Remove the datasets that were not used for longest, never one in use, until ``needed`` bytes fit.

    The caller must be the only one to do so. Raises StorageError, naming ``what`` the bytes are for, if they never fit,
    and then removes nothing.
    """
    limit = cache_limit()
    with contextlib.ExitStack() as locks:
        unused = [folder for folder in _by_last_use(cache) if _lock_unless_used(folder, locks)]
        lacking = _lacking(cache, needed, limit, unused)
        while not lacking and unused and _lacking(cache, needed, limit):
            shutil.rmtree(unused.pop(0), ignore_errors=True)
        lacking = lacking or _lacking(cache, needed, limit)
    if lacking:
        raise StorageError(f"cannot fetch '{what}' into the cache '{cache}': it needs {needed:,} bytes, {lacking}")


def cache_limit() -> int:
    """Return the number of bytes that the cache may take: $GALAXY_CACHE_BYTES, or else ``DEFAULT_LIMIT``."""
    text = os.environ.get(LIMIT, "")
    if text and not text.isdecimal():
        raise StorageError(f"${LIMIT} must be a whole number of bytes, got {text!r}")
    return int(text) if text else DEFAULT_LIMIT


def no_room(free: int) -> str:
    """Say how much is free on the cache's disk, and what to do."""
    return f"{free:,} are free there; make room or name another folder in $GALAXY_CACHE"


def free_bytes(cache: Path) -> int:
    """Return how much is free on the cache's disk."""
    return shutil.disk_usage(cache).free


def _lacking(cache: Path, needed: int, limit: int, without: Sequence[Path] = ()) -> str:
    """Say why ``needed`` bytes do not fit, even where the datasets ``without`` are gone; nothing where they do."""
    gone = sum(map(_size, without))
    used = sum(map(_size, cache.glob("*/"))) - gone
    if used + needed > limit:
        return f"{max(0, limit - used):,} of its {limit:,} are left beside datasets in use; raise ${LIMIT}"
    free = free_bytes(cache) + gone
    return "" if needed <= free else no_room(free)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.arrow"))


def _by_last_use(cache: Path) -> list[Path]:
    marks = sorted(cache.glob(f"*{IN_USE}"), key=lambda path: path.stat().st_mtime_ns)
    return [mark.with_suffix("") for mark in marks]


def _lock_unless_used(folder: Path, locks: contextlib.ExitStack) -> bool:
    """Lock a dataset, if nobody has it open, until ``locks`` end: who opens it meanwhile waits. Say whether it is."""
    file = locks.enter_context(folder.with_suffix(IN_USE).open("r+b"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
