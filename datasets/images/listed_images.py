"""Images that a table names, or holds, to be classified."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from datasets.errors import SourceError
from datasets.images.image_columns import IMAGE_COLUMNS, URI_COLUMNS, known
from datasets.images.places import Naming, is_uri
from datasets.images.preparing import Content
from datasets.tables.cells import cell_readers, holds_images
from datasets.tables.reading import Table, table_file
from datasets.tables.values import is_scalar
from datasets.wording import few

_FIRST = 20


def listed_images(path: Path, called: str) -> Iterator[tuple[str, Callable[[], Content]]]:
    """Yield (name, what reads it) of the images that a table names or holds, without having it in memory.

    ``called`` is the table's name for the user. Raises SourceError where it has no column of images, or is damaged.
    """
    table = table_file(path, called)
    schema = table.schema()
    held = [field.name for field in schema if holds_images(field.type)]
    if held:
        reader = cell_readers(path, held[0], called)
        light = [field for field in schema if is_scalar(field.type)] or [schema.field(held[0])]
        rows = sum(len(batch[light[0].name]) for batch in table.read({light[0].name: light[0].type}))
        yield from ((f"{called}/{row}", reader(row)) for row in range(rows))
        return
    naming = Naming(str(path.parent.absolute()), str(Path.cwd()))
    column, row = naming_column(table, naming), 0
    for batch in table.read({column: pa.string()}):
        for value in batch[column].to_pylist():
            row += 1
            name = (value or "").strip()
            yield name or f"{called}/{row}", partial(naming.content, name)


def named_images(path: Path, called: str) -> list[str] | None:
    """Return the names of images that a table has in its rows, without blank ones; None where it holds images itself.

    Raises SourceError where it does neither, or is damaged.
    """
    table = table_file(path, called)
    if any(holds_images(field.type) for field in table.schema()):
        return None
    column = naming_column(table, None)
    values = (value for batch in table.read({column: pa.string()}) for value in batch[column].to_pylist())
    return [name for value in values if (name := (value or "").strip())]


def naming_column(table: Table, naming: Naming | None) -> str:
    """Return the column that names images: the first of a usual name that leads to one, or else the first.

    Without a ``naming`` the table is not followed. Raises SourceError where there is none.
    """

    def first_leads(name: str) -> bool:
        first = next(table.read({name: pa.string()}), None)
        values = [] if first is None else first[name][:_FIRST].to_pylist()
        return naming is not None and any(leads_to_one(naming, value) for value in values if value)

    return naming_among(table.name, table.header(), first_leads)


def naming_among(called: str, header: Sequence[str], first_leads: Callable[[str], bool]) -> str:
    """Return the column that names images, of a table ``called`` so, as `naming_column` does.

    ``first_leads`` says whether one of a column's first cells leads to an image. Raises SourceError where there
    is no such column.
    """
    names = known(header, (*IMAGE_COLUMNS, *URI_COLUMNS))
    if not names:
        raise SourceError(
            f"'{called}' cannot be imported: expected a column that names images, called path, filename, image or "
            f"so, found {few(header)}"
        )
    return names[0] if len(names) == 1 else next(filter(first_leads, names), names[0])


def leads_to_one(naming: Naming, value: str) -> bool:
    """Say whether a cell leads to an image, as far as that can be said without asking a storage."""
    return is_uri(value) or any(_is_there(place) for place in naming.places(value))


def _is_there(place: str) -> bool:
    try:
        return is_uri(place) or Path(place).is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
