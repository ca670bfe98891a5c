"""Astronomers' tables, those of FITS (a file's first binary or text table) and VOTable, read some rows at a time.

A FITS table stays on the disk; a VOTable is in memory as a whole, as astropy reads it.
"""

import contextlib
import warnings
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import first_line
from datasets.tables.damage import NotATableError
from datasets.tables.encodings import bytes_as_text

FITS_HEAD = 2**15
"""First bytes of a FITS file that tell whether it is a table."""
_ROWS = 2**16
_BLOCK = 2880
_CARD = 80


def is_fits_table(head: bytes) -> bool:
    """Say whether a FITS file, which may be gzipped, holds a table and no image, by its first bytes.

    Its primary unit has no pixels, and the next one is a table that is no compressed image (FITS 4.0, 7.3 and 10.1).
    """
    if head.startswith(b"\x1f\x8b"):
        with contextlib.suppress(zlib.error):
            head = zlib.decompressobj(31).decompress(head, FITS_HEAD)
    primary = _cards(head)
    if primary.get("SIMPLE") != "T" or primary.get("NAXIS") != "0":
        return False
    second = _cards(head[_end_of_header(head) :])
    return second.get("XTENSION", "").strip("' ") in {"BINTABLE", "TABLE"} and second.get("ZIMAGE") != "T"


class FitsTable:
    """The first table of a FITS file."""

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._units = fits.open(stream, memmap=True, ignore_missing_simple=False)
            tables = [u for u in self._units if isinstance(u, fits.BinTableHDU | fits.TableHDU)]
            tables = [unit for unit in tables if not unit.header.get("ZIMAGE", False)]
            if not tables:
                raise NotATableError("a FITS file without a table")
            self._table = tables[0]
            names = list(self._table.columns.names)
            self.schema = pa.schema([(name, self._column(place, 0, 1).type) for place, name in enumerate(names)])

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        for start in range(0, int(self._table.header["NAXIS2"]), _ROWS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield [self._column(place, start, start + _ROWS) for place in types]

    def _column(self, place: int, start: int, stop: int) -> pa.Array:
        column = self._table.columns[place]
        try:
            values = np.asarray(self._table.data[start:stop].field(place))
        except Exception as error:  # a damaged file fails with any type
            raise pa.ArrowInvalid(first_line(error)) from error
        missing = None
        if column.null not in (None, "") and values.dtype.kind in "iu":
            missing = values == int(column.null)
        return _as_arrow(values, missing)


class VOTable:
    """The first table of a VOTable."""

    notes = ()

    def __init__(self, stream: IO[bytes]) -> None:
        from astropy.io.votable import parse_single_table

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self._table: Any = parse_single_table(stream).to_table(use_names_over_ids=True)
            except Exception as error:  # a damaged file fails with any type
                raise pa.ArrowInvalid(first_line(error)) from error
        self.schema = pa.schema([(name, self._column(name).type) for name in self._table.colnames])

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places."""
        yield [self._column(self._table.colnames[place]) for place in types]

    def _column(self, name: str) -> pa.Array:
        column = self._table[name]
        mask = getattr(column, "mask", None)
        return _as_arrow(np.asarray(column), None if mask is None else np.broadcast_to(mask, column.shape))


def _as_arrow(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None) -> pa.Array:
    """Turn a column into Arrow's; what is ``missing`` is null, and so is all of one that has an array a row."""
    if values.ndim > 1:
        return pa.nulls(len(values), pa.list_(pa.float64()))
    if values.dtype.kind == "S":
        values = np.array([bytes_as_text(value) for value in values.tolist()], np.str_)
    if values.dtype.kind == "U":
        texts = [text.rstrip() for text in values.tolist()]
        return pa.array(texts, pa.string(), mask=missing)
    if values.dtype.kind == "O":
        texts = [bytes_as_text(value) if isinstance(value, bytes) else value for value in values.tolist()]
        return pa.array([text if text is None else str(text) for text in texts], pa.string(), mask=missing)
    return pa.array(np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="))), mask=missing)


def _cards(head: bytes) -> dict[str, str]:
    """Return the keywords and values, as they stand, of the header that begins here."""
    end = _end_of_header(head)
    cards = [head[start : start + _CARD].decode("latin-1") for start in range(0, end, _CARD)]
    return {card[:8].strip(): card[10:].partition("/")[0].strip() for card in cards if card[8:10] == "= "}


def _end_of_header(head: bytes) -> int:
    for start in range(0, len(head), _CARD):
        if head[start : start + _CARD].rstrip() == b"END":
            return (start // _BLOCK + 1) * _BLOCK
    return len(head)
