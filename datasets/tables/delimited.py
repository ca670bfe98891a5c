"""Tables of delimited text, in whatever dialect and encoding, read in blocks."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow as pa
import pyarrow.csv

from datasets.errors import SourceError
from datasets.tables.aligned import Tabbed
from datasets.tables.damage import NotATableError
from datasets.tables.dialects import Dialect, dialect_of
from datasets.tables.encodings import Utf8Stream
from datasets.tables.quotes import EndedQuotes
from datasets.tables.values import MISSING

BATCH = 2**22
"""Bytes that are in memory at once."""
_HEAD = 2**20
_WRONG_VALUE = re.compile(r"In CSV column #(\d+): .*invalid value '(.*)'")


def open_text(stream: IO[bytes], *, blanks: bool) -> tuple[Utf8Stream, Dialect]:
    """Return a table's text from its first row on, and how it is written.

    Raises NotATableError where it is none.
    """
    text = Utf8Stream(stream)
    head = text.head(_HEAD)
    dialect = dialect_of(head, blanks=blanks)
    if dialect is None:
        raise NotATableError("an empty file")
    if b"\0" in head[: dialect.start]:
        raise NotATableError("a file that is neither text nor of a known format")
    text.skip(dialect.start)
    return text, dialect


def whole_rows(text: Utf8Stream, dialect: Dialect, *, longest: int) -> io.BufferedReader:
    """Return the text of a table's rows. Reading it raises SourceError where a quote takes rows into a cell."""
    return io.BufferedReader(EndedQuotes(text, dialect.delimiter, dialect.lines, longest), BATCH)


def notes_of_text(text: Utf8Stream) -> tuple[str, ...]:
    """Return what a person must know of the text that has been read so far."""
    return ("not UTF-8: read as Windows-1252 (Latin-1)",) if text.is_foreign else ()


class Delimited:
    """A table of delimited text; every column is text until it is asked for as something else.

    ``blanks`` says that columns may be parted by them.
    """

    def __init__(self, stream: IO[bytes], *, blanks: bool = False) -> None:
        self._text, self._dialect = open_text(stream, blanks=blanks)
        self.schema = pa.schema([(name, pa.string()) for name in self._dialect.names])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person must know of what has been read so far."""
        return notes_of_text(self._text)

    @property
    def decimal(self) -> str:
        """The sign before the decimals of numbers."""
        return self._dialect.decimal

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places, as these types.

        Raises SourceError, without the table's name, where a row has another number of columns, a quoted cell no end,
        or a number is none.
        """
        if not self._text.head(1):
            return
        ragged: list[pa.csv.InvalidRow] = []

        def refuse(row: pa.csv.InvalidRow) -> str:
            ragged.append(row)
            return "error"

        names = [str(place) for place in range(len(self._dialect.names))]
        convert = pa.csv.ConvertOptions(
            include_columns=[names[place] for place in types],
            column_types={names[place]: kind for place, kind in types.items()},
            null_values=MISSING,
            decimal_point=self._dialect.decimal,
        )
        # In one thread, which is as fast, the rows have numbers.
        read = pa.csv.ReadOptions(block_size=BATCH, column_names=names, use_threads=False)
        blanks = self._dialect.delimiter == " "
        parse = pa.csv.ParseOptions(
            delimiter="\t" if blanks else self._dialect.delimiter, newlines_in_values=True, invalid_row_handler=refuse
        )
        text = whole_rows(self._text, self._dialect, longest=csv.field_size_limit() if blanks else BATCH)
        if blanks:
            text = io.BufferedReader(Tabbed(text), BATCH)
        try:
            for batch in pa.csv.open_csv(text, read_options=read, parse_options=parse, convert_options=convert):
                yield batch.columns
        except pa.ArrowInvalid as error:
            if ragged:
                raise SourceError(self._ragged(ragged[0])) from error
            if (wrong := _WRONG_VALUE.search(str(error))) is not None:
                name = self._dialect.names[int(wrong[1])]
                raise SourceError(f"expected numbers in the column '{name}', found '{wrong[2]}'") from error
            raise

    def _ragged(self, row: pa.csv.InvalidRow) -> str:
        line = "" if row.number is None else f" in line {row.number + self._dialect.lines}"
        return f"expected {row.expected_columns} columns in each row, found {row.actual_columns}{line}: {row.text[:80]}"
