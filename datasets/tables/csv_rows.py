"""Rows of a CSV, of which every one can be read again, whatever its cells say."""

import csv
from collections.abc import Iterable
from typing import TextIO


def write_csv(file: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Write rows in lines that end with LF. A cell with the end of a line in it, that of any system, is quoted."""
    csv.writer(_Lines(file), lineterminator="\r\n").writerows(rows)


class _Lines:
    """Takes lines that end with CR LF: before 3.11.9 Python quotes of these two only what is in the end of its own."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> None:
        """Write a line, which the writer of CSV gives whole."""
        self._file.write(f"{line[:-2]}\n")
