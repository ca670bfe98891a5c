"""The image of each row of a table, which is read exactly: no row is left out, whatever is wrong with it."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from datasets.errors import ImageError, SourceError
from datasets.images.files import ImageFile
from datasets.images.listed_images import leads_to_one, naming_among
from datasets.images.places import Naming
from datasets.images.preparing import Content
from datasets.images.reading import file_head
from datasets.tables.cells import cell_readers, holds_images
from datasets.tables.exact.opening import open_exact
from datasets.tables.exact.rows import Rows
from datasets.tables.kinds import is_table
from datasets.tables.values import as_type

_FIRST = 20


def row_images(path: Path, start: int = 0) -> Iterator[ImageFile]:
    """Yield the image that each row of a table names or holds, from a row on.

    One whose row is faulty, or names none, says so when it is read. Raises SourceError where the table has no column of
    images, or is damaged.
    """
    with open_exact(path) as table:
        schema = table.schema
        held = [field.name for field in schema if holds_images(field.type)]
        if not held:
            place = _naming_place(path, schema.names)
            yield from _named(path, place, schema.names[place], start)
            return
    reader = cell_readers(path, held[0], str(path))
    yield from (ImageFile(f"{path}/{row}", reader(row)) for row in range(start, count_rows(path)))


def is_table_file(path: Path) -> bool:
    """Say whether there is a table at a local path, by its name and its first bytes."""
    return path.is_file() and is_table(path.name, partial(file_head, path))


def count_rows(path: Path) -> int:
    """Return the number of a table's rows. Raises SourceError where it is damaged."""
    with open_exact(path) as table:
        return table.count if table.count is not None else sum(len(some.columns) for some in table.batches())


def _named(path: Path, place: int, column: str, start: int) -> Iterator[ImageFile]:
    naming, row = _naming(path), start
    with open_exact(path) as table:
        for some in table.batches(start):
            for at, value in enumerate(_texts(some, place, column)):
                name = (value or "").strip()
                read = partial(_faulty, some.faults[at]) if at in some.faults else partial(naming.content, name)
                yield ImageFile(name or f"{path}/{row}", read)
                row += 1


def _naming_place(path: Path, names: Sequence[str]) -> int:
    """Return the place of the column that names images, as `naming_column` finds it."""

    def first_leads(name: str) -> bool:
        with open_exact(path) as table:
            some = next(table.batches(), None)
            values = [] if some is None else _texts(some, names.index(name), name)[:_FIRST]
        return any(leads_to_one(_naming(path), value) for value in values if value)

    try:
        return names.index(naming_among(str(path), names, first_leads))
    except SourceError as error:
        raise SourceError(str(error).replace("imported", "classified", 1)) from error


def _texts(some: Rows, place: int, column: str) -> list[str | None]:
    return list(as_type(some.columns.column(place), pa.string(), column=column).to_pylist())


def _naming(path: Path) -> Naming:
    return Naming(str(path.parent.absolute()), str(Path.cwd()))


def _faulty(reason: str) -> Content:
    raise ImageError(reason)
