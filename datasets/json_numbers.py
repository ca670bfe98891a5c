"""Numbers as JSON takes them: it has neither NaN nor infinity."""

import math
from collections.abc import Mapping


def finite(number: float | None) -> float | None:
    """Return ``number``, or None for one that JSON cannot write."""
    return number if number is not None and math.isfinite(number) else None


def all_finite(value: object) -> object:
    """Return ``value``, of mappings and sequences, with None for every number that JSON cannot write."""
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Mapping):
        return {key: all_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [all_finite(item) for item in value]
    return value
