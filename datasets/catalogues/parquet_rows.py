"""Parquet files with an image file in each row, read where they lie, by row groups.

A partition is a part of one row group, so that what is in memory is a batch of its rows. Who wants a part of a large
group reads what is before it, too: its parts are larger, so that a group is read 32 times over at most.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa

from datasets.catalogues.record import Planned
from datasets.catalogues.rows import Galaxies
from datasets.errors import FormatError, ImageError, SourceError
from datasets.images.files import ImageFile
from datasets.images.reading import check_size
from datasets.storage.folders import Folder, storage_errors
from datasets.storage.remote_file import RemoteFile
from datasets.tables.cells import holds_images
from datasets.wording import few

_PARTS = 64
"""Of a row group, at most."""
_BATCH = 64
_BUFFER = 2**20
"""Bytes of a column that are read at a time: else all of a row group's are in memory at once."""
_MOST_BYTES = 2**27
"""Uncompressed, of a partition: its answers, which have the images, are put together in memory."""


@contextmanager
def _opened(folder: Folder, name: str) -> Iterator[Any]:
    import pyarrow.parquet as pq

    where = folder.child(name).uri
    with (
        storage_errors("read", where, absent_is_error=True),
        pa.OSFile(where) if folder.local is not None else pa.PythonFile(RemoteFile(where)) as source,
    ):
        try:
            yield pq.ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False)
        except pa.ArrowInvalid as error:
            raise FormatError(f"'{where}' is damaged: expected a Parquet file, found {error}") from error


def image_column(folder: Folder, name: str) -> str | None:
    """Return the column of a Parquet file that holds images; None where none does."""
    with _opened(folder, name) as file:
        return next((field.name for field in file.schema_arrow if holds_images(field.type)), None)


def plan_parquet(folder: Folder, files: Sequence[tuple[str, str]], *, size: int) -> Planned:
    """Part the rows of Parquet files, (name in the folder, what the user calls it), in partitions of about ``size``.

    Raises SourceError where they have not the same columns, or no images.
    """
    sizes, parts, marks = [], [], []
    column, schema = image_column(folder, files[0][0]), None
    if column is None:
        raise SourceError(f"'{files[0][1]}' holds no image")
    for place, (name, called) in enumerate(files):
        with _opened(folder, name) as file:
            theirs = file.schema_arrow
            schema = schema or theirs
            if theirs != schema:
                raise SourceError(
                    f"'{called}' has not the columns of '{files[0][1]}': expected {few(schema.names)} of the same "
                    f"types, found {few(theirs.names)}: classify it by itself"
                )
            first = 0
            for group in range(file.num_row_groups):
                about = file.metadata.row_group(group)
                rows = about.num_rows
                light = max(1, int(rows * _MOST_BYTES / max(1, about.total_byte_size)))
                step = max(min(size, light), -(-rows // _PARTS))
                for start in range(0, rows, step):
                    sizes.append(min(step, rows - start))
                    parts.append([place, group, start, first + start])
                first += rows
        marks.append([name, folder.size(name), folder.modified(name)])
    mark = hashlib.sha256(json.dumps(marks).encode()).hexdigest()
    details = {"files": [list(each) for each in files], "parts": parts, "column": column}
    return Planned("parquet", details, sizes, mark=mark)


class ParquetRows:
    """Reads them. ``parts`` are (number of the file, row group, row in that, row in the file) of each partition.

    The source is one file, or with ``in_folder`` the folder of the files.
    """

    def __init__(
        self, source: str, *, files: list[list[str]], parts: list[list[int]], column: str, in_folder: bool
    ) -> None:
        self._folder = Folder(source) if in_folder else Folder(source).parent
        self._files, self._parts, self._column = files, parts, column

    def schema(self) -> pa.Schema:
        """Return the files' columns."""
        with _opened(self._folder, self._files[0][0]) as file:
            return file.schema_arrow

    def read(self, number: int, start: int, count: int) -> Iterator[Galaxies]:
        """Yield the rows of a partition, as `rows.Rows` has it."""
        place, group, before, row = self._parts[number]
        name, called = self._files[place]
        with _opened(self._folder, name) as file:
            for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group]):
                if before >= len(batch):
                    before -= len(batch)
                    continue
                part = batch[before : before + count]
                before, count = 0, count - len(part)
                values = part.column(self._column)
                images = [ImageFile(f"{called}/{row + at}", partial(_content, values, at)) for at in range(len(part))]
                row += len(part)
                yield part, images
                if not count:
                    return
        raise FormatError(f"'{called}' has changed: expected {count} further rows from row {row} on, found none")


def _content(values: pa.Array, at: int) -> bytes:
    value = values[at].as_py()
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        raise ImageError("no image in this row")
    check_size(len(content))
    return content
