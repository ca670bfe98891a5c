"""Names and notes as formats can hold them."""

from collections.abc import Sequence

_UNITS = str.maketrans({"µ": "u", "μ": "u", "\u00c5": "Angstrom", "\u212b": "Angstrom"})


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


def unit_in_ascii(unit: str) -> str:
    """Return a unit as FITS spells it: ``uJy``, ``Angstrom``."""
    return in_ascii(unit.translate(_UNITS))


def renamed(names: Sequence[str], written: Sequence[str]) -> str:
    """Say which columns have another name in a table that was written; empty where all have their own."""
    pairs = [f"{name!r} as {other!r}" for name, other in zip(names, written, strict=True) if name != other]
    return "" if not pairs else f"columns written under another name: {', '.join(pairs)}"
