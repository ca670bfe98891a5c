"""The rows of a source's tables: the image, label, split and galaxy of each, and what becomes of those without."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from datasets.classes import class_key
from datasets.errors import ImageError, SourceError
from datasets.sources.galaxies import NO_GALAXIES, Galaxies
from datasets.sources.label_tables.columns import NO_COLUMN
from datasets.sources.label_tables.labels import hottest
from datasets.sources.label_tables.layout import Layout
from datasets.sources.label_tables.locating import locate
from datasets.sources.label_tables.split_columns import later, split_in, why_no_splits
from datasets.sources.options import SourceOptions
from datasets.sources.path_splits import split_of_path, splits_of_paths
from datasets.splits import Split
from datasets.tables.values import MISSING
from datasets.wording import few


@dataclass(frozen=True, slots=True)
class Row:
    """A row that leads to an image.

    ``file`` is the image's name for the finder of the table, which is that of number ``table``; ``number`` counts the
    table's rows from 0; ``label`` is as it stands, empty where there is none.
    """

    id: str
    file: str
    table: int
    number: int
    label: str
    split: Split | None
    object_id: str


@dataclass
class Rows:
    """The rows that have been taken in.

    Attributes:
        by_file: the rows with a label, one an image, by the image.
        rejected: (image or row, reason) of the others.
        named: the images that rows name, whatever became of them.
        missing: what rows with a label name, and why it leads to no image.
        splits_from: where the splits are from; empty where no row has one.
        splits_stated: whether that is a column.
        galaxies: what the rows name in the column of galaxies.
        notes: what a person should know.
    """

    by_file: dict[str, Row] = field(default_factory=dict)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    splits_from: str = ""
    splits_stated: bool = False
    galaxies: Galaxies = NO_GALAXIES
    notes: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take in a row with a label. An image in two splits stays in the one that is measured on."""
        known = self.by_file.setdefault(row.file, row)
        if known is row or not known.label:  # it has two already
            return
        if class_key(known.label) != class_key(row.label):
            self.rejected.append((row.id, f"listed as '{known.label}' and as '{row.label}'"))
            self.by_file[row.file] = replace(known, label="")
        elif known.split != row.split:
            self.by_file[row.file], reason = later(known, row)
            self.rejected.append((row.id, reason))

    @property
    def kept(self) -> list[Row]:
        """The rows with one label."""
        return [row for row in self.by_file.values() if row.label]


def read_rows(layouts: Sequence[Layout], options: SourceOptions) -> Rows:
    """Read tables. Rejected are rows without a label, and those whose image is not there, may be several or has two.

    Raises SourceError where a split has no known name, or most images are not there.
    """
    rows, told = Rows(), _Told()
    located, notes = locate([(layout.finder, _named(layout)) for layout in layouts])
    rows.notes += notes
    unlabelled: list[tuple[str, str]] = []
    for table, layout in enumerate(layouts):
        layout = _with_splits(layout, options, rows)
        split = layout.split if len(layouts) > 1 else None
        for number, (value, label, object_id, spelled) in enumerate(_cells(layout)):
            place = f"{layout.name}, row {number + 2}"
            own = split_in(layout.table, spelled, number) or split
            told.add(object_id, table, own or split_of_path(value), label)
            try:
                file = f"{layout.name}/{number}" if layout.is_embedded else located[table].file(value)
            except ImageError as error:
                rows.rejected.append((value or place, str(error) if label else "no label"))
                rows.missing += [f"'{value}', {error}"] if label else []
                continue
            rows.named.add(file)
            name = file if len(layouts) > 1 else layout.finder.short(value, file)
            if not label:
                unlabelled.append((file, name))
                continue
            rows.add(Row(name, file, table, number, label, own, object_id))
        if layout.split_column:
            rows.splits_from, rows.splits_stated = f"the column '{layout.split_column}' of {layout.name}", True
    rows.rejected += [(name, "no label") for file, name in unlabelled if file not in rows.by_file]
    _refuse_absent(layouts, rows, options)
    if not rows.splits_from:
        _split_otherwise(layouts, rows, options)
    rows.galaxies = told.galaxies(layouts, options)
    rows.notes += rows.galaxies.notes
    return rows


class _Told:
    """What rows have in the column of galaxies, and the table, split and label of each."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._tables: list[Hashable] = []
        self._splits: list[Hashable] = []
        self._labels: list[str | None] = []

    def add(self, object_id: str, table: int, split: Split | None, label: str) -> None:
        self._ids.append(object_id)
        self._tables.append(table)
        self._splits.append(split)
        self._labels.append(class_key(label) if label else None)

    def galaxies(self, layouts: Sequence[Layout], options: SourceOptions) -> Galaxies:
        column = next((layout.id for layout in layouts if layout.id is not None), None)
        if column is None:
            return NO_GALAXIES
        asked = options.id_column is not None
        return Galaxies(column, self._ids, self._tables, self._splits, labels=self._labels, is_asked=asked)


def _named(layout: Layout) -> Iterator[str]:
    """Yield what the rows of a table have for their images."""
    for batch in () if layout.is_embedded else layout.table.read({layout.image: pa.string()}):
        yield from _texts(batch[layout.image])


def _cells(layout: Layout) -> Iterator[tuple[str, str, str, str]]:
    """Yield image, label, galaxy and split of each row, each empty where it is missing."""
    columns = {*layout.labels, layout.id, layout.split_column, None if layout.is_embedded else layout.image}
    for batch in layout.table.read({name: pa.string() for name in columns if name is not None}):
        length = len(batch[layout.labels[0]])
        if len(layout.labels) == 1:
            labels = _texts(batch[layout.labels[0]])
        else:
            hot = hottest([pc.utf8_trim_whitespace(batch[name]) for name in layout.labels])
            labels = ["" if place < 0 else layout.labels[place] for place in hot.tolist()]
        images, ids, splits = (
            [""] * length if name is None or name not in batch else _texts(batch[name])
            for name in (layout.image, layout.id, layout.split_column)
        )
        yield from zip(images, labels, ids, splits, strict=True)


def _texts(column: pa.Array) -> list[str]:
    stripped = ("" if text is None else text.strip() for text in column.to_pylist())
    return ["" if text in MISSING else text for text in stripped]


def _with_splits(layout: Layout, options: SourceOptions, rows: Rows) -> Layout:
    """Pass over a column that is called as ones of splits are, but has none."""
    if layout.split_column is None or options.split_column is not None:
        return layout
    if not (why := why_no_splits(layout.table, layout.split_column)):
        return layout
    rows.notes.append(why)
    return replace(layout, split_column=None)


def _refuse_absent(layouts: Sequence[Layout], rows: Rows, options: SourceOptions) -> None:
    count, images = len(rows.missing), layouts[0].finder.images if rows.missing else ()
    if not options.allow_missing and count > len(rows.by_file):
        raise SourceError(
            f"'{layouts[0].table.name}' cannot be imported: {count:,} of its {count + len(rows.by_file):,} rows with a "
            f"class lead to no image, such as {rows.missing[0]}; looked relative to the table and among "
            f"{few(images, most=3)}: put the images there, name another column with --image-column, or import those "
            "that are there with --allow-missing"
        )


def _split_otherwise(layouts: Sequence[Layout], rows: Rows, options: SourceOptions) -> None:
    """Take the splits of the tables' names, or of the folders that the images lie in, where these are several."""
    if any(row.split for row in rows.kept):
        rows.splits_from = f"the names of the tables {few([layout.name for layout in layouts])}"
        return
    if layouts[0].is_embedded or len(layouts) > 1 or options.split_column == NO_COLUMN:
        return
    splits = splits_of_paths([row.file for row in rows.kept], layouts[0].table.name)
    if splits:
        rows.by_file = {file: replace(row, split=splits.get(file)) for file, row in rows.by_file.items()}
        rows.splits_from = "the folders that the images lie in"
