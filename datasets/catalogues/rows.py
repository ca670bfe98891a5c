"""The rows of a partition: what the source says of each, and its image."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from datasets.catalogues.layout import CatalogueLayout
from datasets.images.files import ImageFile

Galaxies = tuple[pa.RecordBatch, Sequence[ImageFile]]
"""Rows as the source has them, and the image of each."""


class Rows(Protocol):
    """Reads the partitions of a catalogue. Raises StorageError, FormatError or pyarrow's errors where it cannot."""

    def schema(self) -> pa.Schema:
        """Return the columns that the source has."""

    def read(self, number: int, start: int, count: int) -> Iterator[Galaxies]:
        """Yield the rows of partition ``number``: ``count`` of them, from row ``start`` of the source on."""


def open_rows(layout: CatalogueLayout, source: str, kind: str, details: Mapping[str, Any]) -> Rows:
    """Return what reads the rows of a source that was planned as of this kind."""
    # Each only where it is needed: a worker imports one of them.
    if kind == "files":
        from datasets.catalogues.file_rows import FileRows

        return FileRows(layout, source)
    if kind == "table":
        from datasets.catalogues.table_rows import TableRows

        return TableRows(layout, **details)
    if kind == "parquet":
        from datasets.catalogues.parquet_rows import ParquetRows

        return ParquetRows(source, **details)
    from datasets.catalogues.dataset_rows import DatasetRows

    return DatasetRows(source, **details)
