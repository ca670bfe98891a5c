"""What tables are written in: delimited text, JSON Lines, Parquet, Feather, FITS or VOTable; packed by gzip, bzip2, xz.

A file's name says that it may be a table, its first bytes say what it is.
"""

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa

from datasets.errors import SourceError
from datasets.tables.astronomical import Astronomical
from datasets.tables.columnar import Feather, Parquet
from datasets.tables.delimited import Delimited
from datasets.tables.dialects import is_delimited
from datasets.tables.exact.fits_text_rows import open_fits
from datasets.tables.exact.votable_rows import VOTableRows
from datasets.tables.fits_heads import is_fits_table
from datasets.tables.json_lines import JsonLines


class Kind(StrEnum):
    """What a table is written in."""

    TEXT = "delimited text"
    LINES = "JSON Lines"
    PARQUET = "Parquet"
    FEATHER = "Feather"
    FITS = "FITS"
    VOTABLE = "VOTable"


_PACKED_SUFFIXES = ("", ".gz", ".bz2", ".xz")
_TEXT = tuple(f"{kind}{packed}" for kind in (".csv", ".tsv", ".tab", ".ecsv") for packed in _PACKED_SUFFIXES)
_BINARY = tuple(
    f"{kind}{packed}"
    for kind in (".parquet", ".pq", ".feather", ".arrow", ".vot", ".votable")
    for packed in _PACKED_SUFFIXES
)
_BOOKS = (".xlsx", ".xls", ".ods")
_ALIGNED = (".txt", ".dat", ".ecsv")
"""Suffixes of tables whose columns may be parted by blanks; in a CSV a blank is one of a name."""
_LINES = tuple(f"{kind}{packed}" for kind in (".jsonl", ".ndjson") for packed in _PACKED_SUFFIXES)
_PERHAPS_FITS = (".fits", ".fit", ".fits.gz", ".fit.gz")
_PERHAPS_VOTABLE = (".xml",)
_PERHAPS_TEXT = (".txt", ".dat")
_HEAD = 2**15
"""First bytes that tell whether such a file is a table."""
_CONTINUED = b"\xff\xff\xff\xff"
"""The mark at the beginning of Arrow's format for streams, in which Hugging Face keeps what it has loaded."""
_MAGIC = {
    b"PAR1": Kind.PARQUET,
    b"ARROW1": Kind.FEATHER,
    _CONTINUED: Kind.FEATHER,
    b"SIMPLE  =": Kind.FITS,
}
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"
_POINTER = b"version https://"
_WORKBOOKS = {b"PK\x03\x04": "an Excel or zip file", b"\xd0\xcf\x11\xe0": "an Excel file"}


class Reader(Protocol):
    """A table that is open: its columns' names and types, and what a person must know of what has been read so far."""

    schema: pa.Schema

    @property
    def decimal(self) -> str:
        """The sign before the decimals of numbers that are text: ``.``, and ``,`` in some delimited text."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the table is, to follow "'a.csv' is"."""

    def batches(self, types: Mapping[int, pa.DataType]) -> Iterator[list[pa.Array]]:
        """Yield the columns at some places, of these types already or as they are, a batch of rows at a time."""


def is_table(name: str, head: Callable[[int], bytes] | None = None) -> bool:
    """Say whether a file is a table by its name, and where others have such names too, by its first bytes.

    ``head`` returns as many first bytes as it is asked for; without it no FITS file is a table and no `.txt`.
    """
    lower = name.lower()
    if head is not None and lower.endswith(_PERHAPS_FITS):
        return is_fits_table(head)
    if head is not None and lower.endswith(_PERHAPS_VOTABLE):
        return b"<VOTABLE" in head(_HEAD)
    if head is not None and lower.endswith(_PERHAPS_TEXT):
        return is_delimited(head(_HEAD))
    return lower.endswith((*_TEXT, *_LINES, *_BINARY, *_BOOKS))


def may_be_table(name: str) -> bool:
    """Say whether only a file's first bytes tell if it is a table."""
    return name.lower().endswith((*_PERHAPS_FITS, *_PERHAPS_VOTABLE, *_PERHAPS_TEXT))


@dataclass(frozen=True)
class Recognised:
    """What a stream holds, unpacked and from its beginning; on the disk but for text and VOTables.

    ``blanks`` says that they may part columns, ``is_stream`` that Arrow's batches follow without a table of them.
    """

    kind: Kind
    stream: IO[bytes]
    blanks: bool = False
    is_stream: bool = False


def recognise(stack: ExitStack, name: str, raw: IO[bytes]) -> Recognised:
    """Tell what a stream holds; ``stack`` closes it. Raises SourceError for what is no table."""
    stream, first = _peeked(stack, raw)
    packed = _packed(first, stream)
    if packed is not None:
        stream, first = _peeked(stack, packed)
    if first.startswith(tuple(_WORKBOOKS)):
        kind = next(kind for magic, kind in _WORKBOOKS.items() if first.startswith(magic))
        raise SourceError(f"expected a table, found {kind}: save its sheet as CSV")
    if first.startswith(_POINTER):
        raise SourceError("expected a table, found what Git LFS has in its place: `git lfs pull` gets it")
    if first.startswith((b"<?xml", b"<VOTABLE")):
        return Recognised(Kind.VOTABLE, stream)
    for magic, of_magic in _MAGIC.items():
        if first.startswith(magic):
            return Recognised(of_magic, _on_disk(stack, stream), is_stream=magic == _CONTINUED)
    if name.lower().endswith(_BINARY):
        raise SourceError(f"expected a table, found a file that is no {Path(name).suffix[1:]}, whatever its name says")
    if name.lower().endswith(_LINES):
        return Recognised(Kind.LINES, _on_disk(stack, stream))
    return Recognised(Kind.TEXT, stream, blanks=name.lower().endswith(_ALIGNED))


def open_reader(stack: ExitStack, name: str, raw: IO[bytes]) -> Reader:
    """Open what a stream holds; ``stack`` closes it. Raises SourceError, or what its reader does, for what is none."""
    return reader_of(recognise(stack, name, raw))


def reader_of(found: Recognised) -> Reader:
    """Open what is recognised. Raises what its reader does where it is damaged."""
    if found.kind == Kind.FEATHER:
        return Feather(found.stream, is_stream=found.is_stream)
    if found.kind == Kind.TEXT:
        return Delimited(found.stream, blanks=found.blanks)
    readers: dict[Kind, Callable[[IO[bytes]], Reader]] = {
        Kind.LINES: JsonLines,
        Kind.PARQUET: Parquet,
        Kind.FITS: lambda stream: Astronomical(open_fits(stream)),
        Kind.VOTABLE: lambda stream: Astronomical(VOTableRows(stream)),
    }
    return readers[found.kind](found.stream)


def is_packed(first: bytes) -> bool:
    """Say by a file's first bytes whether it is packed as a whole."""
    return first.startswith((_GZIP, _BZIP2, _XZ))


def _packed(first: bytes, stream: io.BufferedReader) -> IO[bytes] | gzip.GzipFile | None:
    """Return what unpacks a stream that is packed."""
    if first.startswith(_GZIP):
        return gzip.open(stream)
    if first.startswith(_BZIP2):
        return bz2.open(stream)
    return lzma.open(stream) if first.startswith(_XZ) else None


def _peeked(stack: ExitStack, stream: IO[bytes] | gzip.GzipFile) -> tuple[io.BufferedReader, bytes]:
    """Return a stream and its first bytes, which are left to be read."""
    buffered: io.BufferedReader = io.BufferedReader(stream, 2**16)  # type: ignore  # typed too loosely
    return stack.enter_context(buffered), buffered.peek(16)[:16]


def _on_disk(stack: ExitStack, stream: io.BufferedReader) -> IO[bytes]:
    """Return a file on the disk with what a stream holds, to be read from any place."""
    path = getattr(getattr(stream.raw, "raw", None), "name", None)
    if isinstance(stream.raw, io.BufferedReader) and isinstance(path, str):
        return stack.enter_context(Path(path).open("rb"))
    with tempfile.NamedTemporaryFile() as file:  # which loses its name here: nothing of it can stay
        shutil.copyfileobj(stream, file)
        file.flush()
        return stack.enter_context(Path(file.name).open("rb"))
