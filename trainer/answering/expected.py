"""The one exponent that gives rare classes their chance, chosen by what calibrated probabilities expect of it.

The class decided for is the one with the largest ``p · share⁻ᵗ``: logit adjustment (Menon et al. 2021,
arXiv:2007.07314, section 4.1), the same exponent for all classes. On few labelled rows the score that an exponent has
there is as good as drawn. What is expected of it is not: where q says how often each class is true, a class has Σ q of
all rows, and Σ q of those decided for it are decided rightly. `tests/benchmarks/trainer/decision.py` compares the two.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from trainer.answering.calibration import Calibration

Floats = npt.NDArray[np.float64]
Gain = Callable[[Floats, Floats, Floats], Floats]
"""What classes are worth, 0–1, by the rows rightly decided for each, all decided for it, and all that are of it."""

_EXPONENTS = np.linspace(-0.5, 1.5, 41)
"""Of shares, on q. Expected recall is best at 1. Where a class is decided for, its expected F1 gains (2q − F1) over the
sum of its rows and those decided for it: q times 1 / share, weakened by its F1. So the best is between 0 and 1, what is
beyond is a margin. On p, where that is tilted, the exponent may be below 0."""
_AT_ONCE = 8192
_TINY = 1e-12


def f1(right: Floats, decided: Floats, rows: Floats) -> Floats:
    """Return the F1 of each class; see `Gain`."""
    return np.asarray(2 * right / np.maximum(decided + rows, _TINY))


def recall(right: Floats, decided: Floats, rows: Floats) -> Floats:  # noqa: ARG001 - a `Gain`
    """Return the recall of each class; see `Gain`."""
    return np.asarray(right / np.maximum(rows, _TINY))


def rarity(shares: Floats) -> Floats:
    """Return how much rarer than the most frequent class each is, as a logarithm: float64 (classes,), ≥ 0.

    Of a class without a share nothing is known: it is taken for as rare as the rarest of the others.
    """
    known = shares[shares > 0]
    if len(known) == 0:
        return np.zeros(len(shares))
    return np.asarray(np.log(known.max() / np.maximum(shares, known.min())))


def best_exponent(
    logs: Floats, rare: Floats, *, calibration: Calibration, scored: npt.NDArray[np.bool_], gain: Gain
) -> float:
    """Return the exponent of the shares, t, at which ``logs + t · rare`` decides best, as far as can be expected.

    Args:
        logs: (n, classes), n ≥ 1: logarithms of probabilities, not calibrated.
        rare: (classes,): see `rarity`.
        calibration: Makes q of them.
        scored: (classes,), one at least: the classes whose mean ``gain`` is to be as high as can be.

    Of equally good ones it is the nearest to that at which the most probable class by q is decided for.
    """
    from scipy.special import softmax

    calibrated = calibration.logits(logs, rare)
    right = np.zeros((len(_EXPONENTS), len(rare)))
    decided, rows = np.zeros_like(right), np.zeros(len(rare))
    for start in range(0, len(logs), _AT_ONCE):
        part = calibrated[start : start + _AT_ONCE]
        chances = softmax(part, axis=1)
        rows += chances.sum(axis=0)
        numbers = _decided(part, rare)
        for label in range(len(rare)):
            named = numbers == label
            right[:, label] += named @ chances[:, label]
            decided[:, label] += named.sum(axis=1)
    worth = gain(right, decided, rows)[:, scored].mean(axis=1)
    best = _EXPONENTS[worth >= worth.max() - _TINY]
    return calibration.exponent_before(float(best[np.abs(best).argmin()]))


def _decided(logits: Floats, rare: Floats) -> npt.NDArray[np.int16]:
    """Return the class of each row at each exponent: int16, (exponents, n). Class by class, which is the quickest."""
    best = np.full((len(_EXPONENTS), len(logits)), -np.inf)
    numbers = np.zeros(best.shape, np.int16)
    for label, rarer in enumerate(rare):
        each = logits[:, label] + _EXPONENTS[:, np.newaxis] * rarer
        np.copyto(numbers, label, where=each > best)
        np.maximum(best, each, out=best)
    return numbers
