"""Reading many files out of a zip, whoever made it."""

import os
import re
import struct
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import IO

from datasets.errors import ImageError, first_line
from datasets.images.reading import check_size

Place = tuple[int, int, int]
"""Where a zip's member that is stored as it is begins in the file, its size in bytes, and its CRC-32."""
_LEAVING = re.compile(r"\A[/\\]|\A[A-Za-z]:|(?:\A|[/\\])\.\.(?:[/\\]|\Z)")
_ENCRYPTED = 0x41
"""Bits of a zip member's flags (APPNOTE.TXT 6.3.10, 4.4.4): encrypted, and strongly so."""
_HEADER = struct.Struct("<4s22xHH")
"""What stands before a member (4.3.7): a mark, and the lengths of its name and of the extra field, which follow."""
_MARK = b"PK\x03\x04"
_PACKING = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PACKED = "packed in a way that is not read here, as by bzip2 or LZMA: unpack the archive and give its folder"


def leaves_archive(name: str) -> bool:
    """Say whether a member's name leads out of the folder that its archive would be unpacked into."""
    return _LEAVING.search(name) is not None


def open_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open a member to be read as a stream, of which no more than is asked for is unpacked at a time.

    Raises as zipfile does; NotImplementedError, too, where the member is packed by bzip2 or LZMA: zipfile unpacks
    whatever a part of those has in it, and that can be a million times its bytes.
    """
    if archive.getinfo(name).compress_type not in _PACKING:
        raise NotImplementedError(_PACKED)
    return archive.open(name)


class Archive:
    """The members of a zip. They can be read from several threads at once; each gets a handle of its own.

    The file is opened when it is first needed. Handles are closed when their thread ends or the archive is no longer
    referred to; members that are stored as they are need no more than one for all threads. It pickles as its path, and
    those unpickled in a process share their handles.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handles = threading.local()

    def __reduce__(self) -> tuple[Callable[[Path], "Archive"], tuple[Path]]:
        return _unpickled, (self.path,)

    @cached_property
    def members(self) -> tuple[tuple[str, bool], ...]:
        """(name, whether it is a folder) in the zip's own order, as they are, harmful names included.

        Raises OSError where the file cannot be read, zipfile.BadZipFile where it is not a zip, or a damaged one.
        """
        return tuple((member.filename, member.is_dir()) for member in self._handle().infolist())

    def refuse_packing(self) -> None:
        """Raise NotImplementedError where any member is packed in a way that `open_member` refuses."""
        if any(member.compress_type not in _PACKING for member in self._handle().infolist() if not member.is_dir()):
            raise NotImplementedError("its files are packed in a way that is not read, as by bzip2 or LZMA")

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
            size = self.size(name)
            check_size(size)
            with self.open(name) as stream:
                return stream.read(size + 1)  # without a number zipfile unpacks all there is, whatever size is promised
        except ImageError:
            raise
        except Exception as error:  # zipfile, zlib, bz2, lzma and struct raise errors of many types
            raise ImageError(_reason(error)) from error

    def open(self, name: str) -> IO[bytes]:
        """Open a member to be read as a stream, whatever its size. Raises as `open_member` does."""
        return open_member(self._handle(), name)

    def size(self, name: str) -> int:
        """Return the number of bytes of a member, as the zip promises it: no more are read."""
        return self._handle().getinfo(name).file_size

    def _read_at(self, start: int, size: int, crc: int) -> bytes | None:
        """Read a member that is stored as it is; None where it is not there: ``read`` knows why."""
        check_size(size)
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
            handle = self._handles.zip = _opened(self.path)
        return handle


def _reason(error: Exception) -> str:
    """Say why a member cannot be read; damage is what nothing else explains."""
    if isinstance(error, KeyError):
        return "no such file in the archive"
    if isinstance(error, NotImplementedError):
        return _PACKED
    if isinstance(error, RuntimeError):  # so zipfile says it
        return "encrypted: unpack the archive with its password and give its folder"
    if isinstance(error, MemoryError):
        return "too large for the memory that is free"
    if isinstance(error, OSError) and error.errno is not None:  # damage as bz2 says it has no number
        return f"the archive cannot be read: {error.strerror}"
    return f"damaged in the archive: {first_line(error)}"


def _opened(path: Path) -> zipfile.ZipFile:
    """Open a zip whose members' names are UTF-8 wherever they can be, and have ``/`` between folders.

    Many programs write UTF-8 and do not say so, which the standard has taken for IBM's code page 437; and some on
    Windows write backslashes.
    """
    try:
        archive = zipfile.ZipFile(path, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        archive = zipfile.ZipFile(path)
    names = archive.NameToInfo
    if any("\\" in name for name in names) and not any("/" in name for name in names):
        for member in archive.infolist():
            member.filename = member.filename.replace("\\", "/")
            names[member.filename] = member
    return archive


@lru_cache(maxsize=16)  # images are unpickled by the thousand, and a zip's index takes long to read
def _unpickled(path: Path) -> Archive:
    return Archive(path)
