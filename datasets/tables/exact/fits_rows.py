"""The first binary table of a FITS file, read as it stands, in whatever memory a few thousand rows take."""

from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import first_line
from datasets.tables.annotated import annotated
from datasets.tables.encodings import bytes_as_text
from datasets.tables.exact.fits_layout import SIZES, FitsField, fits_fields
from datasets.tables.exact.fits_storage import BINARY, Bytes, StoredTable
from datasets.tables.exact.rows import Rows

_DTYPES = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "C": ">f4", "M": ">f8"}
_SIGNS = {("B", -128): "i1", ("I", 2**15): "u2", ("J", 2**31): "u4", ("K", 2**63): "u8"}
"""Types whose values are stored with another sign, by the type that is stored and TZERO (FITS 4.0, table 19)."""


class FitsRows(StoredTable):
    """The first binary table of a file on the disk.

    Attributes:
        fields: its columns.
    """

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, BINARY)
        try:
            self.fields = fits_fields(self.header)
        except (ValueError, KeyError) as error:
            raise pa.ArrowInvalid(first_line(error)) from error
        self._heap = self.data + int(self.header.get("THEAP", self.count * self.width))
        empty = np.zeros((0, self.width), np.uint8)
        self.schema = pa.schema([_annotated(field, self._column(field, empty).type) for field in self.fields])

    def batches(self, start: int = 0, places: Sequence[int] | None = None) -> Iterator[Rows]:
        """Yield the rows from one on: all columns, or those at some places."""
        places = range(len(self.fields)) if places is None else places
        schema = pa.schema([self.schema.field(place) for place in places])
        for first in range(start, self.count, self.rows_at_once):
            raw = self.raw(first, self.rows_at_once)
            columns = [self._column(self.fields[place], raw) for place in places]
            yield Rows(pa.record_batch(columns, schema=schema))

    def _column(self, field: FitsField, rows: Bytes) -> pa.Array:
        raw = np.ascontiguousarray(rows[:, field.start : field.start + field.width])
        if field.code == "A":
            return _texts(field, raw)
        if field.count == 0:  # legal, and a list without an element in each row
            kind = _elements(field, field.inner or field.code, np.zeros(0, np.uint8)).type
            return pa.array([[]] * len(raw), pa.list_(kind))
        if field.code in "PQ":
            return self._from_heap(field, raw)
        flat = _elements(field, field.code, raw.reshape(-1))
        if field.code == "X":
            kept = np.arange(len(flat)).reshape(len(raw), 8 * field.width)[:, : field.count].reshape(-1)
            flat = flat.take(pa.array(kept))
        per_row = 2 * field.count if field.code in "CM" else field.count
        return flat if per_row == 1 else pa.FixedSizeListArray.from_arrays(flat, per_row)

    def _from_heap(self, field: FitsField, raw: Bytes) -> pa.Array:
        descriptors = raw.view(">i4" if field.code == "P" else ">i8").reshape(-1, 2).astype(np.int64)
        counts, places = descriptors.T
        sizes = -(-counts // 8) if field.inner == "X" else counts * SIZES[field.inner]
        room = self.end - self._heap
        is_outside = (places < 0) | (places > room) | (counts > 8 * room) | (places + sizes > room)
        if ((counts < 0) | ((counts > 0) & is_outside)).any():
            raise pa.ArrowInvalid(f"the column '{field.name}' has cells that are not in the table")
        parts = [
            self.bytes(self._heap + place, size) for place, size in zip(places.tolist(), sizes.tolist(), strict=True)
        ]
        if field.inner == "A":
            return pa.array([_text(part.tobytes()) for part in parts], pa.string())
        flat = _elements(field, field.inner, np.concatenate([np.zeros(0, np.uint8), *parts]))
        counts = counts * (2 if field.inner in "CM" else 1)
        if field.inner == "X":
            counts = -(-counts // 8) * 8
        return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], counts.cumsum()]).astype(np.int32)), flat)


def _elements(field: FitsField, code: str, raw: Bytes) -> pa.Array:
    """Turn elements that are stored one after the other, uint8 (bytes,), into a column."""
    if code == "L":
        return pa.array(raw == ord("T"), mask=raw == 0)
    if code == "X":
        return pa.array(np.unpackbits(raw).astype(bool))
    stored = raw.view(_DTYPES[code])
    missing = None if field.null is None or code in "EDCM" else stored == field.null
    return pa.array(_scaled(field, code, stored), mask=missing)


def _scaled(field: FitsField, code: str, stored: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    native = np.ascontiguousarray(stored.astype(stored.dtype.newbyteorder("=")))
    if field.scale == 1 and field.zero == 0:
        return native
    if field.scale == 1 and (code, field.zero) in _SIGNS:
        dtype = np.dtype(_SIGNS[code, int(field.zero)])
        turned = native.view(dtype) ^ dtype.type(1 << (8 * dtype.itemsize - 1) if dtype.kind == "u" else -128)
    else:
        turned = native.astype(np.float64) * field.scale + field.zero
    values: npt.NDArray[np.generic] = turned
    return values


def _texts(field: FitsField, raw: Bytes) -> pa.Array:
    if len(field.shape) > 1 and field.shape[0]:  # several of a length
        each = field.shape[0]
        cells = [[_text(row[n : n + each]) for n in range(0, field.width, each)] for row in map(bytes, raw)]
        return pa.array(cells, pa.list_(pa.string()))
    return pa.array([_text(bytes(row)) for row in raw], pa.string())


def _text(stored: bytes) -> str:
    """Return a text without what fills it up."""
    return bytes_as_text(stored.partition(b"\0")[0].rstrip(b" "))


def _annotated(field: FitsField, kind: pa.DataType) -> pa.Field:
    shape = ",".join(map(str, field.shape)) if field.code != "A" else ""
    is_complex = "true" if "C" in (field.code, field.inner) or "M" in (field.code, field.inner) else ""
    return annotated(field.name, kind, **field.notes, shape=shape, complex=is_complex)
