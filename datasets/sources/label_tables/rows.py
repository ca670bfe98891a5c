"""The rows of a source's tables: the image, label, split and galaxy of each, and what becomes of those without."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from datasets.classes import class_key
from datasets.errors import ImageError, SourceError
from datasets.sources.label_tables.labels import hottest
from datasets.sources.label_tables.layout import Layout
from datasets.sources.options import SourceOptions
from datasets.splits import Split, split_named
from datasets.tables.values import MISSING
from datasets.wording import few

_PRECEDENCE = (None, Split.TRAIN, Split.VALIDATION, Split.TEST)
"""Where an image is in several splits, the last of these keeps it."""


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
        notes: what a person should know.
    """

    by_file: dict[str, Row] = field(default_factory=dict)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    splits_from: str = ""
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
            kept, other = sorted((known, row), key=lambda each: _PRECEDENCE.index(each.split), reverse=True)
            self.rejected.append((row.id, f"listed in {_split(kept)}, which keeps it, and in {_split(other)}"))
            self.by_file[row.file] = kept

    @property
    def kept(self) -> list[Row]:
        """The rows with one label."""
        return [row for row in self.by_file.values() if row.label]


def read_rows(layouts: Sequence[Layout], options: SourceOptions) -> Rows:
    """Read tables. Rejected are rows without a label, and those whose image is not there, may be several or has two.

    Raises SourceError where a split has no known name, or most images are not there.
    """
    rows = Rows()
    unlabelled: list[tuple[str, str]] = []
    for table, layout in enumerate(layouts):
        layout = _with_splits(layout, options, rows)
        split = layout.split if len(layouts) > 1 else None
        for number, (value, label, object_id, spelled) in enumerate(_cells(layout)):
            place = f"{layout.name}, row {number + 2}"
            try:
                file = _file(layout, value, number)
            except ImageError as error:
                rows.rejected.append((value or place, str(error) if label else "no label"))
                rows.missing += [f"'{value}', {error}"] if label else []
                continue
            rows.named.add(file)
            name = file if len(layouts) > 1 else layout.finder.short(value, file)
            if not label:
                unlabelled.append((file, name))
                continue
            rows.add(Row(name, file, table, number, label, _split_of(layout, spelled, place) or split, object_id))
        if layout.split_column:
            rows.splits_from = f"the column '{layout.split_column}' of {layout.name}"
    rows.rejected += [(name, "no label") for file, name in unlabelled if file not in rows.by_file]
    _refuse_absent(layouts, rows, options)
    if not rows.splits_from:
        _split_otherwise(layouts, rows)
    return rows


def _file(layout: Layout, value: str, number: int) -> str:
    if layout.is_embedded:
        return f"{layout.name}/{number}"
    if not value:
        raise ImageError("no image is named")
    return layout.finder.find(value)


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
    values: set[str] = set()
    for batch in layout.table.read({layout.split_column: pa.string()}):
        values.update(_texts(pc.unique(batch[layout.split_column])))
    values.discard("")
    if not values or any(split_named(value) for value in values):
        return layout
    rows.notes.append(f"the column '{layout.split_column}' has no splits, but {few(sorted(values), most=3)}")
    return replace(layout, split_column=None)


def _split_of(layout: Layout, spelled: str, place: str) -> Split | None:
    split = split_named(spelled)
    if spelled and split is None:
        raise SourceError(
            f"'{layout.table.name}' cannot be imported: {place.rpartition(', ')[2]}: expected a split train, "
            f"validation or test, or nothing, found '{spelled}'; --split-column names another column, or `none`"
        )
    return split


def _refuse_absent(layouts: Sequence[Layout], rows: Rows, options: SourceOptions) -> None:
    count, images = len(rows.missing), layouts[0].finder.images if rows.missing else ()
    if not options.allow_missing and count > len(rows.by_file):
        raise SourceError(
            f"'{layouts[0].table.name}' cannot be imported: {count:,} of its {count + len(rows.by_file):,} rows with a "
            f"class lead to no image, such as {rows.missing[0]}; looked relative to the table and among "
            f"{few(images, most=3)}: put the images there, name another column with --image-column, or import those "
            "that are there with --allow-missing"
        )


def _split_otherwise(layouts: Sequence[Layout], rows: Rows) -> None:
    """Take the splits of the tables' names, or of the folders that the images lie in, where these are several."""
    if any(row.split for row in rows.kept):
        rows.splits_from = f"the names of the tables {few([layout.name for layout in layouts])}"
        return
    if layouts[0].is_embedded or len(layouts) > 1:
        return
    folders = {posixpath.dirname(row.file) for row in rows.kept}
    of_folder = {folder: _split_of_folder(folder) for folder in folders}
    if None in of_folder.values() or len(set(of_folder.values())) < 2:
        return
    rows.by_file = {
        file: replace(row, split=of_folder.get(posixpath.dirname(file))) for file, row in rows.by_file.items()
    }
    rows.splits_from = "the folders that the images lie in"


def _split_of_folder(folder: str) -> Split | None:
    named = (split_named(part) for part in folder.split("/"))
    return next((split for split in named if split is not None), None)


def _split(row: Row) -> str:
    return row.split.value if row.split else "no split"
