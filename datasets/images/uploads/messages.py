"""What is said between the page's process and those that decode: a JSON document and bytes behind it.

Never pickles: a process that a stranger's file has taken over must not be able to make the page run anything.
"""

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_HEAD = struct.Struct("<I")
_BLOCK = 2**20
_LONGEST = 64 * 2**20
"""Bytes of a document, and of what is behind it in a reply: more is nonsense."""


class GoneError(Exception):
    """There is nobody at the other end any more, or what it says is nonsense."""


def send(channel: socket.socket, document: Mapping[str, object], *blobs: bytes | memoryview) -> None:
    """Send a document, and bytes behind it. Raises OSError or TimeoutError where they do not get through."""
    said = json.dumps({**document, "sizes": [len(blob) for blob in blobs]}).encode()
    channel.sendall(_HEAD.pack(len(said)) + said)
    for blob in blobs:
        channel.sendall(blob)


def receive(channel: socket.socket, deadline: float | None = None) -> dict[str, Any]:
    """Return the next document; its ``sizes`` are of the bytes behind it, which are left to be read by `blocks`.

    ``deadline`` is one of `time.monotonic`. Raises TimeoutError after it, GoneError where nothing more comes.
    """
    length = _HEAD.unpack(_exactly(channel, _HEAD.size, deadline))[0]
    document = json.loads(_exactly(channel, length, deadline))
    if not isinstance(document, dict):
        raise GoneError("no document")
    return document


def blobs(channel: socket.socket, sizes: Sequence[int], deadline: float | None = None) -> list[bytes]:
    """Return the bytes behind a document. Raises as `receive` does."""
    return [_exactly(channel, size, deadline) for size in sizes]


def blocks(channel: socket.socket, size: int) -> Iterator[bytes]:
    """Yield the next ``size`` bytes in parts. Raises GoneError where they do not come."""
    while size:
        block = channel.recv(min(size, _BLOCK))
        if not block:
            raise GoneError("cut off")
        size -= len(block)
        yield block


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    if not 0 <= size <= _LONGEST:
        raise GoneError(f"{size} bytes")
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        part = channel.recv(min(size - len(data), _BLOCK))
        if not part:
            raise GoneError("ended")
        data += part
    return bytes(data)
