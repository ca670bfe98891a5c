"""Decoding of many images on all CPUs, in their order, with few of them in memory."""

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from datasets.errors import ImageError
from datasets.fingerprints import pixel_hash
from datasets.images import DecodedImage, decode_content
from datasets.sources.listing import Content, Item

CHUNK = 16
"""Images a task: fewer would spend their time on handing over, more would make progress jerky."""


@dataclass(frozen=True)
class Decoded:
    """What became of an item: an image, or the reason why there is none.

    Attributes:
        item: where it comes from.
        image: None where it cannot be used.
        source_hash: SHA-256 of the file or of the source's pixels, 32 bytes; empty without an image.
        pixel_hash: SHA-256 of the pixels in hexadecimal; empty without an image.
        reason: why it cannot be used; empty with an image.
    """

    item: Item
    image: DecodedImage | None
    source_hash: bytes = b""
    pixel_hash: str = ""
    reason: str = ""


def decode_all(items: Sequence[Item], *, crop: float, image_size: int) -> Iterator[list[Decoded]]:
    """Yield all items, decoded, a chunk at a time and in their order.

    Threads suffice: Pillow lets go of the interpreter's lock while it decodes and resamples. At most a few chunks a
    thread are in memory at once, however slowly they are taken.
    """
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        waiting: deque[Future[list[Decoded]]] = deque()
        try:
            for chunk in _chunks(items):
                waiting.append(pool.submit(_decode_chunk, chunk, crop, image_size))
                if len(waiting) > 4 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _decode_chunk(items: Sequence[Item], crop: float, image_size: int) -> list[Decoded]:
    return [_decode_one(item, crop, image_size) for item in items]


def _decode_one(item: Item, crop: float, image_size: int) -> Decoded:
    try:
        data = item.read()
        image = decode_content(data, crop=crop, image_size=image_size)
    except ImageError as error:
        return Decoded(item, None, reason=str(error))
    return Decoded(item, image, _source_hash(data), pixel_hash(image.pixels))


def _source_hash(data: Content) -> bytes:
    return hashlib.sha256(data if isinstance(data, bytes) else data.tobytes()).digest()


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
