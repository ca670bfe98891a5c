"""Files of archives, unpacked for what needs a file of its own."""

import shutil
import tempfile
import weakref
from pathlib import Path, PurePosixPath
from typing import IO

from datasets.errors import SourceError

_SPARE = 2**28
"""Bytes that are left free on the disk."""


class Scratch:
    """A temporary folder, made with the first use, that is gone when nothing refers to this any more."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._unpacked: dict[str, Path] = {}

    def unpacked(self, name: str, stream: IO[bytes], size: int) -> Path:
        """Return a local file with the content of ``stream``, ``size`` bytes, which is the file ``name`` of a source.

        Raises SourceError where the disk has no room for it.
        """
        if name not in self._unpacked:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="galaxy-source-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            free = shutil.disk_usage(self._folder).free
            if size + _SPARE > free:
                raise SourceError(
                    f"'{name}' cannot be unpacked: it has {size // 2**20:,} MiB, and {free // 2**20:,} MiB are free in "
                    f"'{tempfile.gettempdir()}'; unpack the source where there is room, and import the folder"
                )
            target = self._folder / f"{len(self._unpacked)}-{PurePosixPath(name).name}"
            with target.open("wb") as file:
                shutil.copyfileobj(stream, file, 2**20)
            self._unpacked[name] = target
        return self._unpacked[name]
