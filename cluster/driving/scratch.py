"""Where Ray has its sockets and logs, and Ray Tune what nobody reads again: folders of this machine that serve."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.errors import ClusterError

# A socket's path has at most 107 bytes (unix(7)), of which Ray's own part (/ray/session_…/sockets/…) takes 68.
_LONGEST = 39
_LEAST_FREE = 100 * 2**20
_CHOSEN = "RAY_TMPDIR"


def scratch_folder() -> str:
    """Return a folder that a Ray of our own can work in: the usual one for temporary files, or another that serves.

    `RAY_TMPDIR`, where it is set, is the only one looked at. Raises ClusterError where none serves.
    """
    given = os.environ.get(_CHOSEN)
    usual = os.environ.get("TMPDIR") or tempfile.gettempdir()
    places = [given] if given else [usual, "/tmp", "/var/tmp", "/dev/shm", os.environ.get("XDG_RUNTIME_DIR", "")]
    faults = {place: _fault(place) for place in places if place}
    for place, fault in faults.items():
        if fault is None:
            return place
    reasons = "; ".join(f"{place}: {fault}" for place, fault in faults.items())
    raise ClusterError(
        f"expected a folder for Ray's sockets and logs, of at most {_LONGEST} ASCII characters and with "
        f"{_LEAST_FREE // 2**20} MB free, found none ({reasons}): give one in {_CHOSEN}"
    )


@contextmanager
def started_in(place: str) -> Iterator[None]:
    """Have the Ray that is started in the block work in the folder ``place``."""
    before = os.environ.get(_CHOSEN)
    os.environ[_CHOSEN] = place
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CHOSEN]


def _fault(place: str) -> str | None:
    """Say why Ray cannot work in a folder; None where it can."""
    if not place.isascii():
        return "letters that are not ASCII"
    if len(place) > _LONGEST:
        return f"{len(place)} characters"
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"written")
        free = shutil.disk_usage(place).free
    except OSError as error:
        return error.strerror or type(error).__name__
    return None if free >= _LEAST_FREE else f"{free // 2**20} MB free"
