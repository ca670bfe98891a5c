"""The first text table of a FITS file (FITS 4.0, 7.2), read as it stands, in the memory of a few thousand rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import first_line
from datasets.tables.annotated import annotated
from datasets.tables.damage import NotATableError
from datasets.tables.encodings import bytes_as_text
from datasets.tables.exact.fits_layout import notes_in
from datasets.tables.exact.fits_rows import FitsRows
from datasets.tables.exact.fits_storage import TEXT, Bytes, StoredTable
from datasets.tables.exact.rows import Rows

_FORM = re.compile(r"\s*([AIFED])([1-9]\d*)")
_WIDTHS = ((4, "i2"), (9, "i4"))
"""Characters of integers, and the type that holds all of them, as CFITSIO has it; longer ones have 64 bits."""


@dataclass(frozen=True)
class _Field:
    """A column of the type ``code`` in ``width`` characters from ``start`` on; what stands as ``null`` is none."""

    name: str
    code: str
    start: int
    width: int
    scale: float
    zero: float
    null: bytes
    notes: Mapping[str, str]


class FitsTextRows(StoredTable):
    """The first text table of a file on the disk.

    A number that is blank is missing, whether or not TNULL says so: the standard has 0, but who leaves one out means
    nothing, and astropy has it so for fractions.
    """

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, TEXT)
        try:
            self._fields = [_field(self.header, number) for number in range(1, int(self.header["TFIELDS"]) + 1)]
        except (ValueError, KeyError) as error:
            raise pa.ArrowInvalid(first_line(error)) from error
        empty = np.zeros((0, self.width), np.uint8)
        self.schema = pa.schema([annotated(f.name, _column(f, empty).type, **f.notes) for f in self._fields])

    def batches(self, start: int = 0, places: Sequence[int] | None = None) -> Iterator[Rows]:
        """Yield the rows from one on: all columns, or those at some places."""
        places = range(len(self._fields)) if places is None else places
        schema = pa.schema([self.schema.field(place) for place in places])
        for first in range(start, self.count, self.rows_at_once):
            raw = self.raw(first, self.rows_at_once)
            columns = [_column(self._fields[place], raw) for place in places]
            yield Rows(pa.record_batch(columns, schema=schema))


def open_fits(stream: IO[bytes]) -> FitsRows | FitsTextRows:
    """Open the first binary table of a file, or the first text one where there is none."""
    try:
        return FitsRows(stream)
    except NotATableError:
        return FitsTextRows(stream)


def _field(header: Mapping[str, Any], number: int) -> _Field:
    form = _FORM.match(str(header[f"TFORM{number}"]))
    if form is None:
        raise ValueError(f"a FITS table whose TFORM{number} is {header[f'TFORM{number}']!r}")
    start, width = int(header[f"TBCOL{number}"]) - 1, int(form[2])
    if start < 0 or start + width > int(header["NAXIS1"]):
        raise ValueError(f"a FITS table whose column {number} is outside its rows")
    return _Field(
        name=str(header.get(f"TTYPE{number}", f"col{number}")),
        code=form[1],
        start=start,
        width=width,
        scale=header.get(f"TSCAL{number}", 1),
        zero=header.get(f"TZERO{number}", 0),
        null=str(header.get(f"TNULL{number}", "")).strip().encode(),
        notes=notes_in(header, number),
    )


def _column(field: _Field, rows: Bytes) -> pa.Array:
    cells = np.ascontiguousarray(rows[:, field.start : field.start + field.width])
    if field.code != "A":
        cells = np.where(cells == ord("D"), np.uint8(ord("E")), cells)  # Fortran's exponents
    texts = cells.view(f"S{field.width}").reshape(-1)
    stripped = np.char.strip(texts)
    missing = (stripped == field.null) & (field.null != b"")
    if field.code == "A":
        values = [bytes_as_text(text.rstrip(b" ")) for text in texts.tolist()]
        return pa.array(values, pa.string(), mask=missing)
    missing |= stripped == b""
    return pa.array(_numbers(field, np.where(missing, b"0", stripped)), mask=missing)


def _numbers(field: _Field, texts: npt.NDArray[np.bytes_]) -> npt.NDArray[np.generic]:
    """Return what texts say. Raises pyarrow.ArrowInvalid where that is no number."""
    kind = next((kind for width, kind in _WIDTHS if field.width <= width), "i8") if field.code == "I" else "f8"
    try:
        values = texts.astype(kind)
    except (ValueError, OverflowError) as error:
        raise pa.ArrowInvalid(f"the column '{field.name}': {first_line(error)}") from error
    if field.scale == 1 and field.zero == 0:
        return values
    scaled: npt.NDArray[np.generic] = values.astype(np.float64) * field.scale + field.zero
    return scaled
