"""Which values of arrays are black and white, as a user states it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ValueRanges:
    """Which values of arrays are black and white.

    Attributes:
        stated: what a user says of all arrays, ``LOW,HIGH``.
        learnt: (low, high) as stated of those that a model learnt from: where nothing is stated, it is that of arrays
            which are not evidently on another scale, see `learnt_scale`.
    """

    stated: str | None = None
    learnt: tuple[float, float] | None = None


NOT_STATED = ValueRanges()


def value_range(text: str) -> tuple[float, float]:
    """Read ``LOW,HIGH``, two numbers of which the second is larger. Raises ValueError where it is something else."""
    low, high = map(float, text.split(","))
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"{text} is no range")
    return low, high
