"""Thumbnails of files that may be damaged, hostile or no images: drawn in a process that may crash or hang alone."""

import io
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from datasets.images.thumbnail_worker import LENGTH, SIZE

_PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from datasets.images.thumbnail_worker import main; main()"
_SECONDS = 20.0
_LONGEST = 4096


def thumbnails(contents: Sequence[bytes], *, side: int) -> list[npt.NDArray[np.uint8] | None]:
    """Draw each of some files, uint8 (height, width, 3), neither longer than ``side``; None of what cannot be seen.

    All are drawn within 20 seconds: those that are not by then, or that come after one that crashed the decoder, are
    None.
    """
    if not 1 <= side <= _LONGEST:
        raise ValueError(f"side must be 1 to {_LONGEST} pixels, got {side}")
    asked = b"".join(LENGTH.pack(len(data)) + data for data in contents)
    command = [sys.executable, "-c", _PROGRAM, str(side), *map(str, sys.path)]
    said = b""
    try:
        done = subprocess.run(command, input=asked, capture_output=True, check=False, timeout=_SECONDS)
        said = done.stdout
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
    except OSError:  # no process can be started: nothing is seen
        pass
    return _read(io.BytesIO(said), len(contents), side)


def _read(said: io.BytesIO, count: int, side: int) -> list[npt.NDArray[np.uint8] | None]:
    found: list[npt.NDArray[np.uint8] | None] = []
    while len(found) < count and len(head := said.read(SIZE.size)) == SIZE.size:
        height, width = SIZE.unpack(head)
        data = said.read(height * width * 3)
        if max(height, width) > side or len(data) < height * width * 3:
            break
        found.append(np.frombuffer(data, np.uint8).reshape(height, width, 3) if height and width else None)
    return found + [None] * (count - len(found))
