"""What is asked of a storage that is not the local disk, by pyarrow's filesystems: a few verbs on a path.

Each raises FileNotFoundError where there is nothing, unless it says otherwise.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from datasets.storage.whole_answers import info_of, read_whole

if TYPE_CHECKING:  # importing a filesystem takes long
    from pyarrow.fs import FileSystem

_WITHOUT_FOLDERS = frozenset({"s3", "abfs", "abfss"})
"""Object stores: a folder is only a part of a key there, so none is made. pyarrow lists those of Google's store only
where they were made."""
_WITH_BUCKETS = frozenset({"s3", "gcs", "abfs"})
"""Kinds of pyarrow's filesystems whose paths begin with a bucket, or what Azure calls a container."""
_made: set[str] = set()
"""Those that this process has made, by URI."""


def make_parent(filesystem: "FileSystem", uri: str, path: str) -> None:
    """Make the folder of a file to come, where the store of a ``uri`` lists only those that were made."""
    folder = path.rpartition("/")[0]
    key = f"{filesystem.type_name}:{uri}:{folder}"
    if urlsplit(uri).scheme not in _WITHOUT_FOLDERS and key not in _made:
        filesystem.create_dir(folder, recursive=True)
        _made.add(key)


def is_bucket(filesystem: "FileSystem", path: str) -> bool:
    """Say whether a path is a bucket or container, which others may have put more into, or have rights to."""
    return filesystem.type_name in _WITH_BUCKETS and "/" not in path.strip("/")


def forget_parents() -> None:
    """Take it that no folder has been made: some were deleted."""
    _made.clear()


def read_remote(filesystem: "FileSystem", path: str, most: int | None) -> bytes:
    """Return a whole file, or its first ``most`` bytes."""
    if filesystem.type_name != "gcs":
        return read_whole(filesystem, path, most)
    # Google's store is asked what a file is first, which another may have replaced by then: it has the one before no
    # longer.
    with filesystem.open_input_stream(path) as file:
        return bytes(file.read(most))


def list_remote(filesystem: "FileSystem", path: str) -> list[str]:
    """Return the base names of what is directly in a folder; of an absent one none."""
    from pyarrow.fs import FileSelector

    return [info.base_name for info in filesystem.get_file_info(FileSelector(path, allow_not_found=True))]


def exists_remote(filesystem: "FileSystem", path: str) -> bool:
    """Say whether there is anything."""
    from pyarrow.fs import FileType

    return bool(info_of(filesystem, path).type != FileType.NotFound)


def size_remote(filesystem: "FileSystem", path: str) -> int:
    """Return a file's bytes."""
    size = info_of(filesystem, path).size
    if size is None:
        raise FileNotFoundError(path)
    return int(size)


def modified_remote(filesystem: "FileSystem", path: str) -> float:
    """Return when a file was written, in seconds on the storage's own clock."""
    info = info_of(filesystem, path)
    if info.mtime is None:
        raise FileNotFoundError(path)
    return float(info.mtime.timestamp())
