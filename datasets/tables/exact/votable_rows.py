"""The first table of a VOTable, read as it stands; astropy has it in memory as a whole."""

import warnings
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import first_line
from datasets.tables.annotated import annotated
from datasets.tables.encodings import bytes_as_text
from datasets.tables.exact.rows import Rows

_ROWS = 8192


class VOTableRows:
    """The first table of a VOTable.

    Attributes:
        file: the whole file, as astropy has it.
        table: the table in it.
    """

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        from astropy.io.votable import parse

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.file: Any = parse(stream)
                self.table: Any = self.file.get_first_table()
            except Exception as error:  # a damaged file fails with any type
                raise pa.ArrowInvalid(first_line(error)) from error
        self.count = len(self.table.array)
        self.schema = pa.schema([_annotated(field, self._column(field, 0, 0).type) for field in self.table.fields])

    def batches(self, start: int = 0) -> Iterator[Rows]:
        """Yield the rows from one on."""
        for place in range(start, len(self.table.array), _ROWS):
            columns = [self._column(field, place, place + _ROWS) for field in self.table.fields]
            yield Rows(pa.record_batch(columns, schema=self.schema))

    def _column(self, field: Any, start: int, stop: int) -> pa.Array:
        values = self.table.array[field.ID][start:stop]
        mask = np.ma.getmaskarray(values)
        data = np.asarray(values)
        if field.datatype in {"char", "unicodeChar"}:
            return pa.array([_text(each) for each in data.tolist()], pa.string(), mask=mask)
        if data.dtype.kind == "O":
            kind = pa.from_numpy_dtype(_element(field))
            return pa.array([_listed(each) for each in data], pa.list_(kind))
        flat, hidden = data.reshape(-1), mask.reshape(-1)
        if flat.dtype.kind == "c":
            flat = np.ascontiguousarray(flat).view(np.float32 if flat.dtype.itemsize == 8 else np.float64)
            hidden = hidden.repeat(2)
        if flat.dtype.kind == "f":  # where NaN is nothing, too
            hidden = hidden & ~np.isnan(flat)
        column = pa.array(np.ascontiguousarray(flat), mask=hidden)
        each = int(np.prod(data.shape[1:])) * (2 if data.dtype.kind == "c" else 1)
        return column if each == 1 and data.ndim == 1 else pa.FixedSizeListArray.from_arrays(column, each)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return bytes_as_text(value)
    return None if value is None else str(value)


def _element(field: Any) -> npt.DTypeLike:
    """Return the type of the elements of an array of any length."""
    kinds = {"boolean": "?", "bit": "?", "unsignedByte": "u1", "short": "i2", "int": "i4", "long": "i8", "float": "f4"}
    return np.dtype(kinds.get(field.datatype, "f4" if field.datatype == "floatComplex" else "f8"))


def _listed(value: Any) -> list[Any] | None:
    if value is None or value is np.ma.masked:
        return None
    array = np.ma.asarray(value).reshape(-1)
    if array.dtype.kind == "c":
        array = np.ma.asarray(np.ascontiguousarray(array.filled(np.nan)).view(array.real.dtype))
    if array.dtype.kind == "f":
        array = np.ma.asarray(array.filled(np.nan))
    listed: list[Any] = array.tolist()
    return listed


def _annotated(field: Any, kind: pa.DataType) -> pa.Field:
    notes = {"unit": field.unit, "ucd": field.ucd, "description": field.description, "xtype": field.xtype}
    said = {key: str(value).strip() for key, value in notes.items() if value is not None}
    is_complex = "true" if "Complex" in field.datatype else ""
    return annotated(str(field.name or field.ID), kind, **said, complex=is_complex)
