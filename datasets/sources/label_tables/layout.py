"""What a table's columns are taken for: which leads to the images, which have the classes, the galaxies, the splits."""

import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from datasets.errors import ImageError, SourceError
from datasets.images.image_columns import IMAGE_COLUMNS, known
from datasets.sources.galaxies import galaxy_column
from datasets.sources.label_tables.columns import (
    NO_COLUMN,
    SPLIT_COLUMNS,
    SPLITLIKE,
    given_column,
    only_once,
)
from datasets.sources.label_tables.image_finding import ImageFinder
from datasets.sources.label_tables.labels import Texts, choose_labels
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree
from datasets.splits import Split, split_named
from datasets.tables.cells import holds_images
from datasets.tables.reading import Table
from datasets.tables.values import MISSING, as_type, is_scalar
from datasets.wording import few

_ROWS = 100
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Layout:
    """What is where in a table.

    Attributes:
        table: it.
        name: its path in the source.
        base: the folder that it lies in.
        finder: finds its images.
        split: that of its name, where it has one.
        image: the column of paths or names, or of whole images where ``is_embedded``.
        labels: the column of the classes, or the one-hot columns that are named for them.
        id: the column of the galaxies' names; None where there is none.
        split_column: that of the splits, likewise.
        notes: what a person should know of the choice.
    """

    table: Table
    name: str
    base: str
    finder: ImageFinder
    split: Split | None
    image: str
    is_embedded: bool
    labels: tuple[str, ...]
    id: str | None
    split_column: str | None
    notes: tuple[str, ...] = ()


def layout_of(tree: Tree, table: Table, options: SourceOptions) -> Layout:
    """Find out a table's layout, by the options, and else by its columns' names and first values.

    Raises SourceError, with the columns and the option that decides, where none or several will do.
    """
    name = name_within(tree, table)
    base = posixpath.dirname(name)
    split = split_named(name_of_split(name), of_table=True) or split_named(posixpath.basename(base))
    finder = ImageFinder(tree, base, split, options.wanted_bands)
    schema, first = table.schema(), first_texts(table)
    if first and not any(first.values()):
        raise SourceError(f"'{table.name}' cannot be imported: expected a row for each image, found the columns alone")
    if headless := next((name for name in table.header() if _DIGIT.search(name) and _file(finder, name)), None):
        raise SourceError(
            f"'{table.name}' cannot be imported: expected the names of its columns in its first line, found the image "
            f"'{headless}': write a line such as path,label above it"
        )
    embedded = [field.name for field in schema if holds_images(field.type)]
    image, notes = _image_column(table, embedded, first, finder, options)
    labels, note = choose_labels(table, {name: first[name] for name in first if name != image}, options)
    free = [name for name in first if name not in {image, *labels}]
    splits = next(iter(known(free, SPLIT_COLUMNS)), None)
    return Layout(
        table,
        name,
        base,
        finder,
        split,
        image,
        image in embedded,
        labels,
        _given_or(table, options.id_column, "id-column", galaxy_column(free, options)),
        _given_or(table, options.split_column, "split-column", splits),
        tuple(each for each in (notes, note, _unused_splits(first, options)) if each),
    )


def _unused_splits(first: Texts, options: SourceOptions) -> str:
    names = [name for name in first if SPLITLIKE.search(name.strip())]
    if options.split_column or not names:
        return ""
    return f"the column '{names[0]}' is not used: --split-column takes one of train, validation and test"


def name_within(tree: Tree, table: Table) -> str:
    """Return a table's path in its source."""
    return posixpath.basename(table.name) if tree.is_file else table.name.removeprefix(f"{tree.path}/")


def name_of_split(name: str) -> str:
    """Return the part of a table's name that a split may be in: ``data/train-00000-of-00002.parquet`` → ``train``."""
    stem = posixpath.basename(name).partition(".")[0]
    return stem.rpartition("-of-")[0].rpartition("-")[0] if "-of-" in stem else stem


def first_texts(table: Table) -> Texts:
    """Return the first values of each scalar column whose name occurs once, as text; missing ones are empty."""
    sample, texts = table.sample(_ROWS), {}
    for name in only_once(sample.column_names):
        column = sample.column(name).combine_chunks()
        if is_scalar(column.type):
            try:
                values = as_type(column, pa.string(), column=name).to_pylist()
            except SourceError:  # numbers that are neither names nor classes
                continue
            stripped = ("" if value is None else value.strip() for value in values)
            texts[name] = ["" if value in MISSING else value for value in stripped]
    return texts


def _image_column(
    table: Table, embedded: Sequence[str], first: Texts, finder: ImageFinder, options: SourceOptions
) -> tuple[str, str]:
    """Return the column that leads to the images, and a note of how it is known."""
    if options.image_column is not None:
        return given_column(table, table.header(), options.image_column, "image-column"), ""
    if embedded:
        if len(embedded) > 1:
            raise SourceError(_several(table, embedded, "hold images"))
        return embedded[0], ""
    usual = known(first, IMAGE_COLUMNS)
    found = _leading(first, usual, finder)
    if found:
        return _agreeing(table, found), ""
    found = _leading_later(table, usual, finder)
    if found:
        return _agreeing(table, found), ""
    others = [name for name in first if name not in usual and all(first[name]) and _are_distinct(first[name])]
    found = {name: files for name, files in _leading(first, others, finder).items() if None not in files}
    if found:
        name = _agreeing(table, found)
        return name, f"the images are those that the column '{name}' of '{table.name}' names"
    raise SourceError(_no_image(table, first, usual, finder))


def _are_distinct(values: Sequence[str]) -> bool:
    return len(set(values)) == len(values)


def _leading(first: Texts, names: Sequence[str], finder: ImageFinder) -> dict[str, list[str | None]]:
    """Return the columns that lead to about as many images as the best one does, with the files of the first rows."""
    files = {name: [_file(finder, value) if value else None for value in first[name]] for name in names}
    counts = {name: sum(file is not None for file in files[name]) for name in names}
    most = max(counts.values(), default=0)
    leading = {name: files[name] for name in names if counts[name] and counts[name] * 2 >= most}
    # Numbers of something else, such as of classes, may be those of images by chance, but the same few again and again.
    distinct = {name: found for name, found in leading.items() if len(set(found)) == len(found)}
    return distinct or leading


def _leading_later(table: Table, names: Sequence[str], finder: ImageFinder) -> dict[str, list[str | None]]:
    """Look for columns that lead to images below the first rows: of a large table, few images may be there."""
    for batch in table.read(dict.fromkeys(names, pa.string())) if names else ():
        texts = {name: [value or "" for value in batch[name].to_pylist()] for name in names}
        if found := _leading(texts, names, finder):
            return found
    return {}


def _file(finder: ImageFinder, value: str) -> str | None:
    try:
        return finder.find(value)
    except ImageError:
        return None


def _agreeing(table: Table, found: dict[str, list[str | None]]) -> str:
    """Return the first of the columns, if they lead to the same images. Raises SourceError where they do not."""
    name, *others = found
    differing = [
        other
        for other in others
        if any(a != b for a, b in zip(found[name], found[other], strict=True) if a is not None and b is not None)
    ]
    if differing:
        raise SourceError(_several(table, [name, *differing], "lead to different images"))
    return name


def _several(table: Table, names: Sequence[str], what: str) -> str:
    commands = " or ".join(f"--image-column {shlex.quote(name)}" for name in names[:4])
    return f"'{table.name}' has the columns {few(names)}, which {what}: say which is meant with {commands}"


def _no_image(table: Table, first: Texts, usual: Sequence[str], finder: ImageFinder) -> str:
    values = {name: next(filter(None, first[name]), None) for name in usual}
    tried = [f"'{name}' has '{value}', {_reason(finder, value)}" for name, value in values.items() if value is not None]
    looked = few(tried, most=3) if tried else "none of these does"
    return (
        f"'{table.name}' cannot be imported: expected a column that leads to images, found "
        f"{few(table.header(), most=12)}; {looked}: looked relative to the table and "
        f"among {few(finder.images, most=2)}; name the column with --image-column"
    )


def _reason(finder: ImageFinder, value: str) -> str:
    try:
        finder.find(value)
    except ImageError as error:
        return str(error)
    return "which is there"


def _given_or(table: Table, given: str | None, option: str, usual: str | None) -> str | None:
    if given is None:
        return usual
    return None if given == NO_COLUMN else given_column(table, table.header(), given, option)
