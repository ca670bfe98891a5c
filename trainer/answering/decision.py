"""From probabilities to a class: the most probable one, or one that the rare classes have a fair chance to be.

``accuracy`` decides for the most probable class, which is right most often and seldom names a rare class. ``balanced``
multiplies each probability by a factor first, (share of the class)⁻ᵗ, as logit adjustment does (Menon et al. 2021,
arXiv:2007.07314, section 4.1); t is chosen on validation images.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import numpy.typing as npt

_EXPONENTS = np.linspace(0.0, 1.5, 61)
_PRICE = 0.01
"""How much accuracy a fair chance for rare classes may cost."""


class Decide(StrEnum):
    """An operating point."""

    ACCURACY = "accuracy"
    BALANCED = "balanced"


def fit_factors(
    true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], classes: tuple[str, ...]
) -> dict[str, float]:
    """Return each class's factor for `Decide.BALANCED`, the most frequent class's being 1.

    The one exponent that all share is the smallest that gives the highest balanced accuracy on the given images, of
    those that cost at most a point of accuracy. ``true`` is int64, (n,), n ≥ 1; ``probabilities`` are calibrated,
    (n, classes).
    """
    counts = np.maximum(np.bincount(true, minlength=len(classes)), 1)
    present = np.unique(true)
    right = [(probabilities * _factors(counts, exponent)).argmax(axis=1) == true for exponent in _EXPONENTS]
    accuracy = np.array([each.mean() for each in right])
    balanced = np.array([np.mean([each[true == label].mean() for label in present]) for each in right])
    best = int(np.where(accuracy >= accuracy.max() - _PRICE, balanced, 0).argmax())
    return dict(zip(classes, map(float, _factors(counts, _EXPONENTS[best])), strict=True))


def decided(
    probabilities: npt.NDArray[np.floating], classes: tuple[str, ...], factors: Mapping[str, float], decide: Decide
) -> npt.NDArray[np.int64]:
    """Return the number, int64 (n,), of the class decided for from probabilities, (n, classes)."""
    if decide == Decide.BALANCED:
        probabilities = probabilities * np.array([factors.get(name, 1.0) for name in classes], np.float32)
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def _factors(counts: npt.NDArray[np.int64], exponent: float) -> npt.NDArray[np.float64]:
    return np.asarray((counts.max() / counts) ** exponent, np.float64)
