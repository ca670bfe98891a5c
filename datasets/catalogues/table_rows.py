"""Tables that name images by paths or URIs: their rows are kept as they are, in partitions."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from datasets.catalogues.layout import CatalogueLayout
from datasets.catalogues.record import Planned
from datasets.catalogues.rows import Galaxies
from datasets.errors import ImageError, SourceError
from datasets.images.files import ImageFile
from datasets.images.listed_images import leads_to_one, naming_among
from datasets.images.places import Naming, is_uri
from datasets.images.preparing import Content
from datasets.images.reading import file_head
from datasets.storage.folders import Folder
from datasets.tables.exact.appending import convert_table
from datasets.tables.exact.opening import open_exact
from datasets.tables.exact.rows import Rows
from datasets.tables.values import as_type

_FIRST = 20
# Behind a table's own columns: what its cell said of the image, and what is wrong with the row.
_BESIDE = pa.schema([("image", pa.string()), ("fault", pa.string())])


def plan_table(layout: CatalogueLayout, path: Path, called: str, folder: Folder, *, size: int, here: str) -> Planned:
    """Keep the rows of the table at ``path``, which lies in ``folder``, in partitions of ``size``.

    Relative paths of images are looked for from the folder, then from ``here``. Columns have the types that
    `datasets.convert_table` gives them in Parquet.
    Raises SourceError where the table is damaged, or names no images.
    """
    naming = Naming(folder.uri, here)
    place = _naming_place(path, called, naming)
    sizes, witness, notes = list[int](), None, tuple[str, ...]()
    with tempfile.TemporaryDirectory(prefix="galaxy-") as scratch:
        exact = path
        if not file_head(path).startswith(b"PAR1"):
            exact = Path(scratch, "rows.parquet")
            notes = convert_table(path, exact)
        parts = zip(_parted(_columns(exact), size), _parted(_beside(path, place), size), strict=True)
        for number, (rows, beside) in enumerate(parts):
            schema = pa.schema([*rows.schema, *_BESIDE], metadata=rows.schema.metadata)
            layout.write_rows(number, pa.record_batch([*rows.columns, *beside.columns], schema=schema))
            sizes.append(len(rows))
            witness = witness or _witness(naming, beside.column(0))
    details = {"called": called, "folder": folder.uri, "here": here}
    return Planned("table", details, sizes, witness=witness, notes=notes)


class TableRows:
    """Reads them: all columns as they are. See `plan_table`; the table is ``called`` so by the user."""

    def __init__(self, layout: CatalogueLayout, *, called: str, folder: str, here: str) -> None:
        self._layout, self._called, self._naming = layout, called, Naming(folder, here)

    def schema(self) -> pa.Schema:
        """Return the table's columns."""
        return _own(self._layout.read_rows(0).schema)

    def read(self, number: int, start: int, count: int) -> Iterator[Galaxies]:
        """Yield the rows of a partition, as `rows.Rows` has it."""
        kept = self._layout.read_rows(number)
        *columns, names, faults = kept.columns
        images = [
            self._image(start + row, name, fault)
            for row, (name, fault) in enumerate(zip(names.to_pylist(), faults.to_pylist(), strict=True))
        ]
        yield pa.record_batch(columns, schema=_own(kept.schema)), images

    def _image(self, row: int, name: str, fault: str | None) -> ImageFile:
        read = partial(self._naming.content, name) if fault is None else partial(_faulty, fault)
        return ImageFile(name or f"{self._called}/{row}", read)


def _own(schema: pa.Schema) -> pa.Schema:
    return pa.schema(list(schema)[: -len(_BESIDE)], metadata=schema.metadata)


def _naming_place(path: Path, called: str, naming: Naming) -> int:
    """Return the place of the column that names images."""
    with open_exact(path) as table:
        names = table.schema.names
        first = next(table.batches(), None)

    def first_leads(name: str) -> bool:
        values = [] if first is None else _texts(first, names.index(name))[:_FIRST]
        return any(leads_to_one(naming, value) for value in values if value)

    try:
        return int(names.index(naming_among(called, names, first_leads)))
    except SourceError as error:
        raise SourceError(str(error).replace("imported", "classified", 1)) from error


def _columns(path: Path) -> Iterator[pa.RecordBatch]:
    with open_exact(path) as table:
        for some in table.batches():
            yield some.columns


def _beside(path: Path, place: int) -> Iterator[pa.RecordBatch]:
    """Yield what a table's cells say of the images, as text, and what is wrong with a row."""
    with open_exact(path) as table:
        for some in table.batches():
            names = [(text or "").strip() for text in _texts(some, place)]
            faults = [some.faults.get(row) for row in range(len(names))]
            yield pa.record_batch([pa.array(names, pa.string()), pa.array(faults, pa.string())], schema=_BESIDE)


def _texts(some: Rows, place: int) -> list[str | None]:
    column = some.columns.schema.names[place]
    return list(as_type(some.columns.column(place), pa.string(), column=column).to_pylist())


def _parted(batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """Yield rows ``size`` at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) < size:
            continue
        whole = pa.concat_batches(waiting)
        last = len(whole) - len(whole) % size
        yield from (whole.slice(start, size) for start in range(0, last, size))
        waiting = [whole.slice(last)]
    if any(map(len, waiting)):
        yield pa.concat_batches(waiting)


def _witness(naming: Naming, names: pa.Array) -> str | None:
    """Return a local file that a table names, None where none of these is there."""
    for name in names.to_pylist():
        for place in naming.places(name) if name else ():
            if not is_uri(place) and Path(place).is_file():
                return place
    return None


def _faulty(reason: str) -> Content:
    raise ImageError(reason)
