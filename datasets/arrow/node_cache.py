"""A node's copies of remote datasets: fetched once, checked, shared by all its processes and memory-mapped.

<cache>/              $GALAXY_CACHE, else galaxy-tuner-<user id> in the system's temporary folder
    fetching          locked by the one process of the node that fetches or makes room
    <key>.open        locked, shared, by each who has the dataset open; see `cache_room`
    <key>/            its Arrow files under their own names, each whole and of the right checksum

The key is made of the files' checksums: a dataset that was imported anew at the same place is another one here, and the
same dataset at two places is one. The system gives up a dead process's locks, so none has to be cleared. The caches of
fsspec have no limit, no checksums and no locks between processes.
"""

import errno
import fcntl
import os
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from datasets.arrow.cache_room import IN_USE, free_bytes, make_room, no_room
from datasets.arrow.description import DatasetInfo, Files
from datasets.arrow.shard_files import damaged, damaged_where_unreadable, is_shard, shard_name
from datasets.errors import FormatError, StorageError
from datasets.storage.building import cache_folder
from datasets.storage.checksums import Checksum, checksum_of, content_key
from datasets.storage.folders import Folder, open_folder, storage_errors
from datasets.storage.whole_files import sweep, write_temporary

_AT_ONCE = 4
"""Files fetched at the same time; each is in memory meanwhile."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class NodeCopy:
    """A dataset's files on this node, in the local ``folder``: not removed while this lives, in whatever process."""

    def __init__(self, cache: Path, key: str) -> None:
        self.folder = Folder(str(cache / key))
        handle = os.open(cache / f"{key}{IN_USE}", os.O_RDWR | os.O_CREAT, 0o600)
        self._let_go = weakref.finalize(self, os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_SH)
        os.utime(handle)


def copy_on_node(folder: Folder, files: Files, *, recheck: bool = False) -> NodeCopy:
    """Return this node's copy of files of a remote dataset, whose checksums are known; what is missing is fetched.

    Of the processes that ask at the same time one fetches and the others wait. A file that was changed since it was
    fetched is fetched again: ``recheck`` computes the checksum of every file, else only its time of change tells.

    Raises:
        FormatError: a file has another checksum than its description says, fetched twice, or is absent.
        StorageError: the storage cannot be read, or the cache has no room or cannot be written.
    """
    _check_names(folder, files)
    cache = cache_folder()
    with storage_errors("use the cache", cache, absent_is_error=True):
        copy = NodeCopy(cache, content_key(files.checksums))
        place = Path(copy.folder.uri)
        if recheck or not all(_is_untouched(place / name, expected) for name, expected in _pairs(files)):
            with _fetching(cache):
                _complete(place, folder, files, recheck)
    return copy


def bytes_to_fetch(info: DatasetInfo) -> int:
    """Return how many bytes of a dataset this node still has to fetch before it can read it; 0 for a local one.

    Its galaxies of no class are fetched when they are first asked for.
    """
    if open_folder(info.path).local is not None or not info.checksums:
        return 0
    place = cache_folder() / content_key(info.checksums)
    return sum(expected.size for name, expected in _pairs(info) if not _is_untouched(place / name, expected))


def _check_names(folder: Folder, files: Files) -> None:
    """Raise FormatError for a name that could lead out of the cache: what a description says is not ours."""
    strange = [name for name in files.shards if not is_shard(name)]
    if strange:
        raise FormatError(f"'{folder.uri}' cannot be used: expected a file like {shard_name(0)}, found {strange[0]!r}")


def _pairs(files: Files) -> Iterator[tuple[str, Checksum]]:
    return zip(files.shards, files.checksums, strict=True)


@contextmanager
def _fetching(cache: Path) -> Iterator[None]:
    """Wait until no other process, and no other thread, fetches into this cache; then be the one who does."""
    with (cache / "fetching").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:  # a process forked meanwhile has the file open too, and would keep the lock
            fcntl.flock(file, fcntl.LOCK_UN)


def _complete(place: Path, folder: Folder, files: Files, recheck: bool) -> None:
    """Fetch the files that are not here or not right."""
    place.mkdir(exist_ok=True)
    for directory in place.parent.glob("*/"):  # killed processes may have left something, and nobody else writes now
        sweep(directory)
    wanted = [(name, expected) for name, expected in _pairs(files) if not _is_right(place / name, expected, recheck)]
    needed = sum(expected.size for _, expected in wanted)
    if wanted:
        make_room(place.parent, needed, what=folder.uri)
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch")
    try:
        list(pool.map(lambda file: _fetch(folder, file[0], file[1], place), wanted))
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageError(
            f"cannot fetch '{folder.uri}' into the cache '{place.parent}': it needs {needed:,} bytes, "
            f"{no_room(free_bytes(place.parent))}"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch(folder: Folder, name: str, expected: Checksum, place: Path) -> None:
    for _ in range(2):
        with damaged_where_unreadable(folder, name):
            data = folder.read(name)
        actual = checksum_of(data)
        if actual == expected:
            fetched = write_temporary(place, data)
            _stamp(fetched)
            fetched.replace(place / name)
            return
    raise damaged(folder, name, expected, actual)


def _is_untouched(path: Path, expected: Checksum) -> bool:
    """Say whether a file has its size and has not been written to since it was checked."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return False
    return state.st_size == expected.size and state.st_mtime_ns % 10**9 == 0


def _is_right(path: Path, expected: Checksum, recheck: bool) -> bool:
    """Say whether a file is here and has its checksum; one that has another is removed."""
    if not recheck and _is_untouched(path, expected):
        return True
    if not path.exists():
        return False
    right = checksum_of(path) == expected
    if right:
        _stamp(path)
    else:
        path.unlink()
    return right


def _stamp(path: Path) -> None:
    """Note that a file is right: its time of change becomes a whole second, which a later write would not leave so."""
    whole = int(path.stat().st_mtime)
    os.utime(path, (whole, whole))
