"""Tables of JSON Lines, an object a row, read in blocks."""

import io
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import pyarrow as pa

from datasets.documents import once
from datasets.tables.damage import NotATableError
from datasets.tables.delimited import notes_of_text
from datasets.tables.encodings import Utf8Stream
from datasets.tables.json_kinds import JsonKind

_BATCH = 2**20
"""Bytes of the file whose rows are in memory at once."""
_SETTLED = 2.0
"""Seconds after which another content has another time of change, however coarse the clock of a disk."""
_MOST = 64
_known: dict[tuple[int, ...], tuple[pa.Schema, tuple[str, ...]]] = {}
"""What is known of files that lie on the disk, which an import opens twenty times: schema and notes."""


class JsonLines:
    """A file with a JSON object in each line; a column's type is that of all its values.

    All rows are read for these: a name may first be there in the last one, and whole numbers may have decimals late.
    """

    decimal = "."

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        about = os.fstat(stream.fileno())
        identity = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
        self.schema, self.notes = _known.get(identity) or self._read()
        if about.st_nlink and time.time() - about.st_mtime > _SETTLED:
            if len(_known) == _MOST:
                _known.clear()
            _known[identity] = self.schema, self.notes

    def _read(self) -> tuple[pa.Schema, tuple[str, ...]]:
        """Return the columns of all rows, and whether they are in another encoding than they should be."""
        kind, text = JsonKind(), Utf8Stream(self._stream)
        for rows in _rows(text):
            kind.see(rows)
        if not kind.fields:
            raise NotATableError("a file without any column")
        return pa.schema(kind.fields), notes_of_text(text)

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        fields = [self.schema.field(place) for place in types]
        self._stream.seek(0)
        for rows in _rows(Utf8Stream(self._stream)):
            yield [_column(rows, field) for field in fields]


def _rows(text: Utf8Stream) -> Iterator[list[dict[str, Any]]]:
    """Yield the objects of some lines at a time. Raises pyarrow.ArrowInvalid where a line has none."""
    lines, before = io.BufferedReader(text, _BATCH), 0
    while block := lines.readlines(_BATCH):
        there = [line for line in block if line.strip()]
        rows = _objects(there)
        if len(rows) < len(there):
            raise pa.ArrowInvalid(f"line {before + _wrong(block)} is no JSON object that has each name once")
        before += len(block)
        if rows:
            yield rows


def _column(rows: Sequence[Mapping[str, Any]], field: pa.Field) -> pa.Array:
    values = [row.get(field.name) for row in rows]
    if pa.types.is_floating(field.type):  # large whole numbers are turned by Python alone
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, field.type)


def _objects(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the object in each line, of all at once, which is faster; none where a line is something else."""
    try:
        rows = json.loads(b"[%b]" % b",".join(lines), parse_int=_whole, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return []
    return rows if len(rows) == len(lines) and all(type(row) is dict for row in rows) else []


def _wrong(block: Sequence[bytes]) -> int:
    """Return the number, from 1 on, of the first line that has something else than an object."""
    return next(number for number, line in enumerate(block, 1) if line.strip() and not _objects([line]))


def _whole(digits: str) -> int | float:
    """Return a whole number; ``-0``, which is the sign of a declination in degrees, is one only with decimals."""
    return -0.0 if digits == "-0" else int(digits)
