"""What a process that draws thumbnails does: whatever can be seen of files that nothing else can use, cut ones too.

Of each file it gets 4 bytes of length and the content, and answers 2 × 2 bytes, height and width, and the pixels, RGB;
0 and 0 where nothing can be seen. Numbers are little-endian.
"""

import io
import resource
import struct
import sys
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from datasets.images.preparing import FORMATS, MAX_PIXELS

LENGTH, SIZE = struct.Struct("<I"), struct.Struct("<HH")
_MEMORY = 2 * 2**30
_DARKEST, _BRIGHTEST = 1.0, 99.5
"""Percentiles that are black and white where an image has no scale of its own."""


def main() -> None:
    """Answer until the input ends; the first argument is the longest side of a thumbnail in pixels."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # the upper half of a cut image says what it is
    read, write = sys.stdin.buffer, sys.stdout.buffer
    while len(head := read.read(LENGTH.size)) == LENGTH.size:
        _answer(read.read(LENGTH.unpack(head)[0]), int(sys.argv[1]), write)


def _answer(data: bytes, side: int, write: IO[bytes]) -> None:
    try:
        pixels = thumbnail(data, side)
    except Exception:  # decoders raise errors of any type for what is no image
        pixels = np.zeros((0, 0, 3), np.uint8)
    write.write(SIZE.pack(*pixels.shape[:2]) + pixels.tobytes())
    write.flush()


def thumbnail(data: bytes, side: int) -> npt.NDArray[np.uint8]:
    """Draw a file as uint8 (height, width, 3), neither longer than ``side``. Raises whatever a decoder does."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ValueError("too large")
    image.draft("RGB", (side, side))
    picture: Image.Image = image
    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        values = np.asarray(image, np.float64)
        low, high = np.nanpercentile(values, (_DARKEST, _BRIGHTEST))
        scaled = np.clip((np.nan_to_num(values) - low) / max(high - low, 1e-9), 0, 1)
        picture = Image.fromarray((255 * scaled).astype(np.uint8))
    picture = picture.convert("RGB")
    picture.thumbnail((side, side))
    return np.asarray(picture, np.uint8)
