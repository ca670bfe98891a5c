"""Columns of a table, CSV (also gzipped) or Parquet, read a batch at a time however long the table is."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv

from datasets.errors import SourceError, first_line

TABLE_SUFFIXES = (".csv", ".csv.gz", ".parquet")
BATCH = 2**22
"""Bytes of a CSV file that are in memory at once."""


def is_table(name: str) -> bool:
    """Say whether a file's name is that of a table."""
    return name.lower().endswith(TABLE_SUFFIXES)


@dataclass(frozen=True)
class Table:
    """A table in a file: its path, for errors, and what opens it."""

    name: str
    stream: Callable[[], IO[bytes]] = field(repr=False)

    def header(self) -> list[str]:
        """Return the columns' names as they stand. Raises SourceError where the file is no table."""
        with self._opened() as reader:
            return list(reader.names)

    def read(self, wanted: Mapping[str, pa.DataType], *, optional: Sequence[str] = ()) -> Iterator[dict[str, pa.Array]]:
        """Yield Arrow columns by name, a batch of rows at a time.

        ``wanted`` has the Arrow type of each column by its name in small letters; those that are ``optional`` may be
        absent. Raises SourceError where a column is missing, a value is not of its type, or the file is damaged.
        """
        with self._opened() as reader:
            places = {name.strip().casefold(): name for name in reversed(reader.names)}
            missing = [name for name in wanted if name not in places and name not in optional]
            if missing:
                raise SourceError(
                    f"'{self.name}' cannot be imported: expected the column '{missing[0]}', found "
                    f"{', '.join(reader.names[:8])}{', …' if len(reader.names) > 8 else ''}"
                )
            chosen = {name: places[name] for name in wanted if name in places}
            for batch in reader.batches({chosen[name]: wanted[name] for name in chosen}):
                yield {name: batch.column(place).cast(wanted[name]) for name, place in chosen.items()}

    @contextmanager
    def _opened(self) -> Iterator["_Csv | _Parquet"]:
        try:
            with self.stream() as raw:
                name = self.name.lower()
                stream = gzip.GzipFile(fileobj=raw) if name.endswith(".gz") else raw
                yield _Parquet(stream) if name.endswith(".parquet") else _Csv(stream)
        except (pa.ArrowException, OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise SourceError(
                f"'{self.name}' cannot be imported: expected a table, found {first_line(error)}"
            ) from error


class _Csv:
    """A CSV file, read in blocks."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        self._rest = io.BufferedReader(stream)  # type: ignore[type-var]  # streams of zips are typed too loosely
        self.names: list[str] = pa.csv.read_csv(pa.BufferReader(self._rest.readline(2**20))).column_names

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Yield the columns of these types."""
        if not self._rest.peek(1):
            return
        convert = pa.csv.ConvertOptions(include_columns=list(types), column_types=dict(types))
        options = pa.csv.ReadOptions(block_size=BATCH, column_names=self.names)
        yield from pa.csv.open_csv(self._rest, read_options=options, convert_options=convert)


class _Parquet:
    """A Parquet file, read by rows."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(stream)
        self.names: list[str] = self._file.schema_arrow.names

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Yield the columns of these names."""
        yield from self._file.iter_batches(batch_size=2**16, columns=list(types))


def table_file(path: Path) -> Table:
    """Return the table in a local file."""
    return Table(str(path), lambda: path.open("rb"))
