"""A table of votes, read: the class of each of its galaxies, by rules."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from datasets.errors import SourceError
from datasets.sources.finding import stem_of
from datasets.sources.options import SourceOptions
from datasets.sources.rules.conditions import Columns, Numbers
from datasets.sources.rules.rule_set import Rules, read_rules
from datasets.sources.rules.wordings import Wording
from datasets.sources.trees import Tree
from datasets.tables.reading import Table

FEW_ROWS = 1000
"""So many distinct rows are told apart; where there are more, they are many."""
_ROUNDING = 1e-6


@dataclass(frozen=True)
class VoteTable:
    """A table that has the columns of rules: ``wording`` says which, ``unused`` which kinds of columns it has too."""

    table: Table
    rules: Rules
    wording: Wording
    unused: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its file."""
        return PurePosixPath(self.table.name).name


@dataclass(frozen=True, slots=True)
class Galaxy:
    """What a table says of a galaxy: its class, an index into the rules', or -1 for none; its name; where it stands."""

    label: int
    object_id: str
    row: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Votes:
    """What a table says.

    Attributes:
        source: the table.
        galaxies: by the names that they have in it, without folders and suffix.
        conflicting: names of those that are in two rows and two classes; they are not in ``galaxies``.
        rows: number of rows.
        incomplete: number of rows without a value in a column of the rules.
        distinct: number of rows that differ in those columns; FEW_ROWS or more are not counted on.
    """

    source: VoteTable
    galaxies: dict[str, Galaxy]
    conflicting: tuple[str, ...]
    rows: int
    incomplete: int
    distinct: int


def rules_of(options: SourceOptions) -> Rules:
    """Return the rules that make classes of votes: those of ``--classes``, or Zhu's. Raises SourceError."""
    return read_rules(options.classes or "zhu")


def vote_tables(tree: Tree, rules: Rules, needed: Collection[str] = ()) -> tuple[list[VoteTable], list[SourceError]]:
    """Find the tables that have the columns of rules, and those ``needed``, in small letters; and damaged tables."""
    found, damaged = [], []
    for table in tree.tables:
        try:
            header = table.header()
        except SourceError as error:  # perhaps a stray file
            damaged.append(error.with_traceback(None))  # whose frames would keep the source open
            continue
        fitting = [wording for wording in rules.wordings if wording.fits(header)]
        if fitting and set(needed) <= {name.strip().casefold() for name in header}:
            found.append(VoteTable(table, rules, fitting[0], tuple(wording.name for wording in fitting[1:])))
    return found, damaged


def read_votes(source: VoteTable, key: str, options: SourceOptions) -> Votes:
    """Read a table; the column ``key`` has the names of its galaxies, or paths to their images.

    ``--id-column`` has galaxies' names, where there are several images of one.

    Raises SourceError where it is damaged, or a value cannot be one of the rules' columns.
    """
    galaxies: dict[str, Galaxy] = {}
    conflicting: dict[str, None] = {}
    spread = _Spread(source)
    columns = source.wording.columns
    object_key = options.id_column or key
    types = dict.fromkeys((key, object_key), pa.string()) | dict.fromkeys(columns.values(), pa.float64())
    for batch in source.table.read(types):
        values = {
            word: np.asarray(batch[name].to_numpy(zero_copy_only=False), dtype=np.float64)
            for word, name in columns.items()
        }
        labels = source.rules.classify(values).tolist()
        names = [stem_of(text or "") for text in batch[key].to_pylist()]
        objects = names if object_key == key else [text or "" for text in batch[object_key].to_pylist()]
        for row, (name, label, shown) in enumerate(zip(names, labels, objects, strict=True), spread.rows):
            if name and galaxies.setdefault(name, Galaxy(label, shown, row)).label != label:
                conflicting[name] = None
        spread.add(values)
    spread.check()
    for name in conflicting:
        del galaxies[name]
    return Votes(source, galaxies, tuple(conflicting), spread.rows, spread.incomplete, len(spread.distinct))


class _Spread:
    """What values the columns of a table's rules have, gathered a batch at a time."""

    def __init__(self, source: VoteTable) -> None:
        self._source = source
        self._bounds: dict[str, tuple[float, float]] = {}
        self.rows = self.incomplete = 0
        self.distinct: set[bytes] = set()

    def add(self, values: Columns) -> None:
        """Look at some rows."""
        rows = np.stack(list(values.values()), axis=1)
        self.rows += len(rows)
        self.incomplete += int(np.isnan(rows).any(axis=1).sum())
        for word, numbers in values.items():
            self._bounds[word] = _joined(self._bounds.get(word, (np.inf, -np.inf)), numbers)
        for start in range(0, len(rows), FEW_ROWS):
            if len(self.distinct) < FEW_ROWS:
                self.distinct.update(row.tobytes() for row in rows[start : start + FEW_ROWS])

    def check(self) -> None:
        """Raise SourceError where a value is none that the rules are made for."""
        rules = self._source.rules
        for word, (least, greatest) in self._bounds.items():
            if least < rules.least - _ROUNDING or greatest > rules.greatest + _ROUNDING:
                percent = rules.least == 0 <= least and rules.greatest == 1 < greatest <= 100
                raise SourceError(
                    f"'{self._source.table.name}' cannot be imported: expected values from {rules.least:g} to "
                    f"{rules.greatest:g} in the column '{self._source.wording.columns[word]}', for the rules of "
                    f"{rules.origin}, found {least:g} to {greatest:g}"
                    + ("; divide percentages by 100" if percent else "; leave what is not known empty")
                )


def _joined(bounds: tuple[float, float], numbers: Numbers) -> tuple[float, float]:
    least, greatest = bounds
    return float(np.fmin.reduce(numbers, initial=least)), float(np.fmax.reduce(numbers, initial=greatest))
