"""Tables that go out, CSV and Parquet, written a batch of rows at a time."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

import pyarrow as pa

from datasets.tables.csv_metadata import csv_metadata, metadata_name
from datasets.tables.csv_rows import write_csv
from datasets.tables.formulas import harmless
from datasets.tables.texts import as_texts

_GROUP_ROWS, _GROUP_BYTES = 2**16, 2**26
"""Of a group of rows in a Parquet file, which is in memory at once: one of them is reached."""
Write = Callable[[pa.RecordBatch], None]


@contextmanager
def table_writer(path: Path, schema: pa.Schema, *, guarded: int = 0) -> Iterator[Write]:
    """Yield what adds a batch to the table at ``path``, which is Parquet if its suffix says so, and else CSV.

    The file is complete when the block ends. Beside a CSV is one with what it cannot say of itself (`csv_metadata`).
    ``guarded`` as in `csv_writer`.
    """
    if path.suffix.lower() == ".parquet":
        with parquet_writer(path, schema) as write:
            yield write
    else:
        path.with_name(metadata_name(path.name)).write_bytes(csv_metadata(path.name, schema))
        with path.open("w", encoding="utf-8", newline="") as file:
            yield csv_writer(file, schema, guarded=guarded)


def place_table(built: Path, target: Path) -> None:
    """Move a table that is complete, and what is said beside it, to where they belong, in the place of older ones.

    Whatever ends it, nothing is said of a table that is of another one: what was said goes first, and comes last.
    """
    said, beside = (path.with_name(metadata_name(path.name)) for path in (built, target))
    with built.open("rb") as file:
        os.fsync(file.fileno())  # what it was made from may be removed next
    if said.exists():
        beside.unlink(missing_ok=True)
    built.replace(target)
    if said.exists():
        said.replace(beside)


def csv_writer(file: TextIO, schema: pa.Schema, *, guarded: int = 0) -> Write:
    """Write a table's header, and return what adds a batch to it.

    What is absent is empty, several texts have ``; `` between them, and numbers all their digits. From the column at
    the place ``guarded`` on no cell is a formula: one that would be has a ``'`` in front.
    """
    write_csv(file, [[*schema.names[:guarded], *map(harmless, schema.names[guarded:])]])

    def write(batch: pa.RecordBatch) -> None:
        columns = []
        for place, (field, values) in enumerate(zip(schema, batch.columns, strict=True)):
            guard = place >= guarded and not pa.types.is_floating(field.type)  # a number below 0 is no formula
            texts = as_texts(values, field)
            columns.append([text if text is None else harmless(text) for text in texts] if guard else texts)
        write_csv(file, zip(*columns, strict=True))

    return write


@contextmanager
def parquet_writer(target: Path | IO[bytes], schema: pa.Schema) -> Iterator[Write]:
    """Yield what adds a batch to a Parquet file, at a path or in a stream, that is complete when the block ends."""
    from pyarrow.parquet import ParquetWriter

    waiting: list[pa.RecordBatch] = []

    def flush() -> None:
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema))
            waiting.clear()

    def write(batch: pa.RecordBatch) -> None:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _GROUP_ROWS or sum(each.nbytes for each in waiting) >= _GROUP_BYTES:
            flush()

    with ParquetWriter(target, schema) as writer:
        yield write
        flush()
