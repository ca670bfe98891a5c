"""Single cells of a Parquet or Arrow file that hold much, such as whole images, read in any order."""

import bisect
import itertools
import threading
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from datasets.errors import ImageError, SourceError, first_line
from datasets.tables.kinds import is_packed

_HEAD = 16


def holds_images(kind: pa.DataType) -> bool:
    """Say whether values of a type can be whole image files: bytes, or Hugging Face's ``{bytes, path}``."""
    if pa.types.is_struct(kind):
        return any(field.name == "bytes" and _is_bytes(field.type) for field in kind)
    return _is_bytes(kind)


def cell_readers(path: Path, column: str, called: str) -> Callable[[int], Callable[[], bytes]]:
    """Return what gives for a row what reads the image file in its cell: that pickles, and raises ImageError.

    Raises SourceError where the table, which is ``called`` so, is packed as a whole: no cell of it has a place.
    """
    with path.open("rb") as file:
        if is_packed(file.read(_HEAD)):
            raise SourceError(
                f"'{called}' holds images and is packed as a whole, where no row can be read by itself: unpack it"
            )
    return lambda row: partial(_read, path, column, row)


def _read(path: Path, column: str, row: int) -> bytes:
    try:
        value = _opened(path, path.stat().st_ino, column).cell(row)
    except (pa.ArrowException, OSError) as error:
        raise ImageError(f"the table is damaged: {first_line(error)}") from error
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        raise ImageError("no image in this row")
    return content


class _Cells:
    """A column of a file, of which the part with the row that was asked for last is in memory."""

    def __init__(self, path: Path, column: str) -> None:
        import pyarrow.parquet as pq

        self._column, self._lock, self._part = column, threading.Lock(), -1
        self._values: Any = None
        with path.open("rb") as file:
            self._is_parquet = file.read(4) == b"PAR1"
        if self._is_parquet:
            self._file = pq.ParquetFile(path, memory_map=True)
            sizes = [self._file.metadata.row_group(n).num_rows for n in range(self._file.num_row_groups)]
            self._ends = list(itertools.accumulate(sizes))
        else:  # what is mapped is in memory where it is looked at
            self._values = _mapped(path).column(column)
            self._values.validate(full=True)  # else a damaged one ends the process where it is looked at

    def cell(self, row: int) -> object:
        """Return the value in a row."""
        with self._lock:
            if not self._is_parquet:
                return self._values[row].as_py()
            part = bisect.bisect_right(self._ends, row)
            if part != self._part:
                self._values = self._file.read_row_group(part, columns=[self._column]).column(self._column)
                self._part = part
            return self._values[row - (self._ends[part - 1] if part else 0)].as_py()


@lru_cache(maxsize=2)
def _opened(path: Path, _inode: int, column: str) -> _Cells:
    return _Cells(path, column)


def _mapped(path: Path) -> pa.Table:
    source = pa.memory_map(str(path))
    try:
        return pa.ipc.open_file(source).read_all()
    except pa.ArrowInvalid:
        source.seek(0)
        return pa.ipc.open_stream(source).read_all()


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
