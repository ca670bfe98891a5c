"""The first binary table of a FITS file, read as it stands, in whatever memory a few thousand rows take."""

import os
import warnings
from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import first_line
from datasets.tables.annotated import annotated
from datasets.tables.damage import NotATableError
from datasets.tables.encodings import bytes_as_text
from datasets.tables.exact.fits_layout import SIZES, FitsField, fits_fields
from datasets.tables.exact.rows import Rows

_ROWS = 8192
_BATCH = 2**26
"""Bytes of the rows that are in memory at once."""
_AT_ONCE = 2**28
"""Bytes that the system reads at once; it reads 2 GiB at most."""
_DTYPES = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "C": ">f4", "M": ">f8"}
_SIGNS = {("B", -128): "i1", ("I", 2**15): "u2", ("J", 2**31): "u4", ("K", 2**63): "u8"}
"""Types whose values are stored with another sign, by the type that is stored and TZERO (FITS 4.0, table 19)."""
Bytes = npt.NDArray[np.uint8]


class FitsRows:
    """The first binary table of a file on the disk; none of its other units is looked at.

    Attributes:
        header: of the table, as astropy reads it.
        before: bytes of the file that are above the table's header.
        data: the place of the table's first row in the file.
        after: the place of what follows the table in the file.
        fields: its columns.
        count: its rows.
        size: bytes of the file.
    """

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            units = fits.open(stream, memmap=True, ignore_missing_simple=False)
            tables = [unit for unit in units if isinstance(unit, fits.BinTableHDU) and not unit.header.get("ZIMAGE")]
            if not tables:
                raise NotATableError("a FITS file without a binary table")
            self.header = tables[0].header
            place = tables[0].fileinfo()
        try:
            self.fields = fits_fields(self.header)
            self.count, self._width = int(self.header["NAXIS2"]), int(self.header["NAXIS1"])
        except (ValueError, KeyError) as error:
            raise pa.ArrowInvalid(first_line(error)) from error
        self.before, self.data, self.after = place["hdrLoc"], place["datLoc"], place["datLoc"] + place["datSpan"]
        self._file = stream.fileno()
        self.size = os.fstat(self._file).st_size
        if self.size < self.data + self.count * self._width:
            raise pa.ArrowInvalid(f"{self.size:,} bytes of {self.data + self.count * self._width:,}")
        self._heap = self.data + int(self.header.get("THEAP", self.count * self._width))
        empty = np.zeros((0, self._width), np.uint8)
        self.schema = pa.schema([_annotated(field, self._column(field, empty).type) for field in self.fields])

    @property
    def rows_at_once(self) -> int:
        """Number of rows that are in memory at once: fewer where they hold much, such as images."""
        return max(1, min(_ROWS, _BATCH // max(1, self._width)))

    def raw(self, start: int, rows: int) -> Bytes:
        """Return rows as they are stored, uint8 (n, bytes a row), fewer at the end."""
        stop = min(start + rows, self.count)
        data = self.bytes(self.data + start * self._width, (stop - start) * self._width)
        return data.reshape(stop - start, self._width)

    def bytes(self, start: int, size: int) -> Bytes:
        """Return bytes of the file, uint8 (size,), read and not mapped, whose pages would stay in memory."""
        data = b"".join(
            os.pread(self._file, min(_AT_ONCE, start + size - place), place)
            for place in range(start, start + size, _AT_ONCE)
        )
        return np.frombuffer(data, np.uint8)

    def batches(self, start: int = 0) -> Iterator[Rows]:
        """Yield the rows from one on."""
        step = self.rows_at_once
        for place in range(start, self.count, step):
            raw = self.raw(place, step)
            columns = [self._column(field, raw) for field in self.fields]
            yield Rows(pa.record_batch(columns, schema=self.schema))

    def _column(self, field: FitsField, rows: Bytes) -> pa.Array:
        raw = np.ascontiguousarray(rows[:, field.start : field.start + field.width])
        if field.code in "PQ":
            return self._from_heap(field, raw)
        if field.code == "A":
            return _texts(field, raw)
        flat = _elements(field, field.code, raw.reshape(-1))
        if field.code == "X":
            kept = np.arange(len(flat)).reshape(len(raw), 8 * field.width)[:, : field.count].reshape(-1)
            flat = flat.take(pa.array(kept))
        per_row = 2 * field.count if field.code in "CM" else field.count
        return flat if per_row == 1 else pa.FixedSizeListArray.from_arrays(flat, per_row)

    def _from_heap(self, field: FitsField, raw: Bytes) -> pa.Array:
        descriptors = raw.view(">i4" if field.code == "P" else ">i8").reshape(-1, 2).astype(np.int64)
        size = SIZES.get(field.inner, 0)
        parts = [
            self.bytes(self._heap + place, -(-count // 8) if field.inner == "X" else count * size)
            for count, place in descriptors.tolist()
        ]
        if field.inner == "A":
            return pa.array([_text(part.tobytes()) for part in parts], pa.string())
        flat = _elements(field, field.inner, np.concatenate([np.zeros(0, np.uint8), *parts]))
        counts = descriptors[:, 0] * (2 if field.inner in "CM" else 1)
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
