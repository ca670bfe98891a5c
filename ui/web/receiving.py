"""What browsers send on its way to a page: it stays in memory, and there is no more of it than there may be.

Streamlit 1.67 counts single files alone, and Starlette puts those above 1 MB into a file in the temporary folder.
"""

import io
import threading
import weakref

from starlette import formparsers
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ui.predictions.keeping import KeepLimits


class _Count:
    """Bytes that are being received, of all uploads."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes, self._lock = most, 0, threading.Lock()

    def add(self, size: int) -> None:
        """Count some more. Raises HTTPException where there would be too many."""
        with self._lock:
            if self._bytes + size > self._most:
                raise HTTPException(503, "Too much is being uploaded at once: try again in a minute")
            self._bytes += size

    def take_off(self, size: int) -> None:
        with self._lock:
            self._bytes -= size


class _Received(io.BytesIO):
    """A file that is being received, as Starlette has it, in memory until it is closed."""

    _rolled, _max_size = False, 0  # what Starlette asks a SpooledTemporaryFile: it is in memory, and stays there
    count = _Count(KeepLimits().everyone)

    def __init__(self, **_: int) -> None:  # a SpooledTemporaryFile is told when to leave the memory
        super().__init__()
        self._size = [0]
        self._give_back = weakref.finalize(self, _give_back, self.count, self._size)

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.count.add(len(data))
        self._size[0] += len(data)
        return super().write(data)

    def close(self) -> None:
        self._give_back()
        super().close()


def _give_back(count: _Count, size: list[int]) -> None:
    count.take_off(size[0])


def limit_received(limits: KeepLimits | None = None) -> None:
    """Have what browsers send received so, in this process; see `KeepLimits`."""
    within = limits or KeepLimits()
    _Received.count = _Count(within.everyone)
    formparsers.SpooledTemporaryFile = _Received
    add = MemoryUploadedFileManager.add_file

    def add_within(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file until a page takes it over. Raises HTTPException where there is no room."""
        waiting = {
            key: sum(len(each.data) for each in files.values()) for key, files in list(self.file_storage.items())
        }
        if waiting.get(session_id, 0) + len(file.data) > within.visitor:
            raise HTTPException(413, f"At most {within.visitor // 2**20} MiB can be uploaded at once")
        if sum(waiting.values()) + len(file.data) > within.everyone:
            raise HTTPException(503, "Too much has been uploaded at once: try again in a minute")
        add(self, session_id, file)

    MemoryUploadedFileManager.add_file = add_within  # type: ignore[method-assign]
