"""Lengths of time as people write them: ``90s``, ``30m``, ``1h30m``."""

import re

_NUMBER = r"(\d+(?:\.\d+)?)"
_WRITTEN = re.compile(rf"(?:{_NUMBER}h)?\s*(?:{_NUMBER}m)?\s*(?:{_NUMBER}s)?")
_SECONDS = (3600.0, 60.0, 1.0)
_UNITS = "hms"


def parse_duration(text: str) -> float:
    """Return the seconds that ``text`` means: hours, minutes and seconds, in this order, at least one of them.

    Raises ValueError, one line, for anything else, for 0, and for a number alone: of what is for the user to say.
    """
    given = text.strip().lower()
    found = _WRITTEN.fullmatch(given)
    seconds = sum(float(n or 0) * unit for n, unit in zip(found.groups(), _SECONDS, strict=True)) if found else 0.0
    if seconds > 0:
        return seconds
    is_number = re.fullmatch(_NUMBER, given) is not None and float(given) > 0
    advice = f": write {', '.join(given + unit for unit in reversed(_UNITS))}" if is_number else ""
    raise ValueError(f"expected a time above 0 such as 90s, 30m or 1h30m, found {text!r}{advice}")


def write_duration(seconds: float) -> str:
    """Write seconds (> 0, to the millisecond) as `parse_duration` reads them: ``1h30m``, ``45s``."""
    left, words = round(seconds, 3), []
    for unit, length in zip(_UNITS, _SECONDS, strict=True):
        count = left if unit == "s" else left // length
        left = round(left - count * length, 3)
        if count:
            words.append(f"{count:.3f}".rstrip("0").rstrip(".") + unit)
    return "".join(words)
