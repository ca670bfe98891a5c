"""How a table of delimited text is written: which of its first lines is the header, and what parts its columns."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from datasets.tables.aligned import parted_by_blanks
from datasets.tables.encodings import Utf8Stream

DELIMITERS = (",", "\t", ";", "|")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_SAMPLE = 20
_OF_EXCEL = re.compile(r"sep=.\Z", re.IGNORECASE)
"""What Excel has above a header, to tell itself the delimiter."""
_FILE = re.compile(r".*\.[A-Za-z]\w{1,4}")
_NUMBER = re.compile(r"[-+.\d]+(?:[eE][-+]?\d+)?")
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+(?:[eE][-+]?\d+)?\s*")
_DECIMAL_POINT = re.compile(r"\s*[-+]?\d+\.\d+(?:[eE][-+]?\d+)?\s*")


@dataclass(frozen=True)
class Dialect:
    """What the first lines tell.

    Attributes:
        header: the columns' names as they stand.
        delimiter: what parts the columns; a blank for any number of them.
        decimal: the sign before a number's decimals, ``.`` or ``,``.
        start: bytes before the first row.
        lines: lines before the first row: blank ones, comments and the header.
        is_sure: whether there are several columns, and all of the first rows have the same number of them.
    """

    header: tuple[str, ...]
    delimiter: str
    decimal: str
    start: int
    lines: int
    is_sure: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names without the blanks around them."""
        return tuple(name.strip() for name in self.header)


def dialect_of(head: bytes, *, blanks: bool = False) -> Dialect | None:
    """Tell the dialect by the beginning of a table, UTF-8; None where there is no line with anything in it.

    ``blanks`` says that they may part columns, too.

    Lines that begin with ``#`` before the header are comments, but the last one is the header where it has a name for
    each column and what follows is a row, as TOPCAT and NumPy write it. The delimiter
    is the one that parts the header and the first rows into the same number of columns, the most of them.
    """
    top = _top(head)
    if top is None:
        return None
    header, start, lines = top.header, top.end, top.lines
    following = [line.decode(errors="replace") for line in _LINE_END.split(head[start:], _SAMPLE)]
    rows = [line for line in following[:-1] if line.strip()] or following[:1]
    delimiters = (*DELIMITERS, " ") if blanks else DELIMITERS
    if any(_names_columns(top.comment, [header, *rows], each) for each in delimiters):
        rows, header, start, lines = [header, *rows], top.comment, top.start, lines - 1
    delimiter = max(delimiters, key=lambda each: _agreement(header, rows, each))
    is_sure = _agreement(header, rows, delimiter)[0]
    return Dialect(tuple(_parted([header], delimiter)[0]), delimiter, _decimal(rows, delimiter), start, lines, is_sure)


def is_delimited(head: bytes) -> bool:
    """Say whether a file begins as a table of two columns or more does, in any encoding; a text of words does not."""
    try:
        text = Utf8Stream(io.BytesIO(head)).head(len(head))
    except UnicodeDecodeError:
        return False
    dialect = None if b"\0" in text else dialect_of(text, blanks=True)
    return dialect is not None and dialect.is_sure


def _agreement(header: str, rows: Sequence[str], delimiter: str) -> tuple[bool, int]:
    names = _parted([header], delimiter)[0]
    columns = len(names)
    if delimiter == " " and (not any(rows) or any(map(_NUMBER.fullmatch, names))):
        return False, columns  # words, or numbers without a header
    same = all(len(row) == columns for row in _parted(rows, delimiter) if row)
    return columns > 1 and same, columns


@dataclass(frozen=True)
class _Top:
    """The first line that says something, from byte ``start`` to ``end``, and the last comment above it."""

    header: str
    start: int
    end: int
    lines: int
    comment: str


def _top(head: bytes) -> _Top | None:
    end, lines, comment = 0, 0, ""
    while end < len(head):
        start, found = end, _LINE_END.search(head, end)
        line = head[start : found.start() if found else len(head)].decode(errors="replace")
        end, lines = found.end() if found else len(head), lines + 1
        if line.lstrip().startswith("#"):
            comment = line.lstrip(" \t#")
        elif line.strip() and not (lines == 1 and _OF_EXCEL.match(line.strip())):
            return _Top(line, start, end, lines, comment)
    return None


def _names_columns(comment: str, rows: Sequence[str], delimiter: str) -> bool:
    """Say whether a comment names the columns of the rows below it, the first of which is no header itself."""
    if not comment or not _agreement(comment, rows, delimiter)[0]:
        return False
    names, (first, *others) = _parted([comment], delimiter)[0], _parted(rows, delimiter)
    if not all(name.strip() and not _NUMBER.fullmatch(name.strip()) for name in names):
        return False
    below = [{row[place] for row in others if row} for place in range(len(names))]
    return any(
        _NUMBER.fullmatch(value.strip()) or _FILE.fullmatch(value) or value in seen
        for value, seen in zip(first, below, strict=True)
    )


def _decimal(rows: Sequence[str], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    values = [value for row in _parted(rows, delimiter) for value in row]
    commas, points = any(map(_DECIMAL_COMMA.fullmatch, values)), any(map(_DECIMAL_POINT.fullmatch, values))
    return "," if commas and not points else "."


def _parted(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        if delimiter == " ":
            return list(parted_by_blanks(lines))
        return list(csv.reader(lines, delimiter=delimiter)) or [[]]
    except csv.Error:  # a line of more than 128 KiB
        return [line.split(delimiter.strip(" ") or None) for line in lines]
