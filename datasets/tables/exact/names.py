"""Names and notes as formats can hold them."""

import re
from collections.abc import Collection, Sequence

from datasets.wording import few

_UNITS = str.maketrans({"µ": "u", "μ": "u", "\u00c5": "Angstrom", "\u212b": "Angstrom"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document of XML 1.0 may hold, in any spelling (section 2.2)."""


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names each of which is there once: of several alike the later ones end in a number."""
    unique: list[str] = []
    for name in names:
        number, other = 1, name
        while other in unique or (number > 1 and other in names):
            number += 1
            other = f"{name}_{number}"
        unique.append(other)
    return unique


def in_ascii(text: str) -> str:
    """Return a text as headers of FITS can hold it: printable ASCII, with Python's escapes for all else."""
    escaped = text.encode("ascii", "backslashreplace").decode()
    return "".join(sign if " " <= sign <= "~" else f"\\x{ord(sign):02x}" for sign in escaped)


def in_xml(text: str) -> str:
    """Return a text as XML can hold it: with Python's escapes for what it forbids, such as control characters."""
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def unit_in_ascii(unit: str) -> str:
    """Return a unit as FITS spells it: ``uJy``, ``Angstrom``."""
    return in_ascii(unit.translate(_UNITS))


def renamed(names: Sequence[str], written: Sequence[str]) -> str:
    """Say which columns have another name in a table that was written; empty where all have their own."""
    pairs = [f"{name!r} as {other!r}" for name, other in zip(names, written, strict=True) if name != other]
    return "" if not pairs else f"columns written under another name: {', '.join(pairs)}"


def escaped_in(names: Collection[str]) -> str:
    """Say in which columns characters are written as escapes; empty where there is none."""
    return "" if not names else f"characters that XML forbids written as escapes: in {few(names)}"
