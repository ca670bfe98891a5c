"""What a file is, by its first bytes."""

import struct
from enum import Enum

GZIP = b"\x1f\x8b"
_RECORD = struct.Struct("<QI")
HEAD = _RECORD.size
"""Bytes before each record of a TFRecord: its length, and the check of that."""


class Kind(Enum):
    """Files that hold arrays, and what each begins with."""

    NPY = b"\x93NUMPY"
    NPZ = b"PK\x03\x04"
    HDF5 = b"\x89HDF\r\n\x1a\n"


def kind_of(head: bytes, name: str) -> Kind | None:
    """Say which file of arrays begins so; a zip is an NPZ if it is called so."""
    kind = next((kind for kind in Kind if head.startswith(kind.value)), None)
    return None if kind is Kind.NPZ and not name.lower().endswith(".npz") else kind


def is_tfrecord(head: bytes) -> bool:
    """Say whether a file that begins so is a TFRecord: its first length agrees with its check."""
    return record_length(head[:HEAD]) is not None


def record_length(head: bytes) -> int | None:
    """Return the length that the head of a TFRecord's record states; None where its check says otherwise."""
    if len(head) < HEAD:
        return None
    length, check = _RECORD.unpack(head)
    return int(length) if check == masked_crc(head[:8]) else None


def masked_crc(data: bytes) -> int:
    """CRC-32C (RFC 3720, B.4), masked as TFRecords have it: turned right by 15 bits, and a constant added."""
    # Imported here: who knows a picture by its first bytes need not wait for it.
    from google_crc32c import value

    crc = int(value(data))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
