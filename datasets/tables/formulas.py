"""Text of strangers in cells of a CSV: a spreadsheet must not take it for a formula."""

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP, "CSV Injection"; the last four are their full-width forms, which some programs take for the same."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: as it is, or with a ``'`` in front, as they have it."""
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS_FORMULA) else text


def harmless_path(path: str) -> str:
    """Return a path that is no formula, and leads where it did."""
    return f"./{path}" if path.lstrip(" ").startswith(_BEGINS_FORMULA) else path
