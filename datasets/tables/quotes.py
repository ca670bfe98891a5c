"""Quoted cells of delimited text, each of which must end: one that does not takes the rows below it in, unseen."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from datasets.errors import SourceError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_SHOWN = 40


class EndedQuotes(io.RawIOBase):
    """The UTF-8 text of a stream, in which every quoted cell is seen to end; ``lines`` are those above it.

    Readers take a cell without an end, and one that the quote of a cell below seems to end, for a cell with all the
    rows between. So where there are several lines in a quoted cell, nothing may follow the quote that ends it; within a
    line they agree on what that is. A cell of more than ``longest`` bytes has no end.
    """

    def __init__(self, stream: io.RawIOBase, delimiter: str, lines: int, longest: int) -> None:
        self._stream, self._lines, self._longest = stream, lines, longest
        signs = b" \t" if delimiter == " " else delimiter.encode()
        sign, end = re.escape(signs), re.escape(signs + b"\r\n")
        stop = rb"(?:[%b\n]|\r\n|\r(?!\Z))" % sign
        quoted = rb'"[^"]*(?:""[^"]*)*" *'
        odd = rb'"[^"\r\n]*(?:""[^"\r\n]*)*"[^"%b][^%b]*' % (end, end)
        plain = rb'[^"%b][^%b]*' % (end, end)
        often = rb'(?:"[^"]*"(?:[%b]|\r?\n))+|[^"]*[%b\n]' % (sign, sign)  # three times as fast as all cells alike
        self._cells = re.compile(rb"(?:%b|%b%b|(?:%b|%b)?%b)*" % (often, quoted, stop, odd, plain, stop))
        self._closed = re.compile(rb'%b(?=[^ "%b])' % (quoted, end))
        self._ends = signs + b"\n"  # of a cell; a lone CR may be half of a line's
        self._rest = b""

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, or a part of it; 0 at the end. Raises SourceError where a quoted cell has no end."""
        size = self._stream.readinto(buffer) or 0
        self._see(bytes(buffer[:size]))
        return size

    def _see(self, block: bytes) -> None:
        """Look at what follows, nothing at the end, and keep of it the cell that is not whole."""
        text = self._rest + (block or b"\n")
        if b'"' in text:
            found = self._cells.match(text)
            done = found.end() if found else 0
        else:
            done = len(text) - (text[-1] not in self._ends)
        self._lines += text.count(b"\n", 0, done) + text.count(b"\r", 0, done) - text.count(b"\r\n", 0, done)
        self._rest = text[done:]
        closed = self._closed.match(self._rest)
        if not self._rest.startswith(b'"') or (closed and not _LINE_END.search(closed.group())):
            self._rest = self._rest and b"." + self._rest[-1:]  # nothing in it can be the quote that begins a cell
        elif closed or not block or len(self._rest) > self._longest:
            raise SourceError(self._without_end())

    def _without_end(self) -> str:
        start = _LINE_END.split(self._rest, 1)[0].decode(errors="replace")[:_SHOWN]
        return (
            f'expected a " at the end of each cell that begins with one, found none for `{start}` in line '
            f"{self._lines + 1:,}, which so takes in the rows below it: add it there, or take the first away"
        )


def readable_rows(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Yield rows of Python's reader. Raises SourceError where it does not read a cell, however that ends."""
    try:
        yield from rows
    except csv.Error as error:
        raise SourceError(
            f"expected cells of at most {csv.field_size_limit():,} signs, found a longer one: leave its column out"
        ) from error
