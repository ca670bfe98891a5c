"""A table with a row an image: its path, name or id, or the image itself, and its class.

The table, of any format, lies beside its images, in a folder or archive or by itself; or there is one for each split,
or one in several parts. `image_finding` finds the images of the rows, `table_layout` and `table_labels` say which
column is what, `class_legends` has the names of classes that are numbers. Further columns are kept beside the dataset.
"""

from collections.abc import Callable, Sequence

from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.errors import SourceError
from datasets.images.preparing import Content
from datasets.sources.label_tables.choice import choose_tables
from datasets.sources.label_tables.classes import class_names
from datasets.sources.label_tables.labels import tells_apart
from datasets.sources.label_tables.layout import Layout
from datasets.sources.label_tables.rows import Row, Rows, read_rows
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.side_table import SideTable
from datasets.sources.trees import Tree
from datasets.tables.cells import cell_readers
from datasets.wording import few

OVER = frozenset[str]()
OPTIONS = frozenset({"table", "image_column", "label_column", "id_column", "split_column", "legend"})


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See a table whose rows lead to images and have classes, or any where options name its columns."""
    if not tree.tables:
        return None
    try:
        layouts = choose_tables(tree, options).layouts
    except SourceError:
        asked = (options.table, options.image_column, options.label_column, options.split_column)
        return Evidence("columns that were asked for") if any(asked) else None
    if options.label_column is None and not any(tells_apart(each.table, each.labels) for each in layouts):
        return None
    return Evidence(f"images by '{layouts[0].image}' and classes by {_labels_from(layouts)}")


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List the images of a table, in its order; see ``read_rows`` for what is rejected.

    Raises SourceError where there is no such table, a split has no known name, or most images are not there.
    """
    chosen = choose_tables(tree, options)
    layouts = chosen.layouts
    rows = read_rows(layouts, options)
    names, notes = class_names(tree, layouts[0], {row.label for row in rows.kept}, options)
    kept = [row for row in rows.kept if row.label in names]
    without = [(row.id, "no label") for row in rows.kept if row.label not in names]
    classes = ordered({names[row.label] for row in kept})
    if len(classes) < 2:
        raise SourceError(_too_few(layouts[0], classes, [*rows.rejected, *without]))
    labels = {name: label for label, name in enumerate(classes)}
    readers = [_reader(tree, layout) for layout in layouts]
    items = [
        Item(row.id, labels[names[row.label]], readers[row.table](row), row.split, rows.galaxies.of(row.object_id))
        for row in kept
    ]
    tables = tuple(layout.table for layout in layouts)
    encodings = [note for table in tables for note in table.notes]
    return Listing(
        classes,
        tuple(items),
        (*tree.rejected, *rows.rejected, *without),
        (*chosen.omitted, *_unnamed(tree, layouts, rows)),
        labels_from=_labels_from(layouts),
        splits_from=rows.splits_from,
        splits_stated=rows.splits_stated,
        galaxies_from=rows.galaxies.taken,
        notes=(*layouts[0].notes, *notes, *rows.notes, *encodings),
        side=SideTable(tables, {row.id: (row.table, row.number) for row in kept}),
    )


def _labels_from(layouts: Sequence[Layout]) -> str:
    columns = layouts[0].labels
    of_which = f"the column '{columns[0]}'" if len(columns) == 1 else f"the one-hot columns {few(columns)}"
    return f"{of_which} of {few([layout.name for layout in layouts], most=3)}"


def _too_few(layout: Layout, classes: Sequence[str], rejected: Sequence[tuple[str, str]]) -> str:
    lost = f"; {len(rejected):,} rows cannot be used, such as '{rejected[0][0]}': {rejected[0][1]}" if rejected else ""
    return (
        f"'{layout.table.name}' cannot be imported: expected images of two classes or more in "
        f"{_labels_from([layout])}, found {few(classes)}{lost}; another column can be named with --label-column"
    )


def _reader(tree: Tree, layout: Layout) -> Callable[[Row], Callable[[], Content]]:
    """Return what gives what reads the image of a row. Raises SourceError where a table that holds them is packed."""
    if not layout.is_embedded:
        return lambda row: layout.finder.read(row.file)
    in_cell = cell_readers(tree.local(layout.name), layout.image, layout.table.name)
    return lambda row: in_cell(row.number)


def _unnamed(tree: Tree, layouts: Sequence[Layout], rows: Rows) -> list[Omission]:
    """Say of the images that no row names; those around a table that was given by itself are not looked for."""
    if tree.is_file:
        return []
    count = sum(name not in rows.named for name in layouts[0].finder.images)
    return [Omission("images that no row of the table names", count, "no label")] if count else []
