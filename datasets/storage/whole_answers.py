"""Reading a whole file of an object store, and noticing where the answer was cut off.

Where a connection ends within the head of an answer, before its length is known, pyarrow 26 gives as much as was asked
for, of memory that nothing was written to, and no error; and if that was the answer to how long the file is, nothing at
all (measured: every time). So what is read goes into memory of our own that has a mark in it, and an empty file is
looked at twice.
"""

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing a filesystem takes long
    from pyarrow.fs import FileSystem

_MARK_BYTES = 32


def read_whole(filesystem: "FileSystem", path: str) -> bytes:
    """Return a whole file. Raises OSError, of a kind that passes, where the answer was cut off."""
    # As a file rather than as a stream, of which S3 is asked 256 KiB at a time.
    with filesystem.open_input_file(path) as file:
        size = file.size()
        mark = secrets.token_bytes(_MARK_BYTES)[:size]
        data = bytearray(size)
        data[size - len(mark) :] = mark
        read = file.readinto(data) if size else 0
    if size == 0:
        is_whole = filesystem.get_file_info(path).size == 0
    else:
        is_whole = read == size and data[size - len(mark) :] != mark
    if not is_whole:
        raise OSError(f"NETWORK_CONNECTION: the answer was cut off, of {size} bytes")
    return bytes(data)
