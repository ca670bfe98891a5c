"""Delimited text, each cell as it stands."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO

import pyarrow as pa

from datasets.tables.aligned import parted_by_blanks
from datasets.tables.delimited import notes_of_text, open_text, whole_rows
from datasets.tables.exact.rows import Rows
from datasets.tables.quotes import readable_rows
from datasets.wording import few

_ROWS = 8192


class TextRows:
    """A table of delimited text; all its columns are text. ``blanks`` says that columns may be parted by them.

    A row with another number of cells is a fault: missing cells are empty, and what is too much is said in its reason.
    """

    count = None

    def __init__(self, stream: IO[bytes], *, blanks: bool) -> None:
        self._text, self._dialect = open_text(stream, blanks=blanks)
        self.schema = pa.schema([(name, pa.string()) for name in self._dialect.header])

    @property
    def notes(self) -> tuple[str, ...]:
        """That it is in another encoding than it should be."""
        return notes_of_text(self._text)

    @property
    def decimal(self) -> str:
        """The sign before the decimals of numbers."""
        return self._dialect.decimal

    def batches(self, start: int = 0) -> Iterator[Rows]:
        """Yield the rows from one on, once. Raises SourceError where a cell has no end."""
        delimiter, text = self._dialect.delimiter, whole_rows(self._text, self._dialect, longest=csv.field_size_limit())
        lines = io.TextIOWrapper(text, encoding="utf-8", newline="")
        parted = parted_by_blanks(lines) if delimiter == " " else csv.reader(lines, delimiter=delimiter)
        rows = islice(filter(None, readable_rows(parted)), start, None)  # without blank lines
        while some := list(islice(rows, _ROWS)):
            yield self._rows(some)

    def _rows(self, rows: list[list[str]]) -> Rows:
        width, faults = len(self.schema), {}
        for place, row in enumerate(rows):
            if len(row) != width:
                faults[place] = _fault(row, width)
                rows[place] = [*row, *[""] * width][:width]
        columns = [pa.array(texts, pa.string()) for texts in zip(*rows, strict=True)]
        return Rows(pa.record_batch(columns, schema=self.schema), faults)


def _fault(row: Sequence[str], width: int) -> str:
    surplus = "" if len(row) < width else f"; left out: {few(row[width:], most=3)}"
    return f"expected {width} cells in this row, found {len(row)}{surplus}"
