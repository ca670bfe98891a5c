"""A table of votes, read: the class of each of its galaxies, by rules."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from datasets.images.image_columns import ID_COLUMNS, known
from datasets.sources.galaxies import NO_GALAXIES, Galaxies, galaxy_column
from datasets.sources.label_tables.columns import NO_COLUMN, SPLIT_COLUMNS, given_column
from datasets.sources.label_tables.split_columns import later, split_in, why_no_splits
from datasets.sources.options import SourceOptions
from datasets.sources.votes.finding import stem_of
from datasets.sources.votes.tables import VoteTable
from datasets.sources.votes.values import Spread
from datasets.splits import Split
from datasets.tables.values import as_decimals


@dataclass(frozen=True, slots=True)
class Galaxy:
    """What a table says of a galaxy: its class, an index into the rules', or -1 for none; its name; where it stands.

    ``object_id`` is as it stands in the column of galaxies, if there is one. ``is_complete`` says that the row has a
    value in each column of the rules: else it may be of a class after all.
    """

    label: int
    object_id: str
    row: int = field(compare=False)
    split: Split | None = None
    is_complete: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Votes:
    """What a table says.

    Attributes:
        source: the table.
        galaxies: by the names that they have in it, without folders and suffix, or those of their images.
        conflicting: names of those that are in two rows and two classes; they are not in ``galaxies``.
        twice: (name, reason) of those that are in two splits, of which one keeps them.
        named: what of ``object_id`` names a galaxy; None where every name is that of a galaxy.
        rows: number of rows.
        incomplete: number of rows without a value in a column of the rules.
        split_column: the column that has splits; empty where none does.
        distinct: number of rows that differ in those columns; FEW_ROWS or more are not counted on.
        notes: what a person should know.
    """

    source: VoteTable
    galaxies: dict[str, Galaxy]
    conflicting: tuple[str, ...]
    twice: tuple[tuple[str, str], ...]
    named: Galaxies | None
    rows: int
    incomplete: int
    split_column: str
    distinct: int
    notes: tuple[str, ...]

    def object_id(self, galaxy: Galaxy) -> str:
        """Return the name of the galaxy that an image shows; empty where the table does not tell."""
        return galaxy.object_id if self.named is None else self.named.of(galaxy.object_id)


def read_votes(source: VoteTable, key: str, options: SourceOptions, name_of: Callable[[str], str] = stem_of) -> Votes:
    """Read a table; the column ``key`` has the names of its galaxies, or paths to their images: ``name_of`` tells.

    ``--id-column``, or one that is called as such beside paths, has galaxies' names, where there are several images of
    one; ``--split-column``, or a column that is called as such and has splits, has splits.

    Raises SourceError where it is damaged, or a value cannot be one of the rules' columns or a split.
    """
    galaxies: dict[str, Galaxy] = {}
    conflicting: dict[str, None] = {}
    twice: list[tuple[str, str]] = []
    spread = Spread(source)
    id_column, (split_column, note) = _id_column(source, key, options), _split_column(source, options)
    ids, splits, classes = list[str](), list[Split | None](), list[str | None]()
    columns = source.wording.columns
    texts = (key, id_column or key, split_column or key)
    for batch in source.table.read(dict.fromkeys(texts, pa.string()) | _numbers(source)):
        values = {
            word: np.asarray(as_decimals(batch[name]).to_numpy(zero_copy_only=False), dtype=np.float64)
            for word, name in columns.items()
        }
        labels = source.rules.classify(values).tolist()
        complete = np.logical_and.reduce([~np.isnan(each) for each in values.values()]).tolist()
        rows = zip(labels, complete, *([text or "" for text in batch[name].to_pylist()] for name in texts), strict=True)
        for row, (label, is_complete, text, shown, spelled) in enumerate(rows, spread.rows):
            name, split = name_of(text), split_in(source.table, spelled, row) if split_column else None
            if id_column:
                ids.append(shown)
                splits.append(split)
                classes.append(source.rules.classes[label] if label >= 0 else None)
            galaxy = Galaxy(label, shown if id_column else name, row, split, is_complete)
            known_one = galaxies.setdefault(name, galaxy) if name else galaxy
            if known_one.label != label:
                conflicting[name] = None
            elif known_one.split != split:
                galaxies[name], reason = later(known_one, galaxy)
                twice.append((name, reason))
        spread.add(values)
    spread.check()
    for name in conflicting:
        del galaxies[name]
    asked = options.id_column is not None
    named = (
        Galaxies(id_column, ids, splits, labels=classes, is_asked=asked) if id_column else _none_if_unwanted(options)
    )
    return Votes(
        source,
        galaxies,
        tuple(conflicting),
        tuple(pair for pair in twice if pair[0] not in conflicting),
        named,
        rows=spread.rows,
        incomplete=spread.incomplete,
        distinct=len(spread.distinct),
        split_column=split_column or "",
        notes=(*([note] if note else []), *(named.notes if named is not None else ())),
    )


def _id_column(source: VoteTable, key: str, options: SourceOptions) -> str | None:
    """Return the column of galaxies' names; None where those of the images are these, or none is to be taken."""
    header = source.table.header()
    if options.id_column not in (None, NO_COLUMN):
        return given_column(source.table, header, options.id_column, "id-column")
    return None if known([key], ID_COLUMNS) else galaxy_column((name for name in header if name != key), options)


def _numbers(source: VoteTable) -> dict[str, pa.DataType]:
    """Return how the columns of the rules are read, by name: as numbers, which narrow ones must not become before."""
    fields = list(source.table.schema())
    kinds = {field.name.strip().casefold(): field.type for field in fields} | {
        field.name: field.type for field in fields
    }
    found = {name: kinds.get(name, kinds.get(name.casefold())) for name in source.wording.columns.values()}
    return {name: kind if kind in (pa.float16(), pa.float32()) else pa.float64() for name, kind in found.items()}


def _none_if_unwanted(options: SourceOptions) -> Galaxies | None:
    return NO_GALAXIES if options.id_column == NO_COLUMN else None


def _split_column(source: VoteTable, options: SourceOptions) -> tuple[str | None, str]:
    """Return the column of splits, and what to say of one that is called as such and has none."""
    header, asked = source.table.header(), options.split_column
    if asked is not None:
        return (None if asked == NO_COLUMN else given_column(source.table, header, asked, "split-column")), ""
    column = next(iter(known(header, SPLIT_COLUMNS)), None)
    why = why_no_splits(source.table, column) if column is not None else ""
    return (None if why else column), why
