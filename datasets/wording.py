"""Names in messages: few of them, and such that a line stays a line; numbers that are to be typed."""

from collections.abc import Collection
from itertools import islice

_LONGEST = 60


def few(names: Collection[object], *, most: int = 8, longest: int = _LONGEST) -> str:
    """Join names for a message: ``a, b, c and 2,155 more``; ``nothing`` where there is none.

    A long name is cut in its middle, and characters that would break a line are shown as escapes.
    """
    shown = [shown_name(str(name), longest=longest) for name in islice(names, most)]
    rest = len(names) - len(shown)
    return (", ".join(shown) or "nothing") + (f" and {rest:,} more" if rest else "")


def shown_name(name: str, *, longest: int = _LONGEST) -> str:
    """Return a name as a message can show it: printable, and of at most so many characters."""
    printable = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name)
    if len(printable) <= longest:
        return printable
    half = longest // 2 - 1
    return f"{printable[:half]}…{printable[-half:]}"


def exactly(number: float) -> str:
    """Return a number as it can be given again: with all its digits, and no others."""
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))
