"""Whether what `bundle.json` says can be true at all: a temperature of 0 is a number, too, and a lost class a list."""

import math
from collections.abc import Callable, Mapping, Sequence

from datasets import few

Values = Mapping[str, float]


def fault_in(
    classes: Sequence[str],
    weights: Sequence[float],
    temperature: float,
    factors: Mapping[str, Values],
    sizes: Mapping[str, float],
    crop: float,
) -> str | None:
    """Return what was expected, and what was found, of the first thing that cannot be; None where there is none.

    ``factors`` are those of each kind, by class, and may be empty; ``sizes`` are pixels, by what they are of.
    """
    checks: Sequence[tuple[bool, Callable[[], str]]] = (
        (
            len(classes) == len(set(classes)) > 0 and "" not in classes,
            lambda: f"classes, each named once, found {few(classes)}",
        ),
        (all(map(_above_0, weights)), lambda: f"weights above 0, found {list(weights)}"),
        (_above_0(temperature), lambda: f"a temperature above 0, found {temperature:g}"),
        (0 < crop <= 1, lambda: f"a crop above 0 and at most 1, found {crop:g}"),
    )
    found = [say() for is_well, say in checks if not is_well]
    found += [f"{name} above 0, found {size:g}" for name, size in sizes.items() if not size > 0]
    for name, values in factors.items():
        if values and values.keys() != {*classes}:
            found.append(f"{name} of the classes {few(classes)}, found those of {few(values)}")
        elif not all(map(_above_0, values.values())):
            found.append(f"{name} above 0, found {few([*values.values()])}")
    return found[0] if found else None


def _above_0(value: float) -> bool:
    return math.isfinite(value) and value > 0
