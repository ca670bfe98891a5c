"""Opens a table to be read exactly, whatever it is written in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from datasets.tables.damage import table_errors
from datasets.tables.exact.arrow_rows import ParquetRows, ReadRows
from datasets.tables.exact.fits_text_rows import open_fits
from datasets.tables.exact.rows import ExactTable
from datasets.tables.exact.text_rows import TextRows
from datasets.tables.exact.votable_rows import VOTableRows
from datasets.tables.kinds import Kind, Recognised, reader_of, recognise


@contextmanager
def open_exact(path: Path) -> Iterator[ExactTable]:
    """Yield the table in a local file. Raises SourceError where it is none, or damaged, when that is seen."""
    with table_errors(str(path)), ExitStack() as stack:
        yield _opened(recognise(stack, path.name, stack.enter_context(path.open("rb"))))


def _opened(found: Recognised) -> ExactTable:
    if found.kind == Kind.TEXT:
        return TextRows(found.stream, blanks=found.blanks)
    readers: dict[Kind, Callable[[IO[bytes]], ExactTable]] = {
        Kind.FITS: open_fits,
        Kind.PARQUET: ParquetRows,
        Kind.VOTABLE: VOTableRows,
    }
    return readers[found.kind](found.stream) if found.kind in readers else ReadRows(reader_of(found))
