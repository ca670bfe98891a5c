"""Checksums of a dataset's files: whether a file is byte for byte the one that was imported."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checksum:
    """What a file must be: the SHA-256 of its bytes, in hexadecimal, and their number."""

    sha256: str
    size: int

    def __str__(self) -> str:
        return f"SHA-256 {self.sha256} ({self.size:,} bytes)"


def checksum_of(data: bytes | Path) -> Checksum:
    """Return the checksum of some bytes, or of the file at a path, which is read in pieces."""
    if isinstance(data, bytes):
        return Checksum(hashlib.sha256(data).hexdigest(), len(data))
    with data.open("rb") as file:
        return Checksum(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())


def content_key(checksums: Sequence[Checksum]) -> str:
    """Return a name for files of these checksums in this order: the same content has the same one, wherever it lies."""
    return hashlib.sha256("".join(checksum.sha256 for checksum in checksums).encode()).hexdigest()[:32]
