"""Decoding much of a stranger's files is read, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UploadLimits:
    """What one upload may cost; beyond it what has been read counts, and the rest is refused with the reason.

    Pixels and bytes of one image are limited as everywhere, see `decode` and `MAX_BYTES`.

    Attributes:
        images: in one upload.
        names: bytes, in UTF-8, that the names of its images may have together.
        unpacked: bytes that all its images together may have as files.
        scratch: bytes that archives in it may have unpacked at a time, in memory.
        memory: bytes of address space of a process that decodes.
        seconds: for one image.
        listing_seconds: to find out which images there are.
        all_seconds: for all images of the upload.
        turn_seconds: after which a process is left to the next who waits.
        deaths: how often an image may end its process.
    """

    images: int = 20_000
    names: int = 4 * 2**20
    unpacked: int = 2 * 2**30
    scratch: int = 512 * 2**20
    memory: int = 2 * 2**30
    seconds: float = 10.0
    listing_seconds: float = 20.0
    all_seconds: float = 900.0
    turn_seconds: float = 10.0
    deaths: int = 3
