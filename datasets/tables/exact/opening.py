"""Opens a table to be read exactly, whatever it is written in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa

from datasets.errors import SourceError, first_line
from datasets.tables.exact.arrow_rows import ParquetRows, ReadRows
from datasets.tables.exact.fits_rows import FitsRows
from datasets.tables.exact.rows import ExactTable
from datasets.tables.exact.text_rows import TextRows
from datasets.tables.exact.votable_rows import VOTableRows
from datasets.tables.kinds import Kind, Recognised, reader_of, recognise
from datasets.tables.reading import DAMAGE


@contextmanager
def open_exact(path: Path) -> Iterator[ExactTable]:
    """Yield the table in a local file. Raises SourceError where it is none, or damaged, when that is seen."""
    with ExitStack() as stack:
        try:
            yield _opened(recognise(stack, path.name, stack.enter_context(path.open("rb"))))
        except SourceError as error:
            told = str(error).startswith(f"'{path}'")
            raise error if told else SourceError(f"'{path}' cannot be read: {error}") from error
        except DAMAGE as error:
            raise SourceError(f"'{path}' cannot be read: expected a table, found {first_line(error)}") from error


def _opened(found: Recognised) -> ExactTable:
    if found.kind == Kind.TEXT:
        return TextRows(found.stream, blanks=found.blanks)
    if found.kind == Kind.FITS:
        try:
            return FitsRows(found.stream)
        except pa.ArrowInvalid:  # a table of text, which astropy reads
            return ReadRows(reader_of(found))
    readers: dict[Kind, Callable[[IO[bytes]], ExactTable]] = {Kind.PARQUET: ParquetRows, Kind.VOTABLE: VOTableRows}
    return readers[found.kind](found.stream) if found.kind in readers else ReadRows(reader_of(found))
