"""Images that a table names, or holds, to be classified."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from datasets.errors import ImageError, SourceError
from datasets.images.file_names import as_path, suffix_of
from datasets.images.fits.names import read_content
from datasets.images.image_columns import IMAGE_COLUMNS, known
from datasets.images.preparing import Content
from datasets.images.reading import read_file
from datasets.tables.cells import cell_reader, holds_images
from datasets.tables.reading import Table, table_file
from datasets.tables.values import is_scalar
from datasets.wording import few

_USUAL = (".jpg", ".png", ".jpeg", ".fits", ".JPG", ".tif", ".webp")
"""Suffixes that are tried where a table names images without one."""
_FIRST = 20


def listed_images(path: Path, called: str) -> Iterator[tuple[str, Callable[[], Content]]]:
    """Yield (name, what reads it) of the images that a table names or holds, without having it in memory.

    ``called`` is the table's name for the user. Raises SourceError where it has no column of images, or is damaged.
    """
    table = table_file(path, called)
    schema = table.schema()
    held = [field.name for field in schema if holds_images(field.type)]
    if held:
        light = [field for field in schema if is_scalar(field.type)] or [schema.field(held[0])]
        rows = sum(len(batch[light[0].name]) for batch in table.read({light[0].name: light[0].type}))
        yield from ((f"{called}/{row}", cell_reader(path, held[0], row)) for row in range(rows))
        return
    column, row = _naming(table, path.parent), 0
    for batch in table.read({column: pa.string()}):
        for value in batch[column].to_pylist():
            row += 1
            name = (value or "").strip()
            yield (name, _reader(_found(path.parent, name))) if name else (f"{called}/{row}", _no_path)


def named_images(path: Path, called: str) -> list[str] | None:
    """Return the names of images that a table has in its rows, without blank ones; None where it holds images itself.

    Raises SourceError where it does neither, or is damaged.
    """
    table = table_file(path, called)
    if any(holds_images(field.type) for field in table.schema()):
        return None
    column = _naming(table, None)
    values = (value for batch in table.read({column: pa.string()}) for value in batch[column].to_pylist())
    return [name for value in values if (name := (value or "").strip())]


def _naming(table: Table, folder: Path | None) -> str:
    """Return the column that names images: the first of a usual name that leads to one, or else the first.

    Without a folder the table is not followed.
    """
    names = known(table.header(), IMAGE_COLUMNS)
    if not names:
        raise SourceError(
            f"'{table.name}' cannot be imported: expected a column that names images, called path, filename, image or "
            f"so, found {few(table.header())}"
        )
    for name in names if len(names) > 1 and folder is not None else ():
        first = next(table.read({name: pa.string()}), None)
        values = [] if first is None else first[name][:_FIRST].to_pylist()
        assert folder is not None
        if any(_is_there(_found(folder, value)) for value in values if value):
            return name
    return names[0]


def _found(folder: Path, value: str) -> Path:
    """Return where a path of a table leads to: from its folder, or from here, also without a suffix."""
    path = as_path(value)
    places = [folder / path, Path(path)]
    if not suffix_of(path):
        places += [folder / f"{path}{suffix}" for suffix in _USUAL]
    return next(filter(_is_there, places), places[0])


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _reader(path: Path) -> Callable[[], Content]:
    return partial(read_content, _read, [str(path)])


def _read(path: str) -> bytes:
    return read_file(Path(path))


def _no_path() -> bytes:
    raise ImageError("no path in this row")
