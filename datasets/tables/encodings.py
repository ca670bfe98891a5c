"""Text in any encoding, read as UTF-8 a block at a time."""

import codecs
import io
from typing import IO

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Encoding by the mark at the beginning, the longer mark first where one begins as another does."""
_BLOCK = 2**18
_OTHER = "windows-1252 where not utf-8"


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are no UTF-8 as Windows' Western encoding has them, which is Latin-1 in all that it lacks."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_CHARACTERS[byte] for byte in wrong), error.end


_CHARACTERS = [bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256)]
codecs.register_error(_OTHER, _windows_1252)


class Utf8Stream(io.RawIOBase):
    """The text of a stream of bytes, encoded as UTF-8 without a byte order mark.

    A mark tells UTF-8, UTF-16 and UTF-32, and zeros in the first characters UTF-16. All else is UTF-8, in which bytes
    that are none of it are taken for Windows-1252 (a superset of Latin-1's printable characters); ``is_foreign`` says
    that such bytes have come.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.is_foreign = False
        first = stream.read(_BLOCK)
        mark = next((mark for mark in _BOMS if first.startswith(mark)), b"")
        self._encoding = _BOMS.get(mark) or _by_zeros(first)
        self._decoder = codecs.getincrementaldecoder(self._encoding)()
        self._waiting = self._as_utf8(first[len(mark) :])
        self._ended = not first

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes of what is to come, fewer at the end, and leave them to be read."""
        while len(self._waiting) < size and not self._ended:
            self._waiting += self._next()
        return self._waiting[:size]

    def skip(self, size: int) -> None:
        """Pass over bytes that ``head`` has returned."""
        self._waiting = self._waiting[size:]

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, or a part of it; 0 at the end."""
        while not self._waiting and not self._ended:
            self._waiting = self._next()
        size = min(len(buffer), len(self._waiting))
        buffer[:size] = self._waiting[:size]
        self._waiting = self._waiting[size:]
        return size

    def _next(self) -> bytes:
        block = self._stream.read(_BLOCK)
        self._ended = not block
        return self._as_utf8(block)

    def _as_utf8(self, block: bytes) -> bytes:
        if self._encoding == "utf-8" and block.isascii() and not self._decoder.getstate()[0] and block:
            return block
        try:
            state = self._decoder.getstate()
            return self._decoder.decode(block, final=not block).encode()
        except UnicodeDecodeError:
            if self._encoding != "utf-8" or self.is_foreign:
                raise
            self.is_foreign = True
            self._decoder = codecs.getincrementaldecoder("utf-8")(_OTHER)
            self._decoder.setstate(state)
            return self._decoder.decode(block, final=not block).encode()


def bytes_as_text(stored: bytes) -> str:
    """Return a text of an astronomical table: UTF-8, which has ASCII in it, or else Latin-1, which all bytes are."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode("latin-1")


def _by_zeros(first: bytes) -> str:
    """Tell UTF-16 without a mark by the zeros that it has for half of each Western character."""
    start = first[:64]
    if start[1::2].count(0) > len(start) // 4 and 0 not in start[::2]:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > len(start) // 4 and 0 not in start[1::2] else "utf-8"
