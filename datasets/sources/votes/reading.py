"""A table of votes, read: the class of each of its galaxies, by rules."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from datasets.errors import SourceError
from datasets.images.image_columns import known
from datasets.sources.label_tables.columns import NO_COLUMN, SPLIT_COLUMNS
from datasets.sources.options import SourceOptions
from datasets.sources.votes.finding import stem_of
from datasets.sources.votes.tables import VoteTable
from datasets.sources.votes.values import Spread
from datasets.splits import Split, split_named
from datasets.wording import shown_name


@dataclass(frozen=True, slots=True)
class Galaxy:
    """What a table says of a galaxy: its class, an index into the rules', or -1 for none; its name; where it stands.

    ``is_complete`` says that it has a value in each column of the rules: else it may be of a class after all.
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
        galaxies: by the names that they have in it, without folders and suffix.
        conflicting: names of those that are in two rows and two classes; they are not in ``galaxies``.
        rows: number of rows.
        incomplete: number of rows without a value in a column of the rules.
        split_column: the column that has splits; empty where none does.
        distinct: number of rows that differ in those columns; FEW_ROWS or more are not counted on.
    """

    source: VoteTable
    galaxies: dict[str, Galaxy]
    conflicting: tuple[str, ...]
    rows: int
    incomplete: int
    split_column: str
    distinct: int


def read_votes(source: VoteTable, key: str, options: SourceOptions) -> Votes:
    """Read a table; the column ``key`` has the names of its galaxies, or paths to their images.

    ``--id-column`` has galaxies' names, where there are several images of one; ``--split-column``, or a column that is
    called as such and has nothing else, has splits.

    Raises SourceError where it is damaged, or a value cannot be one of the rules' columns or a split.
    """
    galaxies: dict[str, Galaxy] = {}
    conflicting: dict[str, None] = {}
    spread, splits = Spread(source), _Splits(source, options)
    columns = source.wording.columns
    texts = (key, options.id_column or key, splits.column or key)
    for batch in source.table.read(dict.fromkeys(texts, pa.string()) | dict.fromkeys(columns.values(), pa.float64())):
        values = {
            word: np.asarray(batch[name].to_numpy(zero_copy_only=False), dtype=np.float64)
            for word, name in columns.items()
        }
        labels = source.rules.classify(values).tolist()
        complete = np.logical_and.reduce([~np.isnan(each) for each in values.values()]).tolist()
        rows = zip(labels, complete, *([text or "" for text in batch[name].to_pylist()] for name in texts), strict=True)
        for row, (label, is_complete, text, shown, spelled) in enumerate(rows, spread.rows):
            name = stem_of(text)
            galaxy = Galaxy(label, shown if options.id_column else name, row, splits.named(spelled), is_complete)
            if name and galaxies.setdefault(name, galaxy).label != label:
                conflicting[name] = None
        spread.add(values)
    spread.check()
    for name in conflicting:
        del galaxies[name]
    return Votes(
        source,
        galaxies,
        tuple(conflicting),
        rows=spread.rows,
        incomplete=spread.incomplete,
        distinct=len(spread.distinct),
        split_column=splits.taken(),
    )


class _Splits:
    """Splits by their names in a column, which is asked for or called as ones of splits are."""

    def __init__(self, source: VoteTable, options: SourceOptions) -> None:
        self._source, self._is_asked = source, options.split_column is not None
        usual = next(iter(known(source.table.header(), SPLIT_COLUMNS)), None)
        self.column = None if options.split_column == NO_COLUMN else options.split_column or usual
        self._known: dict[str, Split | None] = {}

    def named(self, text: str) -> Split | None:
        """Return the split of a name; None for others, and where there is no column of splits."""
        if self.column is None:
            return None
        if text not in self._known:
            self._known[text] = split_named(text)
        return self._known[text]

    def taken(self) -> str:
        """Return the column's name; empty where it has other things than splits.

        Raises SourceError where it is asked for and has.
        """
        strange = next((text for text, split in self._known.items() if text.strip() and split is None), None)
        if strange is not None and self._is_asked:
            raise SourceError(
                f"'{self._source.table.name}' cannot be imported: expected splits train, validation or test, or "
                f"nothing, in the column '{self.column}', found '{shown_name(strange)}'"
            )
        return self.column if self.column is not None and strange is None else ""
