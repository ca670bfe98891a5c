"""The bytes of the first table of a kind in a FITS file, in whatever memory a few thousand rows take."""

import os
import warnings
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import first_line
from datasets.tables.damage import NotATableError

BINARY, TEXT = "BINTABLE", "TABLE"
"""XTENSION of the two kinds of tables (FITS 4.0, 7.2 and 7.3)."""
_ROWS = 8192
_BATCH = 2**26
"""Bytes of the rows that are in memory at once."""
_AT_ONCE = 2**28
"""Bytes that the system reads at once; it reads 2 GiB at most."""
Bytes = npt.NDArray[np.uint8]


class StoredTable:
    """The first table of a ``kind`` in a file on the disk; none of its other units is looked at.

    Attributes:
        header: of the table, as astropy reads it.
        first: bytes of the file's first header.
        before: bytes of the file that are above the table's header.
        data: the place of the table's first row in the file.
        end: the place in the file where its last byte has been, of the rows or of the heap behind them.
        after: the place of what follows the table in the file.
        width: bytes of a row.
        count: its rows.
        size: bytes of the file.
    """

    def __init__(self, stream: IO[bytes], kind: str) -> None:
        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            units = fits.open(stream, memmap=True, ignore_missing_simple=False)
            wanted = {BINARY: fits.BinTableHDU, TEXT: fits.TableHDU}[kind]
            tables = [unit for unit in units if isinstance(unit, wanted) and not unit.header.get("ZIMAGE")]
            if not tables:
                raise NotATableError("a FITS file without a table")
            self.header = tables[0].header
            self.first, place = int(units[0].fileinfo()["datLoc"]), tables[0].fileinfo()
        try:
            self.count, self.width = int(self.header["NAXIS2"]), int(self.header["NAXIS1"])
            behind = max(0, int(self.header.get("PCOUNT", 0)))
        except (ValueError, KeyError) as error:
            raise pa.ArrowInvalid(first_line(error)) from error
        self.before, self.data, self.after = place["hdrLoc"], place["datLoc"], place["datLoc"] + place["datSpan"]
        self._file = stream.fileno()
        self.size = os.fstat(self._file).st_size
        self.end = self.data + self.count * self.width + behind
        if self.size < self.end:
            raise pa.ArrowInvalid(f"{self.size:,} bytes of {self.end:,}")

    @property
    def rows_at_once(self) -> int:
        """Number of rows that are in memory at once: fewer where they hold much, such as images."""
        return max(1, min(_ROWS, _BATCH // max(1, self.width)))

    def raw(self, start: int, rows: int) -> Bytes:
        """Return rows as they are stored, uint8 (n, bytes a row), fewer at the end."""
        stop = min(start + rows, self.count)
        data = self.bytes(self.data + start * self.width, (stop - start) * self.width)
        return data.reshape(stop - start, self.width)

    def bytes(self, start: int, size: int) -> Bytes:
        """Return bytes of the file, uint8 (size,), read and not mapped, whose pages would stay in memory."""
        data = b"".join(
            os.pread(self._file, min(_AT_ONCE, start + size - place), place)
            for place in range(start, start + size, _AT_ONCE)
        )
        return np.frombuffer(data, np.uint8)
