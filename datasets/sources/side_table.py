"""What a source's tables say of its images beside their classes: votes, magnitudes, redshifts, names."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from datasets.errors import SourceError
from datasets.tables.inference import Inference, typed
from datasets.tables.reading import Table
from datasets.tables.values import as_type, is_scalar

ID = "id"
"""The column of the items' ids. A column of that name in the source has a ``_`` behind."""
_ROWS = 4096
"""Rows that are in memory at once; there may be hundreds of columns."""
_TAKEN = re.compile(f"{ID}_*")


@dataclass(frozen=True)
class SideTable:
    """All scalar columns of a source's table, or of several, by the ids of items.

    ``rows`` has for each item that a table tells of: which of the tables, and which of its rows, counted from 0.
    Columns of lists or images are left out, and those whose name a table has twice. The tables are read when this is
    written, a batch of rows at a time.
    """

    tables: tuple[Table, ...]
    rows: Mapping[str, tuple[int, int]] = field(repr=False)

    def write(self, path: Path, ids: Collection[str]) -> tuple[str, ...]:
        """Write the rows of these items to a Parquet file, in the order of the tables; return the columns but the ids'.

        A column of text that has numbers or truths alone is one of those there. Without any column no file is written.
        Raises SourceError where a table cannot be read.
        """
        import pyarrow.parquet as pq

        types = _types(self.tables)
        if not types:
            return ()
        kinds = {name: Inference() for name in types if types[name] == pa.string()}
        drafts: list[tuple[Path, str]] = []
        for number, (table, known) in enumerate(zip(self.tables, self._known(ids), strict=True)):
            draft, decimal = path.with_suffix(f".{number}.draft"), table.decimal()
            drafts.append((draft, decimal))
            with pq.ParquetWriter(draft, _schema(types)) as writer:
                for batch in _batches(table, types, known):
                    writer.write_batch(batch)
                    for name, kind in kinds.items():
                        kind.see(batch.column(_named(name)), decimal)
        final = _schema(types | {name: kind.type for name, kind in kinds.items()})
        with pq.ParquetWriter(path, final) as writer:
            for draft, decimal in drafts:
                with pq.ParquetFile(draft) as file:
                    for batch in file.iter_batches(batch_size=_ROWS):
                        pairs = zip(batch.columns, final.types, strict=True)
                        columns = [
                            typed(values, kind, decimal) if values.type != kind else values for values, kind in pairs
                        ]
                        writer.write_batch(pa.record_batch(columns, schema=final))
                draft.unlink()
        return tuple(final.names[1:])

    def _known(self, ids: Collection[str]) -> list[list[tuple[int, str]]]:
        """Return for each table (row, id) of those that it tells of, in the order of its rows."""
        known: list[list[tuple[int, str]]] = [[] for _ in self.tables]
        for name in ids:
            if name in self.rows:
                number, row = self.rows[name]
                known[number].append((row, name))
        return list(map(sorted, known))


def _batches(
    table: Table, types: Mapping[str, pa.DataType], known: Sequence[tuple[int, str]]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of some items, with all columns; those that their table lacks are null."""
    rows, start, scalars = np.array([row for row, _ in known], np.int64), 0, _scalars(table)
    kinds = {name: kind if pa.types.is_floating(kind) else types[name] for name, kind in scalars.items()}
    for columns in table.read(kinds) if scalars else ():
        stop = start + len(next(iter(columns.values())))
        first, last = np.searchsorted(rows, (start, stop))
        chosen = pa.array(rows[first:last] - start)
        absent = pa.nulls(len(chosen))
        values = [
            _of_type(columns[name].take(chosen), kind, name) if name in columns else absent.cast(kind)
            for name, kind in types.items()
        ]
        items = pa.array([name for _, name in known[first:last]], pa.string())
        yield pa.record_batch([items, *values], schema=_schema(types))
        start = stop


def _of_type(values: pa.Array, kind: pa.DataType, name: str) -> pa.Array:
    """Cast a column. Numbers whose last digits their table has lost become text as they are, with an exponent."""
    try:
        return as_type(values, kind, column=name)
    except SourceError:
        return values.cast(kind)


def _types(tables: tuple[Table, ...]) -> dict[str, pa.DataType]:
    """Return the type of each column; one that is of another type in another table is text."""
    types: dict[str, pa.DataType] = {}
    for table in tables:
        for name, kind in _scalars(table).items():
            types[name] = kind if types.get(name, kind) == kind else pa.string()
    return types


def _scalars(table: Table) -> dict[str, pa.DataType]:
    schema = table.schema()
    times = Counter(schema.names)
    kinds = {item.name: item.type for item in schema if is_scalar(item.type) and times[item.name] == 1 and item.name}
    return {name: _plain(kind) for name, kind in kinds.items()}


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_null(kind) else kind


def _schema(types: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema([(ID, pa.string()), *((_named(name), kind) for name, kind in types.items())])


def _named(name: str) -> str:
    return f"{name}_" if _TAKEN.fullmatch(name) else name
