"""Astronomers' tables, FITS and VOTable, as others are read: some columns, without the blanks that fill texts up."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from datasets.tables.exact.rows import Rows


class ExactColumns(Protocol):
    """A table that is read exactly, and of which some columns can be read without the others."""

    schema: pa.Schema

    def batches(self, start: int = 0, places: Sequence[int] | None = None) -> Iterator[Rows]:
        """Yield the rows from one on: all columns, or those at some places."""


class Astronomical:
    """Columns of a table that is read exactly."""

    notes, decimal = (), "."

    def __init__(self, table: ExactColumns) -> None:
        self._table = table
        self.schema = table.schema

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        for some in self._table.batches(places=list(types)):
            yield [_without_filling(values) for values in some.columns.columns]


def _without_filling(values: pa.Array) -> pa.Array:
    return pc.utf8_rtrim_whitespace(values) if pa.types.is_string(values.type) else values
