"""Files on the local disk, whoever made them: which there are below a folder, and one of them whole."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from datasets.errors import ImageError

MAX_BYTES = 256 * 2**20
"""A larger file is not read: no galaxy image is, and a zip can promise any size."""

_HIDDEN = re.compile(
    r"(?:\A|/)(?:\.(?!\.)|(?:__macosx|_ds_store|(?:eh)?thumbs\.db|desktop\.ini|@eadir|\$recycle\.bin|lost\+found"
    r"|system volume information|__pycache__)(?:/|\Z))",
    re.IGNORECASE,
)


def is_hidden(name: str) -> bool:
    """Say whether any part of a path is hidden, or litter that systems leave behind. ``..`` is harmful, not hidden."""
    return _HIDDEN.search(name) is not None


@dataclass(frozen=True)
class Directory:
    """The files of the folder ``path``, read as ``Archive`` reads those of a zip."""

    path: Path

    @property
    def members(self) -> Iterator[tuple[str, bool]]:
        """(path relative to the folder with ``/``, whether it is a folder) of all that is not hidden below it.

        Links to folders are followed, but for those to a folder that they lie in. Raises OSError for what cannot be
        listed.
        """
        return _below(self.path, "", frozenset())

    def read(self, name: str) -> bytes:
        """Return a file whole. Raises as ``read_file`` does."""
        return read_file(self.path / name)

    def reader(self, name: str) -> Callable[[], bytes]:
        """Return what reads a file as ``read`` does, which pickles."""
        return partial(self.read, name)

    def open(self, name: str) -> IO[bytes]:
        """Open a file to be read as a stream, whatever its size. Raises OSError."""
        path = self.path / name
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
            raise OSError("not a file")
        return path.open("rb")

    def size(self, name: str) -> int:
        """Return the number of bytes of a file. Raises OSError."""
        return (self.path / name).stat().st_size


def file_head(path: Path, size: int = 16) -> bytes:
    """Return the first bytes of a local file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def read_file(path: Path) -> bytes:
    """Return a file whole. Raises ImageError with the reason where it cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for without end
            raise ImageError("not a file")
        check_size(status.st_size)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError("no such file") from error
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror}") from error


def check_size(size: int) -> None:
    """Raise ImageError for a file of more bytes than are read."""
    if size > MAX_BYTES:
        raise ImageError(f"too large: {size // 2**20} MiB, at most {MAX_BYTES // 2**20} MiB are read")


def _below(folder: str | Path, prefix: str, above: frozenset[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Yield what is below a folder; ``above`` are the (device, inode) of the folders that it lies in."""
    status = Path(folder).stat()
    here = above | {(status.st_dev, status.st_ino)}
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry) for entry in entries if not is_hidden(entry.name))
    for name, entry in found:
        if not _is_folder(entry):
            yield prefix + name, False
        elif not _leads_up(entry, here):
            yield prefix + name, True
            yield from _below(entry.path, f"{prefix}{name}/", here)


def _leads_up(entry: os.DirEntry[str], above: frozenset[tuple[int, int]]) -> bool:
    """Say whether a link is one to a folder that it lies in, or that was come through."""
    if not entry.is_symlink():
        return False
    status, real = entry.stat(), Path(entry.path).resolve()
    return (status.st_dev, status.st_ino) in above or real in Path(entry.path).parent.resolve().parents


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
