"""Files that have a path and lie in memory alone: nothing of them is on a disk, or left when their process is gone."""

import os
import tempfile
import weakref
from pathlib import Path

_MEMORY = "/proc/self/fd"


def is_in_memory(path: Path) -> bool:
    """Say whether a path is that of a file in memory."""
    return str(path.parent) == _MEMORY


class MemoryFile:
    """A file to be written once and then read by its path, in this process, while it is referred to.

    It is Linux's memfd, which any library opens by its path as it does another file. Elsewhere it is a file in a
    temporary folder that only this user can read.
    """

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            self._descriptor = os.memfd_create("upload", os.MFD_CLOEXEC)
            self.path = Path(_MEMORY, str(self._descriptor))
        else:
            self._descriptor, name = tempfile.mkstemp(prefix="galaxy-")
            self.path = Path(name)
            weakref.finalize(self, os.unlink, name)
        weakref.finalize(self, os.close, self._descriptor)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add to its end. Raises OSError where a limit of the process is reached."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
