"""What every exact reader of a table gives: its columns, and batches of its rows in their order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Rows:
    """Some rows that follow each other. ``faults`` says of a row, by its place among these, what is wrong with it."""

    columns: pa.RecordBatch
    faults: Mapping[int, str] = field(default_factory=dict)


class ExactTable(Protocol):
    """A table that is open. Its names may be there twice; notes of columns are in the metadata of the fields."""

    schema: pa.Schema

    @property
    def count(self) -> int | None:
        """Number of its rows; None where only reading them tells."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person must know of what has been read so far, to follow "'a.csv' is"."""

    def batches(self, start: int = 0) -> Iterator[Rows]:
        """Yield the rows from one on, once."""
