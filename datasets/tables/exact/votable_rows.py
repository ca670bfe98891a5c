"""The first table of a VOTable, read as it stands; astropy has it in memory as a whole."""

import warnings
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import SourceError, first_line
from datasets.tables.annotated import annotated
from datasets.tables.encodings import bytes_as_text
from datasets.tables.exact.rows import Rows

_ROWS = 8192


class VOTableRows:
    """The first table of a VOTable. Raises SourceError where its data lie elsewhere.

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
                _refuse_data_elsewhere(stream)
                self.file: Any = parse(stream)
                self.table: Any = self.file.get_first_table()
            except SourceError:
                raise
            except Exception as error:  # a damaged file fails with any type
                raise pa.ArrowInvalid(first_line(error)) from error
        self.count = len(self.table.array)
        self.schema = pa.schema([_annotated(field, self._column(field, 0, 0).type) for field in self.table.fields])

    def batches(self, start: int = 0, places: Sequence[int] | None = None) -> Iterator[Rows]:
        """Yield the rows from one on: all columns, or those at some places."""
        places = range(len(self.schema)) if places is None else places
        schema = pa.schema([self.schema.field(place) for place in places])
        for first in range(start, self.count, _ROWS):
            columns = [self._column(self.table.fields[place], first, first + _ROWS) for place in places]
            yield Rows(pa.record_batch(columns, schema=schema))

    def _column(self, field: Any, start: int, stop: int) -> pa.Array:
        data, mask = stored(self.table.array, field, start, stop)
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
        if each == 0:
            return pa.array([[]] * len(data), pa.list_(column.type))
        return column if each == 1 and data.ndim == 1 else pa.FixedSizeListArray.from_arrays(column, each)


def _refuse_data_elsewhere(stream: IO[bytes]) -> None:
    """Raise SourceError where a stream's data lie at a URL: astropy would follow it, to any file or machine."""
    from astropy.utils.xml.iterparser import get_xml_iterator

    with get_xml_iterator(stream) as elements:  # as astropy itself goes through them, whatever the encoding
        for is_start, tag, attributes, _ in elements:
            if is_start and tag == "STREAM" and "href" in attributes:
                raise SourceError(
                    "expected a table, found one whose data lie elsewhere (STREAM has an href), which is not followed: "
                    "download those, or save the table with its data in it"
                )
    stream.seek(0)


def stored(array: Any, field: Any, start: int, stop: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Return what astropy's array has of a field in some rows, and what is missing there.

    Apart, for a masked array gives no column of lists without elements.
    """
    return np.ma.getdata(array)[field.ID][start:stop], np.ma.getmaskarray(array)[field.ID][start:stop]


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
