"""Reading many files out of a tar, plain or compressed, whoever made it."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from datasets.errors import ImageError, first_line
from datasets.images.embedded import Embedded
from datasets.images.scratch import Scratch
from datasets.images.zips import leaves_archive

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError)
"""What damage shows itself by, beside OSError."""


def is_tar(name: str) -> bool:
    """Say whether a file's name is that of a tar."""
    return name.lower().endswith(_SUFFIXES)


class Tar:
    """The members of a tar, read as ``Archive`` reads those of a zip, by their places in the file and from any thread.

    A compressed tar has no places: it is unpacked once into a temporary file, which is there as long as this is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._scratch = Scratch()

    @cached_property
    def members(self) -> tuple[tuple[str, bool], ...]:
        """(name, whether it is a folder) in the tar's own order, as they are, harmful names and links included.

        Raises OSError where the file cannot be read, is no tar, or a damaged one.
        """
        return tuple((_named(member), member.isdir()) for member in self._members if _named(member))

    def reader(self, name: str) -> Callable[[], bytes]:
        """Return what reads a member as ``read`` does, which pickles."""
        reason, member = self._reason(name), self._found[name]
        if reason:
            return partial(_refuse, reason)
        return Embedded(self._plain, member.offset_data, member.size).read

    def read(self, name: str) -> bytes:
        """Return a member whole. Raises ImageError with the reason where that is impossible or dangerous."""
        return self.reader(name)()

    def open(self, name: str) -> IO[bytes]:
        """Open a member to be read as a stream, whatever its size. Raises OSError, also for what is no file."""
        reason, member = self._reason(name), self._found[name]
        if reason:
            raise OSError(reason)
        return io.BufferedReader(_Part(self._plain, member.offset_data, member.size))

    def size(self, name: str) -> int:
        """Return the number of bytes of a member."""
        return self._found[name].size

    def _reason(self, name: str) -> str:
        """Say why a member must not be read; empty where it may be."""
        if leaves_archive(name):
            return "path leaves the archive"
        member = self._found[name]
        return "" if member.isreg() and not member.issparse() else "a link, a device or a sparse file in a tar"

    @cached_property
    def _plain(self) -> Path:
        """The tar itself, or what it is when it is unpacked."""
        stream = _decompressed(self.path)
        if stream is None:
            return self.path
        with stream:
            try:
                return self._scratch.unpacked(self.path.name, stream)
            except _BROKEN as error:
                raise OSError(f"a damaged tar: {first_line(error)}") from error

    @cached_property
    def _members(self) -> list[tarfile.TarInfo]:
        try:
            with tarfile.open(self._plain, "r:") as tar:
                members = tar.getmembers()
                end = tar.offset
            _check_end(self._plain, end)
            return members
        except _BROKEN as error:
            raise OSError(f"not a tar, or a damaged one: {first_line(error)}") from error

    @cached_property
    def _found(self) -> dict[str, tarfile.TarInfo]:
        return {_named(member): member for member in self._members}


def _check_end(path: Path, end: int) -> None:
    """Raise OSError where a tar's end mark is not at ``end``, behind its last member, or more follows it."""
    with path.open("rb") as file:
        file.seek(end)
        mark = file.read(tarfile.BLOCKSIZE)
        if len(mark) < tarfile.BLOCKSIZE or any(mark):
            raise OSError("a damaged tar, or one that is cut off: no end mark behind its last member")
        while block := file.read(2**20):
            if block.strip(b"\0"):
                raise OSError("more behind the tar's end, as of tars put together: tar -xif unpacks it")


def _decompressed(path: Path) -> IO[bytes] | None:
    """Open what a compressed file holds; None for one that is not compressed."""
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(path))
    if head.startswith(b"BZh"):
        return cast(IO[bytes], bz2.open(path))
    return cast(IO[bytes], lzma.open(path)) if head == b"\xfd7zXZ\x00" else None


def _named(member: tarfile.TarInfo) -> str:
    """Return a member's name without the ``./`` that tars of a folder's content begin each with; empty for that."""
    return "" if member.name == "." else member.name.removeprefix("./")


def _refuse(reason: str) -> bytes:
    raise ImageError(reason)


class _Part(io.RawIOBase):
    """Some bytes of a file, as a file."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._start, self._size, self._place = start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)[: max(0, self._size - self._place)]
        self._file.seek(self._start + self._place)
        count = self._file.readinto(view) or 0
        self._place += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
