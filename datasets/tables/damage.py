"""What is said of a file that is no table, or a damaged one."""

import errno
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from datasets.errors import SourceError, first_line

DAMAGE = (pa.ArrowException, OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, UnicodeError)
"""What readers of tables raise where a file is damaged."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Of an OSError that writing has raised while a table is read: no fault of the table."""


class NotATableError(pa.ArrowInvalid):  # type: ignore[misc]  # pyarrow has no types
    """A file is something else than a table; the text says what was found, to follow "found"."""


@contextmanager
def table_errors(name: str, to_be: str = "read") -> Iterator[None]:
    """Turn what goes wrong with a table in the block into a SourceError of a line: its name, what it was ``to_be``."""
    try:
        yield
    except SourceError as error:
        told = str(error).startswith(f"'{name}'")
        raise error if told else SourceError(f"'{name}' cannot be {to_be}: {error}") from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise
        raise SourceError(f"'{name}' cannot be {to_be}: {_found(error)}") from error


def _found(error: Exception) -> str:
    if isinstance(error, NotATableError):
        return f"expected a table, found {error}: CSV, JSON Lines, Parquet, Feather, FITS and VOTable can be read"
    if isinstance(error, OSError) and error.errno is not None:
        return f"expected a table, found a file that gives no answer: {error.strerror}"
    said = first_line(error).rstrip(".")
    return f"expected a table, found a damaged file, or one cut off ({said}): copy or download it again"
