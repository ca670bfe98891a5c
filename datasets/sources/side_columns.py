"""Side tables of sources that have no table: of columns in memory."""

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from datasets.sources.side_table import SideTable
from datasets.tables.reading import Table

Columns = Mapping[str, Any]
"""A sequence of values or an array (n,) by the name of the column."""


def side_columns(parts: Sequence[tuple[Columns, Sequence[str]]]) -> SideTable | None:
    """Make a side table of parts of a source, each its columns by name and the id of each row; None without any column.

    Values are text, numbers, truths or None; columns of other or of mixed kinds are left out.
    """
    tables: list[Table] = []
    rows: dict[str, tuple[int, int]] = {}
    for columns, ids in parts:
        arrays = {name: array for name, values in columns.items() if (array := _array(values)) is not None}
        if arrays:
            stream, table = io.BytesIO(), pa.table(arrays)
            with pa.ipc.new_file(stream, table.schema) as writer:
                writer.write_table(table)
            rows |= {name: (len(tables), row) for row, name in enumerate(ids)}
            tables.append(Table("the source's columns", partial(io.BytesIO, stream.getvalue())))
    return SideTable(tuple(tables), rows) if tables else None


def _array(values: Any) -> pa.Array | None:
    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError):
        return None
    return None if pa.types.is_null(array.type) or pa.types.is_nested(array.type) else array
