"""One Arrow file of a dataset, read: labels and splits at once, the rest when it is asked for."""

import contextlib
import mmap
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.arrow.shard_files import damaged_where_unreadable, pixel_view, replaced
from datasets.errors import FormatError
from datasets.storage.checksums import Checksum, checksum_of
from datasets.storage.folders import Folder

Number = TypeVar("Number", bound=np.integer)

_HEAD, _TAIL = 2**18, 2**12
"""Bytes at both ends of a file in which its labels, splits and description lie, with names of usual lengths."""


def request_numbers(folder: Folder, names: Sequence[str]) -> None:
    """Have the system read from the disk what opening these files will need, all at once, and do not wait for it.

    A file that cannot be opened is reported when it is read.
    """
    if folder.local is None or not hasattr(os, "posix_fadvise"):  # macOS has none
        return
    for name in names:
        with contextlib.suppress(OSError), (folder.local / name).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, _HEAD, os.POSIX_FADV_WILLNEED)
            os.posix_fadvise(file.fileno(), max(0, file.seek(0, os.SEEK_END) - _TAIL), _TAIL, os.POSIX_FADV_WILLNEED)


class Shard:
    """The rows of one file. Of a large dataset a batch needs a few files only, so they are mapped one by one.

    ``labels`` are int16, (n,), ``splits`` int8, (n,), and ``image_shape`` is (height, width, 3). ``checksum`` tells a
    file that was only touched, or copied, since it was opened from another one, where it is known.
    Raises FormatError where the file is missing, damaged, or another one than was opened; StorageError where it cannot
    be read.
    """

    def __init__(self, folder: Folder, name: str, checksum: Checksum | None = None) -> None:
        self._folder, self._name, self._checksum = folder, name, checksum
        with damaged_where_unreadable(folder, name):
            self._state = None if folder.local is None else _state((folder.local / name).stat())
        with damaged_where_unreadable(folder, name):
            # From a local file only the columns asked for are read: a touched page of a mapped file brings its
            # neighbours into memory.
            file = self._source if folder.local is None else pa.OSFile(str(folder.local / name))
            schema = pa.ipc.open_file(file).schema
            try:
                self.image_shape = tuple(schema.field("image").type.shape)
                fields = [schema.names.index(column) for column in ("label", "split")]
                schema.field("id")
            except (KeyError, ValueError, AttributeError) as error:
                raise FormatError(
                    f"'{folder.uri}' is damaged: {name} has not the columns of a dataset; import it again"
                ) from error
            numbers = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=fields)).read_all()
            numbers.validate()
            self.labels: npt.NDArray[np.int16] = _array(numbers.column("label"), np.int16)
            self.splits: npt.NDArray[np.int8] = _array(numbers.column("split"), np.int8)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def images(self) -> npt.NDArray[np.uint8]:
        """Read-only view of the images: (n, height, width, 3)."""
        return pixel_view(self._table)

    def request(self, rows: npt.NDArray[np.int64]) -> None:
        """Have the system read some images from the disk, all at once, and do not wait for them.

        Else a page of a mapped file is read when it is touched: one image after another, and each with the megabytes
        around it that the disk reads ahead.
        """
        start = self._images_start
        if self._mapped is not None and start is not None:
            size = self.images[0].nbytes
            starts = start + rows * size
            for page in (starts - starts % mmap.PAGESIZE).tolist():
                self._mapped.madvise(mmap.MADV_WILLNEED, page, size + mmap.PAGESIZE)

    @property
    def ids(self) -> list[str]:
        """Name of each row."""
        names: list[str] = self._names.to_pylist()
        return names

    def names(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """Return the names of some rows, int64 (m,), in their order."""
        return [self._names[row].as_py() for row in rows.tolist()]

    @cached_property
    def _names(self) -> pa.ChunkedArray:
        """The column of ids, gone through once: else a damaged one ends the process where it is looked at."""
        with damaged_where_unreadable(self._folder, self._name):
            names = self._table.column("id")
            names.validate(full=True)
            return names

    @cached_property
    def _table(self) -> pa.Table:
        with damaged_where_unreadable(self._folder, self._name):
            if self._mapped is None:
                return _whole(pa.ipc.open_file(self._source).read_all())
            self._mapped.madvise(mmap.MADV_RANDOM)  # to find the columns takes a few pages, without what is around them
            table = _whole(pa.ipc.open_file(pa.py_buffer(self._mapped)).read_all())
            self._mapped.madvise(mmap.MADV_NORMAL)
            return table

    @cached_property
    def _mapped(self) -> mmap.mmap | None:
        """The file in memory as its pages are needed; None where it is remote."""
        if self._folder.local is None:
            return None
        path = self._folder.local / self._name
        with damaged_where_unreadable(self._folder, self._name), path.open("rb") as file:
            mapped, state = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), _state(os.fstat(file.fileno()))
            if state == self._state or (self._checksum is not None and checksum_of(path) == self._checksum):
                return mapped
        raise replaced(self._folder)

    @cached_property
    def _images_start(self) -> int | None:
        """Where the images begin in the mapped file; None where they do not lie there in one piece."""
        if self._mapped is None:
            return None
        start: int = self.images.ctypes.data - pa.py_buffer(self._mapped).address
        return start if 0 <= start <= len(self._mapped) - self.images.nbytes else None

    @cached_property
    def _source(self) -> pa.BufferReader:
        """The remote file, fetched whole."""
        return pa.BufferReader(self._folder.read(self._name))


def _state(status: os.stat_result) -> tuple[int, int]:
    """Return what another file has otherwise; no inode, which some file systems that hosts share number anew."""
    return status.st_size, status.st_mtime_ns


def joined(parts: Iterable[npt.NDArray[np.generic]], dtype: type[Number]) -> npt.NDArray[Number]:
    """Copy arrays, of which there may be none, into one, which is read-only."""
    whole = np.concatenate([np.zeros(0, dtype), *parts], dtype=dtype)
    whole.setflags(write=False)
    return whole


def _whole(table: pa.Table) -> pa.Table:
    """Return a table whose columns are as long as they say, of which nothing is looked at yet. Raises ArrowInvalid."""
    table.validate()
    return table


def _array(column: pa.ChunkedArray, dtype: type[Number]) -> npt.NDArray[Number]:
    """Copy a column of numbers. Arrow's own ``to_numpy`` imports pandas: 28 MB in each process and 0.1 s."""
    return joined((np.from_dlpack(chunk) for chunk in column.chunks), dtype)
