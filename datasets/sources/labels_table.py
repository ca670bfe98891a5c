"""A table `path,label[,id,split]`, CSV or Parquet: one row an image.

``path`` is relative to the table; it may name a JPEG, PNG, … or a FITS file with three bands. ``id`` names the galaxy:
images of one never come into different splits. ``split`` may be spelled in any usual way; rows without one are drawn.
The table may be given itself, or a folder or zip that holds it. Other columns are passed over.
"""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import pyarrow as pa

from datasets.errors import SourceError
from datasets.images.fits_names import read_content
from datasets.images.reading import Directory
from datasets.sources.listing import Item, Listing
from datasets.sources.side_table import SideTable
from datasets.sources.trees import find_table, open_tree, two_classes
from datasets.splits import Split, split_named
from datasets.tables.kinds import is_table
from datasets.tables.reading import Table, table_file

EXPECTED = "a CSV or Parquet table with the columns path and label, or a folder or zip that holds one"
Read = Callable[[str], bytes]


def list_table(source: Path) -> Listing:
    """List the images of a table, in its order; rows without a label are left out.

    A path that occurs twice is listed once; with two labels it is rejected.

    Raises SourceError where there is no such table, a split has no known name, or there are no two classes.
    """
    table, read, base = _located(source)
    rows: dict[str, _Row] = {}
    places: dict[str, tuple[int, int]] = {}
    rejected: dict[str, str] = {}
    left_out = 0
    for number, row in enumerate(_rows(table)):
        places.setdefault(row.path, (0, number))
        if not row.label:
            left_out += 1
        elif (known := rows.setdefault(row.path, row)).label != row.label:
            rejected[row.path] = f"listed as '{known.label}' and as '{row.label}'"
    kept = [row for row in rows.values() if row.path not in rejected]
    classes = two_classes(source, EXPECTED, {row.label for row in kept})
    labels = {name: label for label, name in enumerate(classes)}
    items = [
        Item(row.path, labels[row.label], partial(read_content, read, [base(row.path)]), row.split, row.object_id)
        for row in kept
    ]
    return Listing(classes, tuple(items), tuple(rejected.items()), left_out, SideTable((table,), places))


def _located(source: Path) -> tuple[Table, Read, Callable[[str], str]]:
    """Find the table, how to read the files beside it, and their names there by their paths in it."""
    if source.is_file() and is_table(source.name):
        return table_file(source), Directory(source.parent).read, str
    tree = open_tree(source, expected=EXPECTED)
    home, table = find_table(tree, "path", "label", expected=EXPECTED)
    base = PurePosixPath(table.name.removeprefix(f"{home.path}/")).parent
    return table, home.contents.read, lambda path: posixpath.normpath((base / path).as_posix())


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    label: str
    object_id: str
    split: Split | None


def _rows(table: Table) -> Iterator[_Row]:
    names, number = ("path", "label", "id", "split"), 1
    for batch in table.read(dict.fromkeys(names, pa.string()), optional=("id", "split")):
        columns = [batch[name].to_pylist() if name in batch else [None] * len(batch["path"]) for name in names]
        for values in zip(*columns, strict=True):
            number += 1
            path, label, object_id, split = ((value or "").strip() for value in values)
            if not path:
                raise SourceError(f"'{table.name}' cannot be imported: row {number} has no path")
            if split and split_named(split) is None:
                raise SourceError(
                    f"'{table.name}' cannot be imported: row {number}: expected a split train, validation or test, or "
                    f"nothing, found '{split}'"
                )
            yield _Row(path, label, object_id, split_named(split))
