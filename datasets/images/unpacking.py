"""Files that are compressed as a whole, by gzip or bzip2, without being taken in by one that grows too large."""

import bz2
import gzip
import io

from datasets.errors import ImageError
from datasets.images.reading import MAX_BYTES

_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"


def unpacked(data: bytes) -> bytes:
    """Return what a gzip or bzip2 file holds, and any other as it is.

    Raises:
        ImageError: it holds more than is read.
        EOFError, OSError, zlib.error: it ends too early, or is damaged.
    """
    if not data.startswith((_GZIP, _BZIP2)):
        return data
    stream = io.BytesIO(data)
    with gzip.GzipFile(fileobj=stream) if data.startswith(_GZIP) else bz2.BZ2File(stream) as packed:
        plain = packed.read(MAX_BYTES + 1)
    if len(plain) > MAX_BYTES:
        raise ImageError(f"too large: unpacked it has more than {MAX_BYTES // 2**20} MiB, of which no more are read")
    return plain
