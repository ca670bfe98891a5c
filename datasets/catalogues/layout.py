"""Names in the folder of a catalogue's answers, and which partitions are done.

``part-00000.parquet`` … hold the answers; a partition is done when its file is there, which is written whole or not at
all, under the same name whoever writes it. All else has a name that begins with ``_``: what reads a folder of Parquet
files (pandas, Arrow, DuckDB, Spark) passes it over.
"""

import io
import re
from dataclasses import dataclass

import pyarrow as pa

from datasets.errors import FormatError
from datasets.storage.folders import Folder, storage_errors
from datasets.storage.remote_file import RemoteFile

CATALOGUE_RECORD = "_catalogue.json"
CATALOGUE_DRIVERS = "_drivers"
"""Where whoever has the partitions done says that it lives: one at a time."""
_PLAN = "_plan"
_PARTITION = re.compile(r"part-(\d{5,})\.parquet")


@dataclass(frozen=True)
class CatalogueLayout:
    """The names in ``root``."""

    root: Folder

    def done(self) -> set[int]:
        """Return the numbers of the partitions whose answers are there."""
        return {int(found[1]) for name in self.root.names() if (found := _PARTITION.fullmatch(name))}

    def others(self) -> list[str]:
        """Return what is there and is nothing of a catalogue's, sorted."""
        ours = (CATALOGUE_RECORD, CATALOGUE_DRIVERS, _PLAN)
        return [name for name in self.root.names() if name not in ours and not _PARTITION.fullmatch(name)]

    def partition(self, number: int) -> str:
        """Return the name of the file with a partition's answers."""
        return f"part-{number:05d}.parquet"

    def forget(self) -> None:
        """Delete the answers of all partitions."""
        for number in self.done():
            self.root.delete(self.partition(number))

    def write_rows(self, number: int, rows: pa.RecordBatch) -> None:
        """Keep the rows of a partition, as they were when the source was listed."""
        sink = io.BytesIO()
        with pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_batch(rows)
        self.root.write_whole(self._rows(number), sink.getvalue())

    def read_rows(self, number: int) -> pa.RecordBatch:
        """Return the rows of a partition. Raises FileNotFoundError, or pyarrow's errors where they are damaged."""
        reader = pa.ipc.open_file(pa.py_buffer(self.root.read(self._rows(number))))
        batch = reader.get_batch(0)
        batch.validate(full=True)  # else a damaged one ends the process where it is looked at
        return batch

    def said_of(self, number: int) -> dict[str, str]:
        """Return the metadata of a partition's file. Raises FormatError where it is damaged, StorageError."""
        import pyarrow.parquet as pq

        where = self.root.child(self.partition(number)).uri
        with storage_errors("read", where, absent_is_error=True):
            source = pa.OSFile(where) if self.root.local is not None else pa.PythonFile(RemoteFile(where))
            try:
                with source:
                    said = pq.read_metadata(source).metadata or {}
            except pa.ArrowInvalid as error:
                raise FormatError(
                    f"'{where}' is damaged: {error}: delete it, and the same command does it again"
                ) from error
        return {key.decode(): value.decode() for key, value in said.items() if key != b"ARROW:schema"}

    def _rows(self, number: int) -> str:
        return f"{_PLAN}/rows-{number:05d}.arrow"
