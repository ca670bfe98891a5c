"""How the rows of a binary table of FITS are laid out (FITS 4.0, 7.3), by its header.

astropy cannot read tables that have a name twice; bytes need no names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FORM = re.compile(r"\s*(\d*)([LXBIJKAEDCMPQ])([LXBIJKAEDCM]?)")
SIZES = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
"""Bytes of an element; a column of bits, ``X``, is filled up to whole bytes."""
_NOTES = {"TUNIT": "unit", "TUCD": "ucd", "TCOMM": "description"}


@dataclass(frozen=True)
class FitsField:
    """A column of ``count`` elements of the type ``code`` a row, ``width`` bytes from ``start`` on.

    ``inner`` is the type of the elements in the heap that a descriptor (P or Q) leads to. A value is the stored one ×
    ``scale`` + ``zero``; a stored ``null`` is none. ``shape`` is TDIM, the fastest axis first.
    """

    name: str
    code: str
    inner: str
    count: int
    start: int
    width: int
    scale: float
    zero: float
    null: int | None
    shape: tuple[int, ...]
    notes: Mapping[str, str]


def fits_fields(header: Mapping[str, Any]) -> list[FitsField]:
    """Return the columns that a header tells of. Raises ValueError where it is damaged."""
    fields: list[FitsField] = []
    start = 0
    for number in range(1, int(header["TFIELDS"]) + 1):
        form = _FORM.match(str(header[f"TFORM{number}"]))
        if form is None or (form[2] in "PQ" and not form[3]):
            raise ValueError(f"a FITS table whose TFORM{number} is {header[f'TFORM{number}']!r}")
        count, code = int(form[1] or 1), form[2]
        width = -(-count // 8) if code == "X" else count * SIZES[code]
        null = header.get(f"TNULL{number}")
        fields.append(
            FitsField(
                name=str(header.get(f"TTYPE{number}", f"col{number}")),
                code=code,
                inner=form[3],
                count=count,
                start=start,
                width=width,
                scale=header.get(f"TSCAL{number}", 1),
                zero=header.get(f"TZERO{number}", 0),
                null=None if null in (None, "") else int(null),
                shape=tuple(map(int, re.findall(r"\d+", str(header.get(f"TDIM{number}", ""))))),
                notes=notes_in(header, number),
            )
        )
        start += width
    return fields


def notes_in(header: Mapping[str, Any], number: int) -> dict[str, str]:
    """Return what a header says of its column of a number, by ``unit``, ``ucd`` and ``description``."""
    return {key: str(header[f"{card}{number}"]) for card, key in _NOTES.items() if f"{card}{number}" in header}
