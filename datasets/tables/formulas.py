"""Text of strangers in cells of a CSV: a spreadsheet must not take it for a formula."""

import re

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP, "CSV Injection"; the last four are their full-width forms, which some programs take for the same."""
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
"""What a spreadsheet takes for a number: the class ``-1`` is as safe as 1."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: as it is, or with a ``'`` in front, as they have it."""
    begins_one = text.lstrip(" ").startswith(_BEGINS_FORMULA)
    return f"'{text}" if begins_one and not _NUMBER.fullmatch(text) else text


def harmless_path(path: str) -> str:
    """Return a path that is no formula, and leads where it did."""
    return f"./{path}" if path.lstrip(" ").startswith(_BEGINS_FORMULA) else path
