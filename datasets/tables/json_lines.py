"""Tables of JSON Lines, an object a row, read in blocks."""

from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow as pa

_BATCH = 2**22
"""Bytes that are in memory at once."""


class JsonLines:
    """A file with a JSON object in each line; types are those of its first block."""

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.schema: pa.Schema = self._opened(None).schema

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        wanted = pa.schema([self.schema.field(place) for place in types])
        for batch in self._opened(wanted):
            yield [batch.column(name) for name in wanted.names]

    def _opened(self, wanted: pa.Schema | None) -> pa.RecordBatchReader:
        from pyarrow import json  # what is needed by few sources

        self._stream.seek(0)
        parse = json.ParseOptions(
            explicit_schema=wanted, unexpected_field_behavior="infer" if wanted is None else "ignore"
        )
        return json.open_json(self._stream, json.ReadOptions(block_size=_BATCH), parse)
