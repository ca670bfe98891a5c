"""Tables whose readers give Arrow's own types: Parquet, Feather, JSON Lines."""

from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from datasets.tables.exact.rows import Rows
from datasets.tables.kinds import Reader
from datasets.tables.texts import has_text

_ROWS = 8192
_HEAVY_ROWS = 64
"""Rows that are in memory at once, where they hold numbers and names, and where they hold whole images."""


class ParquetRows:
    """A Parquet file; only the groups of rows that are asked for are read."""

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(stream)
        self.schema: pa.Schema = self._file.schema_arrow
        self.count = self._file.metadata.num_rows

    def batches(self, start: int = 0) -> Iterator[Rows]:
        """Yield the rows from one on."""
        groups = list(range(self._file.num_row_groups))
        while groups and start >= (size := self._file.metadata.row_group(groups[0]).num_rows):
            start -= size
            groups.pop(0)
        is_heavy = not all(map(has_text, self.schema.types))
        for batch in self._file.iter_batches(_HEAVY_ROWS if is_heavy else _ROWS, row_groups=groups):
            if start < len(batch):
                yield Rows(batch.slice(start))
            start = max(0, start - len(batch))


class ReadRows:
    """What another reader reads, all of it."""

    count = None

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.schema = reader.schema

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the reader."""
        return self._reader.notes

    def batches(self, start: int = 0) -> Iterator[Rows]:
        """Yield the rows from one on, once."""
        for columns in self._reader.batches(dict(enumerate(self.schema.types))):
            batch = pa.record_batch(columns, schema=self.schema)
            for place in range(start, len(batch), _ROWS):
                yield Rows(batch.slice(place, _ROWS))
            start = max(0, start - len(batch))
