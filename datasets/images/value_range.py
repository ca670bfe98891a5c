"""Which values of arrays are black and white, as a user states it."""

import math


def value_range(text: str) -> tuple[float, float]:
    """Read ``LOW,HIGH``, two numbers of which the second is larger. Raises ValueError where it is something else."""
    low, high = map(float, text.split(","))
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"{text} is no range")
    return low, high
