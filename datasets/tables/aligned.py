"""Tables whose columns are parted by blanks, as astronomers write them, turned into ones with tabs."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from datasets.tables.quotes import readable_rows

_LINES = 4096
"""Lines that are turned at once."""


def parted_by_blanks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the values of each line, which may be quoted; a tab is a blank, as people mix them."""
    return csv.reader((line.strip().replace("\t", " ") for line in lines), delimiter=" ", skipinitialspace=True)


class Tabbed(io.RawIOBase):
    """The text of a UTF-8 stream with a tab for each run of blanks, and quotes where a value needs them."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8")
        self._rows = readable_rows(parted_by_blanks(self._text))
        self._waiting = b""

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, or a part of it; 0 at the end."""
        if not self._waiting:
            turned = io.StringIO()
            csv.writer(turned, delimiter="\t", lineterminator="\n").writerows(islice(self._rows, _LINES))
            self._waiting = turned.getvalue().encode()
        size = min(len(buffer), len(self._waiting))
        buffer[:size] = self._waiting[:size]
        self._waiting = self._waiting[size:]
        return size
