"""Tables that name images by paths or URIs: their rows are kept as they are, in partitions."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa

from datasets.catalogues.layout import CatalogueLayout
from datasets.catalogues.record import Planned
from datasets.catalogues.rows import Galaxies
from datasets.images.files import ImageFile
from datasets.images.listed_images import naming_column
from datasets.images.places import Naming, is_uri
from datasets.storage.folders import Folder, storage_errors
from datasets.storage.remote import open_remote
from datasets.tables.reading import Table, table_file
from datasets.tables.values import as_type

_BLOCK = 2**20


@contextmanager
def opened_table(folder: Folder, name: str, called: str) -> Iterator[Table]:
    """Give the table of a name in a folder, which the user calls ``called``; a remote one is fetched to a file."""
    where = folder.child(name).uri
    if folder.local is not None:
        yield table_file(Path(where), called)
        return
    with tempfile.TemporaryDirectory(prefix="galaxy-") as scratch, storage_errors("read", where, absent_is_error=True):
        local = Path(scratch, name.rpartition("/")[2])
        filesystem, path = open_remote(where)
        with filesystem.open_input_stream(path) as stream, local.open("wb") as file:
            while block := stream.read(_BLOCK):
                file.write(block)
        yield table_file(local, called)


def plan_table(layout: CatalogueLayout, table: Table, folder: Folder, *, size: int, here: str) -> Planned:
    """Keep the rows of a table that lies in ``folder``, in partitions of ``size``.

    Relative paths are looked for from the folder, then from ``here``.
    Raises SourceError where the table is damaged, or names no images.
    """
    naming = Naming(folder.uri, here)
    column = naming_column(table, naming)
    place = table.header().index(column)
    sizes, witness = [], None
    for number, rows in enumerate(_parted(table, size)):
        layout.write_rows(number, rows)
        sizes.append(len(rows))
        witness = witness or _witness(naming, as_type(rows.column(place), pa.string(), column=column))
    details = {"called": table.name, "place": place, "folder": folder.uri, "here": here}
    return Planned("table", details, sizes, witness=witness)


class TableRows:
    """Reads them: all columns as they are; the one at ``place`` names the image, see `plan_table` for the others."""

    def __init__(self, layout: CatalogueLayout, *, called: str, place: int, folder: str, here: str) -> None:
        self._layout, self._called, self._place = layout, called, place
        self._naming = Naming(folder, here)

    def schema(self) -> pa.Schema:
        """Return the table's columns."""
        return self._layout.read_rows(0).schema

    def read(self, number: int, start: int, count: int) -> Iterator[Galaxies]:
        """Yield the rows of a partition, as `rows.Rows` has it."""
        kept = self._layout.read_rows(number)
        cells = as_type(kept.column(self._place), pa.string(), column=kept.schema.names[self._place]).to_pylist()
        names = [(cell or "").strip() for cell in cells]
        yield (
            kept,
            [
                ImageFile(name or f"{self._called}/{start + row}", partial(self._naming.content, name))
                for row, name in enumerate(names, start=1)
            ],
        )


def _parted(table: Table, size: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table, ``size`` at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in table.batches():
        waiting.append(batch)
        while sum(map(len, waiting)) >= size:
            whole = pa.Table.from_batches(waiting)
            yield whole[:size].combine_chunks().to_batches()[0]
            waiting = whole[size:].to_batches()
    if any(map(len, waiting)):
        yield pa.Table.from_batches(waiting).combine_chunks().to_batches()[0]


def _witness(naming: Naming, names: pa.Array) -> str | None:
    """Return a local file that a table names, None where none of these is there."""
    for name in names.to_pylist():
        for place in naming.places((name or "").strip()):
            if not is_uri(place) and Path(place).is_file():
                return place
    return None
