"""Tables that go out, CSV and Parquet, written a row at a time."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TextIO

Cell = str | Sequence[str] | float | bool | None
AddRow = Callable[[Sequence[Cell]], None]
_ROWS = 4096
"""Rows of a Parquet file that are in memory at once."""


@dataclass(frozen=True)
class Column:
    """A column of a table, each of whose values may be None.

    Attributes:
        name: its name.
        kind: what its values are: ``text`` str, ``texts`` sequences of str, ``number`` float, ``truth`` bool.
        decimals: of a number in CSV; Parquet keeps it as float32.
    """

    name: str
    kind: Literal["text", "texts", "number", "truth"] = "text"
    decimals: int = 6

    def as_text(self, value: Cell) -> str:
        """Return a value as CSV has it: nothing for None, several texts with ``; `` between them."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, Sequence):
            return value if isinstance(value, str) else "; ".join(value)
        return f"{value:.{self.decimals}f}"


@contextmanager
def table_writer(path: Path, columns: Sequence[Column]) -> Iterator[AddRow]:
    """Yield what adds a row to the table at ``path``, which is Parquet if its suffix says so, and else CSV.

    A row has a value for each column. The file is complete when the block ends.
    """
    if path.suffix.lower() == ".parquet":
        with parquet_writer(path, columns) as add:
            yield add
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield csv_writer(file, columns)


def csv_writer(file: TextIO, columns: Sequence[Column]) -> AddRow:
    """Write a table's header, and return what adds a row to it."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    return lambda row: writer.writerow([c.as_text(value) for c, value in zip(columns, row, strict=True)])


@contextmanager
def parquet_writer(target: Path | IO[bytes], columns: Sequence[Column]) -> Iterator[AddRow]:
    """Yield what adds a row to a Parquet file, at a path or in a stream, that is complete when the block ends."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    types = {"text": pa.string(), "texts": pa.list_(pa.string()), "number": pa.float32(), "truth": pa.bool_()}
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    rows: list[Sequence[Cell]] = []

    def flush() -> None:
        arrays = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
        rows.clear()

    def add(row: Sequence[Cell]) -> None:
        rows.append(row)
        if len(rows) == _ROWS:
            flush()

    with ParquetWriter(target, schema) as writer:
        yield add
        if rows:
            flush()
