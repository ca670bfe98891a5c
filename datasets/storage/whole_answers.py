"""What an object store answers of a file, and noticing where the answer was cut off.

Where a connection ends within the head of an answer, before its length is known, pyarrow 26 gives as much as was asked
for, of memory that nothing was written to, and no error; and if that was the answer to what the file is, an empty one
of 1970 (measured: every time). So what is read goes into memory of our own that has a mark in it, and an empty file is
looked at twice.
"""

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing a filesystem takes long
    import pyarrow as pa
    from pyarrow.fs import FileSystem

_MARK_BYTES = 32


def read_whole(filesystem: "FileSystem", path: str, most: int | None = None) -> bytes:
    """Return a whole file, or its first ``most`` bytes.

    Raises OSError, of a kind that passes, where the answer was cut off.
    """
    # As a file rather than as a stream, of which S3 is asked 256 KiB at a time.
    with filesystem.open_input_file(path) as file:
        size = size_of(file, filesystem, path)
        return bytes(read_piece(file, size if most is None else min(most, size)))


def size_of(file: "pa.NativeFile", filesystem: "FileSystem", path: str) -> int:
    """Return the bytes of a file that is open. Raises OSError, of a kind that passes, where the answer was cut off."""
    size = int(file.size())
    if size == 0 and info_of(filesystem, path).size != 0:
        raise _cut_off(size)
    return size


def read_piece(file: "pa.NativeFile", size: int) -> bytearray:
    """Return the next ``size`` bytes, which are there. Raises OSError as `read_whole`."""
    mark = secrets.token_bytes(_MARK_BYTES)[:size]
    data = bytearray(size)
    data[size - len(mark) :] = mark
    if size and (file.readinto(data) != size or data[size - len(mark) :] == mark):
        raise _cut_off(size)
    return data


def info_of(filesystem: "FileSystem", path: str) -> "pa.fs.FileInfo":
    """Return what is at a path. Raises OSError as `read_whole`."""
    info = filesystem.get_file_info(path)
    if info.size == 0 and info.mtime_ns == 0:
        raise _cut_off(0)
    return info


def _cut_off(size: int) -> OSError:
    return OSError(f"NETWORK_CONNECTION: the answer was cut off, of {size} bytes")
