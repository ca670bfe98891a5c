"""FITS files that hold a table and no image, told by their first bytes."""

import zlib
from collections.abc import Callable

_SIZES = (2**15, 2**18, 2**22)
"""First bytes that are looked at, more where fewer do not tell: of histories, or the VOTable in front of TOPCAT's."""
_BLOCK = 2880
_CARD = 80


def is_fits_table(head: Callable[[int], bytes]) -> bool:
    """Say whether a FITS file, which may be gzipped, holds a table and no image.

    ``head`` returns as many first bytes as it is asked for. The primary unit has no pixels, and the next one is a table
    that is no compressed image (FITS 4.0, 7.3 and 10.1).
    """
    second: dict[str, str] = {}
    for size in _SIZES:
        stored = head(size)
        content = _unpacked(stored)
        primary, end = _header(content)
        if not _is_without_pixels(primary):
            return False
        second, _ = _header(content[end + _data_size(primary) :])
        if "END" in second or len(stored) < size:
            break
    return second.get("XTENSION", "").strip("' ") in {"BINTABLE", "TABLE"} and second.get("ZIMAGE") != "T"


def _is_without_pixels(primary: dict[str, str]) -> bool:
    """Say so of a unit's cards: what TOPCAT writes there by default is the text of a VOTable, as VOTMETA says.

    T or F: it is F where columns have been added to the table that the text tells of.
    """
    return primary.get("SIMPLE") == "T" and (
        primary.get("NAXIS") == "0" or (primary.get("NAXIS") == "1" and "VOTMETA" in primary)
    )


def _data_size(cards: dict[str, str]) -> int:
    if cards["NAXIS"] == "0" or not all(cards.get(name, "").lstrip("-").isdigit() for name in ("NAXIS1", "BITPIX")):
        return 0
    return -(-int(cards["NAXIS1"]) * abs(int(cards["BITPIX"])) // 8 // _BLOCK) * _BLOCK


def _unpacked(stored: bytes) -> bytes:
    if not stored.startswith(b"\x1f\x8b"):
        return stored
    try:
        return zlib.decompressobj(31).decompress(stored, _SIZES[-1])
    except zlib.error:
        return b""


def _header(content: bytes) -> tuple[dict[str, str], int]:
    """Return keywords and values, as they stand, of the header that begins here, and where its blocks end.

    ``END`` is among the keywords where it is among the bytes.
    """
    cards: dict[str, str] = {}
    for start in range(0, len(content), _CARD):
        card = content[start : start + _CARD].decode("latin-1")
        if card.rstrip() == "END":
            return cards | {"END": ""}, (start // _BLOCK + 1) * _BLOCK
        if card[8:10] == "= ":
            cards.setdefault(card[:8].strip(), card[10:].partition("/")[0].strip())
    return cards, len(content)
