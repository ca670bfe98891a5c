"""Which files are archives, and what reads them."""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Protocol

from datasets.images.reading import Directory
from datasets.images.scratch import Scratch
from datasets.images.tars import Tar, is_tar
from datasets.images.zips import Archive

UNREADABLE = (OSError, zipfile.BadZipFile, RuntimeError, EOFError, ValueError, zlib.error, lzma.LZMAError)
"""What is raised by listing and opening what an archive holds where it is damaged, encrypted or of a strange kind."""
DEEPEST = 3
"""Archives in archives in an archive are opened, not more: one may hold itself."""
_NOT_ARCHIVES = (".npz",)
"""Zips by their content that stand for one thing."""


class Contents(Protocol):
    """The files of a folder or an archive."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def members(self) -> Iterable[tuple[str, bool]]:
        """(name, whether it is a folder). Raises OSError, or zipfile.BadZipFile for a damaged archive."""

    def read(self, name: str) -> bytes:
        """Return a file whole. Raises ImageError with the reason where that is impossible or dangerous."""

    def reader(self, name: str) -> Callable[[], bytes]:
        """Return what reads a file as ``read`` does, which pickles."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file to be read as a stream, whatever its size."""

    def size(self, name: str) -> int:
        """Return the number of bytes of a file."""


def is_archive(name: str) -> bool:
    """Say whether a file's name is that of an archive."""
    return name.lower().endswith(".zip") or is_tar(name)


def archive_stem(name: str) -> str:
    """Return an archive's name without its suffix, ``a`` for ``a.tar.gz``; that of any other file as it is."""
    if not is_archive(name):
        return name
    stem = name.rpartition(".")[0]
    return stem.rpartition(".")[0] if stem.lower().endswith(".tar") else stem


def open_archive(path: Path) -> Contents | None:
    """Return what reads the archive at ``path``; None for a file that is none. One of its name is taken at its word."""
    if path.suffix.lower() in _NOT_ARCHIVES:
        return None
    if is_tar(path.name):
        return Tar(path)
    return Archive(path) if is_archive(path.name) or zipfile.is_zipfile(path) else None


def local_file(contents: Contents, name: str, scratch: Scratch, unpacked_as: str = "") -> Path:
    """Return a local file with the content of one of a folder or archive, unpacked to ``scratch`` where it must be.

    Raises one of `UNREADABLE`, or SourceError where there is no room for it.
    """
    if isinstance(contents, Directory):
        return contents.path / name
    with contents.open(name) as stream:
        return scratch.unpacked(unpacked_as or name, stream, contents.size(name))
