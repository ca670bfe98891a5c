"""VOTables, written in whatever memory a few thousand rows take: astropy writes parts, and they are put together."""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from datasets.tables.annotated import as_texts as said_of
from datasets.tables.exact.names import in_xml
from datasets.tables.exact.survey import ColumnSurvey
from datasets.tables.exact.votable_fields import add_fields
from datasets.tables.exact.votable_rows import VOTableRows, stored
from datasets.tables.exact.votable_values import ExactValues
from datasets.tables.texts import as_texts
from datasets.tables.writing import Write

_VERSION = "1.4"
_BEGIN, _END = b"<TABLEDATA>\n", b"</TABLEDATA>"


@contextmanager
def votable_writer(path: Path, schema: pa.Schema, seen: Sequence[ColumnSurvey], exact: ExactValues) -> Iterator[Write]:
    """Yield what adds a batch to a VOTable, which is complete when the block ends.

    What is said of all rows, the schema's metadata, becomes its INFO. Of names that are there twice the later ones end
    in a number. ``exact`` learns which columns had to be escaped.
    """
    from astropy.io.votable import tree

    file = tree.VOTableFile(version=_VERSION)
    resource, table = tree.Resource(), tree.TableElement(file)
    file.resources.append(resource)
    resource.tables.append(table)
    add_fields(file, table, schema, seen, [])
    exact.of_file(file)
    _say(resource, said_of(schema.metadata))
    with path.open("wb") as stream:
        parts = _Parts(file, table, stream)

        def write(batch: pa.RecordBatch) -> None:
            array = _empty(table, len(batch))
            for field, kind, values in zip(table.fields, schema, batch.columns, strict=True):
                _fill(array, field, kind, values)
            parts.add(array)

        yield write
        parts.end()


def append_to_votable(
    path: Path,
    rows: VOTableRows,
    schema: pa.Schema,
    seen: Sequence[ColumnSurvey],
    added: Iterator[pa.RecordBatch],
    exact: ExactValues,
) -> None:
    """Write a VOTable again with further columns in its first table; all else in it stays as it is.

    ``added`` has as many rows as the table. ``exact`` learns which columns had to be escaped.
    """
    table, old = rows.table, rows.table.array
    kept = len(table.fields)
    _say(next(resource for resource in _resources(rows.file) if table in resource.tables), said_of(schema.metadata))
    add_fields(rows.file, table, schema, seen, [str(field.name) for field in table.fields])
    exact.of_file(rows.file)
    start = 0
    with path.open("wb") as stream:
        parts = _Parts(rows.file, table, stream)
        for batch in added:
            array = _empty(table, len(batch))
            for field in table.fields[:kept]:
                array.data[field.ID], array.mask[field.ID] = stored(old, field, start, start + len(batch))
            for field, kind, values in zip(table.fields[kept:], schema, batch.columns, strict=True):
                _fill(array, field, kind, values)
            parts.add(array)
            start += len(batch)
        parts.end()


class _Parts:
    """A file that is written with some rows at a time."""

    def __init__(self, file: Any, table: Any, stream: IO[bytes]) -> None:
        self._file, self._table, self._stream = file, table, stream
        self._tail: bytes | None = None

    def add(self, array: Any) -> None:
        """Write some rows, and what is above them if they are the first."""
        if not len(array):
            return
        if self._tail is None:
            head, rows, self._tail = self._split(self._file, array)
            self._stream.write(head)
        else:
            _, rows, _ = self._split(self._alone(), array)
        self._stream.write(rows)

    def end(self) -> None:
        """Write what is below the rows."""
        if self._tail is None:
            self._table.array = _empty(self._table, 0)
            self._tail = _as_xml(self._file)
        self._stream.write(self._tail)

    def _split(self, file: Any, array: Any) -> tuple[bytes, bytes, bytes]:
        self._table.array = array
        text = _as_xml(file)
        start = text.index(_BEGIN) + len(_BEGIN)
        end = text.index(_END, start)
        return text[:start], text[start:end], text[end:]

    def _alone(self) -> Any:
        """Return a file with the table alone, of which the rows are written alike."""
        from astropy.io.votable import tree

        file, resource = tree.VOTableFile(version=self._file.version), tree.Resource()
        file.resources.append(resource)
        resource.tables.append(self._table)
        return file


def _as_xml(file: Any) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.to_xml(stream, tabledata_format="tabledata")
    return stream.getvalue()


def _empty(table: Any, rows: int) -> Any:
    """Return an array for rows of the table's fields."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.create_arrays(rows)
    return table.array


def _fill(array: Any, field: Any, kind: pa.Field, values: pa.Array) -> None:
    """Put a column of a batch into its field of an array."""
    data, mask = array.data[field.ID], array.mask[field.ID]
    missing = values.is_null().to_numpy(zero_copy_only=False)
    if field.datatype in {"char", "unicodeChar"}:
        data[:] = [text or "" for text in as_texts(values, kind)]
        mask[:] = missing
    elif data.dtype.kind == "O":
        dtype = values.type.value_type.to_pandas_dtype()
        for row, cell in enumerate(values.to_pylist()):
            hidden = np.array([each is None for each in cell or ()], np.bool_)
            plain = np.array([0 if each is None else each for each in cell or ()], dtype)
            if "Complex" in field.datatype:
                plain, hidden = plain.astype(np.float64).view(np.complex128), hidden[::2]
            data[row] = np.ma.array(plain, mask=hidden)
    elif pa.types.is_nested(values.type):
        for row, cell in enumerate(values.to_pylist()):
            elements = cell or [None] * values.type.list_size
            plain = np.array([0 if each is None else each for each in elements])
            if data.dtype.kind == "c":
                plain = plain.astype(np.float64).view(np.complex128)
                elements = elements[::2]
            data[row] = plain.reshape(data.shape[1:])
            mask[row] = np.array([each is None for each in elements]).reshape(data.shape[1:])
    else:
        filled = values.fill_null(False if pa.types.is_boolean(values.type) else 0)
        data[:] = filled.to_numpy(zero_copy_only=False)
        mask[:] = missing


def _say(resource: Any, about: Mapping[str, str]) -> None:
    from astropy.io.votable import tree

    for key, value in about.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a key is no ID: it needs none, and a column may have it
            info = tree.Info(name=in_xml(key), value=in_xml(value))
            del info.ID
        resource.infos.append(info)


def _resources(parent: Any) -> Iterator[Any]:
    for resource in parent.resources:
        yield resource
        yield from _resources(resource)
