"""Files of archives, unpacked for what needs a file of its own."""

import shutil
import tempfile
import weakref
from pathlib import Path, PurePosixPath
from typing import IO

from datasets.errors import SourceError
from datasets.images.memory_files import MemoryFile

_SPARE = 2**28
"""Bytes that are left free on the disk."""
_BLOCK = 2**20
_memory_left: int | None = None
"""Bytes that may yet be unpacked into memory; None: it is unpacked to the disk."""


def unpack_to_memory(most: int) -> None:
    """From now on unpack into memory, ``most`` bytes in all, and never to the disk: for a process of its own."""
    global _memory_left
    _memory_left = most


class Scratch:
    """A temporary folder, made with the first use, that is gone when nothing refers to this any more."""

    def __init__(self) -> None:
        self._folder = ""
        self._unpacked: dict[str, Path] = {}
        self._in_memory: list[MemoryFile] = []

    def unpacked(self, name: str, stream: IO[bytes], size: int = 0) -> Path:
        """Return a local file with the content of ``stream``, which is the file ``name`` of a source.

        ``size`` is the number of bytes, where it is known. However many there are, the disk is not filled. Raises
        SourceError where it has no room for them; what reading the stream raises is the caller's.
        """
        if name not in self._unpacked and _memory_left is not None:
            held = MemoryFile()
            self._in_memory.append(held)
            weakref.finalize(self, _give_back, _filled(held, name, stream))
            self._unpacked[name] = held.path
        elif name not in self._unpacked:
            if not self._folder:
                self._folder = tempfile.mkdtemp(prefix="galaxy-source-")
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            _check_room(name, self._folder, size)
            target = Path(self._folder) / f"{len(self._unpacked)}-{PurePosixPath(name).name}"
            try:
                with target.open("wb") as file:
                    while block := stream.read(_BLOCK):
                        _check_room(name, self._folder, len(block))
                        file.write(block)
            except BaseException:
                target.unlink(missing_ok=True)
                raise
            self._unpacked[name] = target
        return self._unpacked[name]


def _filled(file: MemoryFile, name: str, stream: IO[bytes]) -> int:
    """Fill a file from a stream, and return its size. Raises SourceError where that is more than may be unpacked."""
    global _memory_left
    assert _memory_left is not None
    size = 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > _memory_left:
            raise SourceError(
                f"'{name}' cannot be imported: unpacked it has more than {_memory_left // 2**20} MiB, all there may be"
            )
        file.write(block)
    _memory_left -= size
    return size


def _give_back(size: int) -> None:
    global _memory_left
    assert _memory_left is not None
    _memory_left += size


def _check_room(name: str, folder: str, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + _SPARE > free:
        raise SourceError(
            f"'{name}' cannot be unpacked: it has {f'{size // 2**20:,} MiB' if size > _BLOCK else 'more'}, and "
            f"{free // 2**20:,} MiB are free in '{tempfile.gettempdir()}'; unpack the source where there is room, "
            "and import the folder"
        )
