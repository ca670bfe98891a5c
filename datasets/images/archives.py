"""Reading many files out of a folder or a zip, whoever made them."""

import os
import re
import stat
import struct
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import IO

from datasets.errors import ImageError

Place = tuple[int, int, int]
"""Where a zip's member that is stored as it is begins in the file, its size in bytes, and its CRC-32."""
MAX_BYTES = 256 * 2**20
"""A larger file is not read: no galaxy image is, and a zip can promise any size."""

_HIDDEN = re.compile(r"(?:\A|/)(?:\.(?!\.)|(?:__macosx|thumbs\.db|desktop\.ini)(?:/|\Z))", re.IGNORECASE)
_LEAVING = re.compile(r"\A[/\\]|\A[A-Za-z]:|(?:\A|[/\\])\.\.(?:[/\\]|\Z)")
_ENCRYPTED = 0x41
"""Bits of a zip member's flags (APPNOTE.TXT 6.3.10, 4.4.4): encrypted, and strongly so."""
_HEADER = struct.Struct("<4s22xHH")
"""What stands before a member (4.3.7): a mark, and the lengths of its name and of the extra field, which follow."""
_MARK = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"


def is_hidden(name: str) -> bool:
    """Say whether any part of a path is hidden, or litter that systems leave behind. ``..`` is harmful, not hidden."""
    return _HIDDEN.search(name) is not None


def leaves_archive(name: str) -> bool:
    """Say whether a member's name leads out of the folder that its archive would be unpacked into."""
    return _LEAVING.search(name) is not None


def walk(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield (path relative to ``folder`` with ``/``, whether it is a folder) of all that is not hidden below it.

    Links to folders directly in ``folder`` are followed, deeper ones are not. Raises OSError for what cannot be listed.
    """
    for entry in sorted(folder.iterdir()):
        if is_hidden(entry.name):
            continue
        if not entry.is_dir():
            yield entry.name, False
            continue
        yield entry.name, True
        for parent, folders, files in os.walk(entry, onerror=_reraise):
            folders[:] = sorted(name for name in folders if not is_hidden(name))
            base = Path(parent).relative_to(folder).as_posix()
            yield from ((f"{base}/{name}", True) for name in folders)
            yield from ((f"{base}/{name}", False) for name in files if not is_hidden(name))


def is_hdf5(path: Path) -> bool:
    """Say whether a file is one of HDF5, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HDF5)) == _HDF5
    except OSError:
        return False


def read_below(folder: Path, name: str) -> bytes:
    """Return the file ``name`` of a folder whole. Raises as ``read_file`` does."""
    return read_file(folder / name)


def read_file(path: Path) -> bytes:
    """Return a file whole. Raises ImageError with the reason where it cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for without end
            raise ImageError("not a file")
        _check_size(status.st_size)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError("no such file") from error
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror}") from error


class Archive:
    """The members of a zip. They can be read from several threads at once; each gets a handle of its own.

    The file is opened when it is first needed. Handles are closed when their thread ends or the archive is no longer
    referred to; members that are stored as they are need no more than one for all threads. It pickles as its path, and
    those unpickled in a process share their handles.

    Attributes:
        path: the zip.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handles = threading.local()

    def __reduce__(self) -> tuple[Callable[[Path], "Archive"], tuple[Path]]:
        return _unpickled, (self.path,)

    @cached_property
    def members(self) -> tuple[tuple[str, bool], ...]:
        """(name, whether it is a folder) in the zip's own order, as they are, harmful names included.

        Raises:
            OSError: the file cannot be read.
            zipfile.BadZipFile: it is not a zip, or a damaged one.
        """
        return tuple((member.filename, member.is_dir()) for member in self._handle().infolist())

    def reader(self, name: str) -> Callable[[], bytes]:
        """Return what reads a member as ``read`` does, which pickles.

        Where the member is stored as it is, as images mostly are, a process that gets it does not need the zip's index,
        which takes long to read when the zip has many members.
        """
        member = self._handle().getinfo(name)
        plain = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & _ENCRYPTED
        as_it_is = plain and member.compress_size == member.file_size
        return partial(self.read, name, (member.header_offset, member.file_size, member.CRC) if as_it_is else None)

    def read(self, name: str, place: Place | None = None) -> bytes:
        """Return a member whole, at once if it is at its ``place``.

        Raises ImageError with the reason where that is impossible or dangerous.
        """
        if leaves_archive(name):
            raise ImageError("path leaves the archive")
        data = None if place is None else self._read_at(*place)
        if data is not None:
            return data
        try:
            handle = self._handle()
            _check_size(handle.getinfo(name).file_size)
            return handle.read(name)
        except ImageError:
            raise
        except RuntimeError as error:  # so zipfile says it of encrypted members, and of unknown compressions
            raise ImageError(f"cannot be unpacked: {error}") from error
        except Exception as error:  # damage shows as errors of zipfile, zlib, bz2, lzma or struct
            raise ImageError(f"damaged in the archive: {error}") from error

    def open(self, name: str) -> IO[bytes]:
        """Open a member to be read as a stream, whatever its size. Raises as zipfile does."""
        return self._handle().open(name)

    def _read_at(self, start: int, size: int, crc: int) -> bytes | None:
        """Read a member that is stored as it is; None where it is not there, or too large: ``read`` knows why."""
        if size > MAX_BYTES:
            return None
        try:
            header = os.pread(self._file, _HEADER.size, start)
            mark, name, extra = _HEADER.unpack(header)
            data = os.pread(self._file, size, start + _HEADER.size + name + extra)
        except (OSError, struct.error):
            return None
        return data if mark == _MARK and zlib.crc32(data) == crc else None

    @cached_property
    def _file(self) -> int:
        handle = os.open(self.path, os.O_RDONLY)
        weakref.finalize(self, os.close, handle)
        return handle

    def _handle(self) -> zipfile.ZipFile:
        handle: zipfile.ZipFile | None = getattr(self._handles, "zip", None)
        if handle is None:
            handle = self._handles.zip = zipfile.ZipFile(self.path)
        return handle


@lru_cache(maxsize=16)  # images are unpickled by the thousand, and a zip's index takes long to read
def _unpickled(path: Path) -> Archive:
    return Archive(path)


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ImageError(f"too large: {size // 2**20} MiB, at most {MAX_BYTES // 2**20} MiB are read")


def _reraise(error: OSError) -> None:
    raise error
