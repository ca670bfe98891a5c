"""Tables of Arrow's family, Parquet and Feather (Arrow IPC, as a file or a stream), read some rows at a time."""

from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow as pa

from datasets.documents import read_json

_ROWS = 2**16
_HEAVY_ROWS = 64
"""Rows that are in memory at once, where columns have numbers or names, and where they hold whole images."""


class Parquet:
    """A Parquet file, read by rows."""

    notes, decimal = (), "."

    def __init__(self, stream: IO[bytes]) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(stream)
        self.schema: pa.Schema = self._file.schema_arrow

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        names = [self.schema.names[place] for place in types]
        rows = _HEAVY_ROWS if any(map(_is_heavy, (self.schema.types[place] for place in types))) else _ROWS
        for batch in self._file.iter_batches(batch_size=rows, columns=names):
            yield [batch.column(_place_in(batch, self.schema, place)) for place in types]


class Feather:
    """An Arrow IPC file, read by its own batches."""

    notes, decimal = (), "."

    def __init__(self, stream: IO[bytes], *, is_stream: bool) -> None:
        self._stream, self._is_stream = stream, is_stream
        self.schema: pa.Schema = self._opened(None).schema

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        places = sorted(types)
        reader = self._opened(places)
        for batch in reader if self._is_stream else map(reader.get_batch, range(reader.num_record_batches)):
            batch.validate(full=True)  # else a damaged one ends the process where it is looked at
            yield [batch.column(places.index(place)) for place in types]

    def _opened(self, places: list[int] | None) -> "pa.RecordBatchReader | pa.ipc.RecordBatchFileReader":
        self._stream.seek(0)
        options = pa.ipc.IpcReadOptions(included_fields=places)
        return (pa.ipc.open_stream if self._is_stream else pa.ipc.open_file)(self._stream, options=options)


def legends(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Return the names of a column's integers, by the column's name, as Hugging Face's ``ClassLabel`` has them."""
    try:
        features = read_json((schema.metadata or {})[b"huggingface"])["info"]["features"]
        labels = {name: kind for name, kind in features.items() if kind.get("_type") == "ClassLabel"}
        return {name: tuple(map(str, kind["names"])) for name, kind in labels.items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def _place_in(batch: pa.RecordBatch, schema: pa.Schema, place: int) -> int:
    """Return where a batch has the column at a place of a file: several may have its name, all in the file's order."""
    names: list[str] = schema.names
    alike = [at for at, name in enumerate(batch.schema.names) if name == names[place]]
    return alike[names[:place].count(names[place])]


def _is_heavy(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
