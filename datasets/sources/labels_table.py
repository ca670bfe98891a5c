"""A table `path,label[,id,split]`, CSV or Parquet: one row an image.

``path`` is relative to the table; it may name a JPEG, PNG, … or a FITS file with three bands. ``id`` names the galaxy:
images of one never come into different splits. ``split`` may be spelled in any usual way; rows without one are drawn.
The table may be given itself, or a folder or zip that holds it. Other columns are passed over.
"""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import pyarrow as pa

from datasets.arrow.provenance import Omission
from datasets.errors import SourceError
from datasets.images.fits_names import read_content
from datasets.images.preparing import Content
from datasets.sources.finding import columns_of, find_table
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.side_table import SideTable
from datasets.sources.trees import Tree, two_classes
from datasets.splits import Split, split_named
from datasets.tables.reading import Table

OVER = frozenset[str]()
EXPECTED = "a CSV or Parquet table with the columns path and label, or a folder or zip that holds one"


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """See a table with the columns path and label."""
    tables = [table for table in tree.tables if columns_of(table).issuperset(("path", "label"))]
    return Evidence(f"the columns path and label of {tables[0].name}") if tables else None


def list_source(tree: Tree, _options: SourceOptions) -> Listing:
    """List the images of a table, in its order; rows without a label are left out.

    A path that occurs twice is listed once; with two labels it is rejected.

    Raises SourceError where there is no such table, a split has no known name, or there are no two classes.
    """
    table = find_table(tree, "path", "label", expected=EXPECTED)
    base = PurePosixPath("" if tree.is_file else table.name.removeprefix(f"{tree.path}/")).parent
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
    classes = two_classes(tree.path, EXPECTED, {row.label for row in kept})
    labels = {name: label for label, name in enumerate(classes)}

    def read(row: _Row) -> Callable[[], Content]:
        name = row.path if tree.is_file else posixpath.normpath((base / row.path).as_posix())
        return partial(read_content, tree.contents.read, [name])

    items = tuple(Item(row.path, labels[row.label], read(row), row.split, row.object_id) for row in kept)
    omitted = (Omission("rows without a label", left_out, "no class"),) if left_out else ()
    return Listing(
        classes,
        items,
        tuple(rejected.items()),
        omitted,
        labels_from=f"the column label of {table.name}",
        side=SideTable((table,), places),
    )


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
