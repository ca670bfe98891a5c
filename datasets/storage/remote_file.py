"""A file of an object store that is read piece by piece: each piece is whole, or asked for again."""

import io
from typing import TYPE_CHECKING

from datasets.storage.patience import patiently
from datasets.storage.remote import ask
from datasets.storage.whole_answers import read_piece, size_of

if TYPE_CHECKING:  # importing a filesystem takes long
    import pyarrow as pa
    from pyarrow.fs import FileSystem


class RemoteFile(io.RawIOBase):
    """The file at a URI, from one thread at a time; pyarrow reads it as `pyarrow.PythonFile`.

    Opening and reading raise OSError, as FileNotFoundError, where the storage refuses.
    """

    def __init__(self, uri: str) -> None:
        self._uri, self._at = uri, 0
        self._file, self._size = patiently(uri, lambda: ask(uri, _opened))

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def seekable(self) -> bool:
        """Say that it is."""
        return True

    def tell(self) -> int:
        """Return which byte is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, as any file does."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes, all that are left by default; fewer only at the end."""
        left = max(0, self._size - self._at)
        count = left if size is None or size < 0 else min(size, left)

        def piece(_filesystem: "FileSystem", _path: str) -> bytes:
            self._file.seek(self._at)
            return bytes(read_piece(self._file, count))

        data = patiently(self._uri, lambda: ask(self._uri, piece))
        self._at += count
        return data

    def close(self) -> None:
        """Let go of it."""
        if not self.closed:
            self._file.close()
        super().close()


def _opened(filesystem: "FileSystem", path: str) -> "tuple[pa.NativeFile, int]":
    file = filesystem.open_input_file(path)
    return file, size_of(file, filesystem, path)
