"""Splits in a column of a table, in their usual spellings."""

from typing import Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from datasets.errors import SourceError
from datasets.splits import Split, split_named
from datasets.tables.reading import Table
from datasets.tables.values import MISSING
from datasets.wording import few, shown_name

_PRECEDENCE = (None, Split.TRAIN, Split.VALIDATION, Split.TEST)
"""Where an image is in several splits, the last of these keeps it."""


class _InSplit(Protocol):
    @property
    def split(self) -> Split | None:
        """The split that it is in."""


_Row = TypeVar("_Row", bound=_InSplit)


def why_no_splits(table: Table, column: str) -> str:
    """Say what a column has that is called as ones of splits are, where no value of it is a split; else nothing."""
    values: set[str] = set()
    for batch in table.read({column: pa.string()}):
        values.update((text or "").strip() for text in pc.unique(batch[column]).to_pylist())
    values.difference_update(MISSING)
    if not values or any(split_named(value) for value in values):
        return ""
    return f"the column '{column}' has no splits, but {few(sorted(values), most=3)}"


def split_in(table: Table, text: str, row: int) -> Split | None:
    """Return the split that a text in the ``row``-th row names, counted from 0; None for nothing.

    Raises SourceError for anything else.
    """
    spelled = text.strip()
    split = split_named(spelled)
    if split is None and spelled not in MISSING:
        raise SourceError(
            f"'{table.name}' cannot be imported: row {row + 2}: expected a split train, validation or test, or "
            f"nothing, found '{shown_name(spelled)}'; --split-column names another column, or `none`"
        )
    return split


def later(one: _Row, other: _Row) -> tuple[_Row, str]:
    """Return which of two rows of one image stays, that in the split that is measured on, and what to say of it."""
    left, kept = sorted((one, other), key=lambda each: _PRECEDENCE.index(each.split))
    return kept, f"listed in {kept.split or 'no split'}, which keeps it, and in {left.split or 'no split'}"
