"""Room in a node's cache: how many bytes it may take, and which datasets leave it for others."""

import fcntl
import os
import shutil
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

    The caller must be the only one to do so. Raises StorageError, naming ``what`` the bytes are for, if they never fit.
    """
    limit = cache_limit()
    unused = sorted(cache.glob(f"*{IN_USE}"), key=lambda path: path.stat().st_mtime_ns)
    while (lacking := _lacking(cache, needed, limit)) and unused:
        _remove_unless_used(unused.pop(0))
    if lacking:
        raise StorageError(f"cannot fetch '{what}' into the cache '{cache}': it needs {needed:,} bytes, {lacking}")


def cache_limit() -> int:
    """Return the number of bytes that the cache may take: $GALAXY_CACHE_BYTES, or else ``DEFAULT_LIMIT``."""
    text = os.environ.get(LIMIT, "")
    if text and not text.isdecimal():
        raise StorageError(f"${LIMIT} must be a whole number of bytes, got {text!r}")
    return int(text) if text else DEFAULT_LIMIT


def no_room(cache: Path) -> str:
    """Say how much is free on the cache's disk, and what to do."""
    return f"{shutil.disk_usage(cache).free:,} are free there; make room or name another folder in $GALAXY_CACHE"


def _lacking(cache: Path, needed: int, limit: int) -> str:
    """Say why ``needed`` bytes do not fit; nothing where they do."""
    used = sum(path.stat().st_size for path in cache.glob("*/*.arrow"))
    if used + needed > limit:
        return f"{max(0, limit - used):,} of its {limit:,} are left beside datasets in use; raise ${LIMIT}"
    return "" if needed <= shutil.disk_usage(cache).free else no_room(cache)


def _remove_unless_used(in_use: Path) -> None:
    with in_use.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(in_use.with_suffix(""), ignore_errors=True)
