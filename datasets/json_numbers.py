"""Numbers as JSON takes them: it has neither NaN nor infinity."""

import math


def finite(number: float | None) -> float | None:
    """Return ``number``, or None for one that JSON cannot write."""
    return number if number is not None and math.isfinite(number) else None
