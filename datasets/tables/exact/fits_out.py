"""Binary tables of FITS, written in whatever memory a few thousand rows take."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from datasets.tables.annotated import as_texts, notes_of
from datasets.tables.exact.fits_columns import FitsColumn, encoded
from datasets.tables.exact.fits_rows import FitsRows
from datasets.tables.exact.fits_said import say_in_header
from datasets.tables.exact.names import in_ascii, unique_names, unit_in_ascii
from datasets.tables.writing import Write

_BLOCK, _CARD = 2880, 80
_VOTABLE = b"VOTMETA ="
_AT_ONCE = 2**22


@contextmanager
def fits_writer(path: Path, columns: Sequence[FitsColumn], about: pa.Schema, rows: int) -> Iterator[Write]:
    """Yield what adds a batch to a file whose first table has ``rows`` rows; it is complete when the block ends.

    ``about`` has the columns' fields and in its metadata what is said of all. Of names that are there twice the later
    ones end in a number, and what is not ASCII is escaped in names and notes: headers have nothing else.
    """
    from astropy.io import fits

    header = _header(columns, rows)
    say_in_header(header, as_texts(about.metadata))
    with path.open("wb") as file, tempfile.TemporaryFile(dir=path.parent) as heap:
        file.write(fits.PrimaryHDU().header.tostring().encode())
        place = file.tell()
        file.write(header.tostring().encode())

        def add_to_heap(data: bytes) -> int:
            start = heap.tell()
            heap.write(data)
            return start

        def write(batch: pa.RecordBatch) -> None:
            parts = [encoded(column, values, add_to_heap) for column, values in zip(columns, batch, strict=True)]
            file.write(np.concatenate(parts, axis=1).tobytes())

        yield write
        size = heap.tell()
        heap.seek(0)
        shutil.copyfileobj(heap, file)
        _fill_block(file)
        header["PCOUNT"] = size
        file.seek(place)
        file.write(header.tostring().encode())


def append_to_fits(
    path: Path, table: FitsRows, columns: Sequence[FitsColumn], about: pa.Schema, added: Iterator[pa.RecordBatch]
) -> None:
    """Write a FITS file again with further columns in its first table: its other bytes stay, but for VOTMETA.

    ``added`` has as many rows as the table. Raises ValueError where it has not.
    """
    header = table.header.copy()
    for card in ("CHECKSUM", "DATASUM"):
        header.remove(card, ignore_missing=True)
    first, old = len(table.fields) + 1, int(header["NAXIS1"])
    names = unique_names([*(field.name for field in table.fields), *(in_ascii(c.field.name) for c in columns)])
    _describe(header, columns, names[len(table.fields) :], first)
    header["TFIELDS"] = len(table.fields) + len(columns)
    header["NAXIS1"] = old + sum(column.width for column in columns)
    if "THEAP" in header:
        header["THEAP"] = int(header["THEAP"]) + table.count * (int(header["NAXIS1"]) - old)
    say_in_header(header, as_texts(about.metadata))
    with path.open("wb") as file:
        head = _above(table)
        file.write(head)
        _copy(table, len(head), table.before, file)
        file.write(header.tostring().encode())
        done = 0
        step = table.rows_at_once
        for batch in (whole.slice(start, step) for whole in added for start in range(0, len(whole), step)):
            raw = table.raw(done, len(batch))
            if len(raw) < len(batch):
                raise ValueError(f"{table.count} rows, but more to be added to them")
            parts = [encoded(column, values, _no_heap) for column, values in zip(columns, batch, strict=True)]
            file.write(np.concatenate([raw, *parts], axis=1).tobytes())
            done += len(batch)
        if done != table.count:
            raise ValueError(f"{table.count} rows, but {done} to be added to them")
        end = table.data + table.count * old
        _copy(table, end, end + int(header.get("PCOUNT", 0)), file)
        _fill_block(file)
        _copy(table, table.after, table.size, file)


def _header(columns: Sequence[FitsColumn], rows: int) -> Any:
    from astropy.io import fits

    header = fits.BinTableHDU.from_columns([], nrows=0).header
    header["NAXIS1"], header["NAXIS2"] = sum(column.width for column in columns), rows
    header["TFIELDS"] = len(columns)
    _describe(header, columns, unique_names([in_ascii(column.field.name) for column in columns]), 1)
    return header


def _describe(header: Any, columns: Sequence[FitsColumn], names: Sequence[str], first: int) -> None:
    """Add the cards of some columns, of which the first has a number."""
    for number, (column, name) in enumerate(zip(columns, names, strict=True), first):
        notes = notes_of(column.field)
        shape = notes.get("shape", "")
        cards = {
            "TTYPE": name,
            "TFORM": column.form,
            "TNULL": column.null,
            "TZERO": column.zero or None,
            "TDIM": f"({shape})" if shape and not column.heaped else None,
            "TUNIT": unit_in_ascii(notes["unit"]) if "unit" in notes else None,
            "TUCD": notes.get("ucd"),
            "TCOMM": notes.get("description"),
        }
        for card, value in cards.items():
            if value is not None:
                header[f"{card}{number}"] = in_ascii(value) if isinstance(value, str) else value


def _above(table: FitsRows) -> bytes:
    """Return the file's first header, in which a VOTable that tells of the table no more is marked as no longer meant.

    TOPCAT keeps one there, and takes the columns from it where VOTMETA is true. The header's own checksum is left out.
    """
    head = table.bytes(0, table.first).tobytes()
    cards = [head[place : place + _CARD] for place in range(0, len(head), _CARD)]
    if not any(map(_says_votable, cards)):
        return b""
    cards = [_VOTABLE + b"F".rjust(21) + card[30:] if _says_votable(card) else card for card in cards]
    return b"".join(b" " * _CARD if card.startswith(b"CHECKSUM=") else card for card in cards)


def _says_votable(card: bytes) -> bool:
    return card.startswith(_VOTABLE) and card[10:30].strip() == b"T"


def _no_heap(_data: bytes) -> int:
    raise ValueError("a column in the heap cannot be added")


def _copy(table: FitsRows, start: int, stop: int, file: IO[bytes]) -> None:
    """Write a part of the table's file, a block at a time."""
    for place in range(start, stop, _AT_ONCE):
        file.write(table.bytes(place, min(_AT_ONCE, stop - place)).tobytes())


def _fill_block(file: IO[bytes]) -> None:
    file.write(bytes(-file.tell() % _BLOCK))
