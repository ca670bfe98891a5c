"""The gain of one finalist over another, with its error, from scores on divisions of the images."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from trainer.estimating.macro_f1 import Counts, count, macro_f1
from trainer.estimating.shrinkage import kept_share, unexplained

_TWO_SIDED = 0.975
"""Quantile of a 95 % interval."""
_PARTS = 20
"""Of the images, to learn what chance made of them."""
Scores = npt.NDArray[np.float64]
"""Of finalists, the defaults first, then the chosen one: float64 (…, finalists, divisions)."""


def scores_of(counts: Counts) -> Scores:
    """Return the jackknife's pseudo-values of pooled macro F1, float64 (…, finalists, divisions).

    ``counts`` are those of each division, (…, finalists, divisions, 3, classes). Their mean over divisions is the
    pooled macro F1 less its bias from few images (Quenouille 1956); from one division it is the macro F1 itself.
    """
    divisions = counts.shape[-3]
    pooled = counts.sum(axis=-3, keepdims=True)
    return np.asarray(divisions * macro_f1(pooled) - (divisions - 1) * macro_f1(pooled - counts))


def gain_with_error(
    scores: Scores, test_share: float, images: Scores | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the second finalist's gain over the first as measured and as shrunk, and half its interval, each (…).

    ``scores``, float64 (…, finalists, divisions), at least two of each; ``images`` are those of parts of the images,
    (…, finalists, parts), where the divisions have the same.
    """
    divisions = scores.shape[-1]
    spread = 1 / divisions + test_share / (1 - test_share)
    measured = _gains(scores).mean(axis=-1)
    variance, chance = spread * _gains(scores).var(axis=-1, ddof=1), spread * unexplained(scores)
    degrees = np.full(variance.shape, divisions - 1.0)
    if images is not None:
        parts = images.shape[-1]
        of_images = _gains(images).var(axis=-1, ddof=1) / parts
        total, chance = variance + of_images, chance + unexplained(images) / parts
        # Welch's and Satterthwaite's degrees of freedom of a sum of variances (doi:10.2307/3002019).
        degrees = total**2 / np.maximum(variance**2 / degrees + of_images**2 / (parts - 1), np.finfo(float).tiny)
        variance, degrees = total, np.maximum(degrees, divisions - 1)
    half = t.ppf(_TWO_SIDED, degrees) * np.sqrt(variance)
    return measured, measured * kept_share(scores.mean(axis=-1), chance), half


def _gains(scores: Scores) -> npt.NDArray[np.float64]:
    return np.asarray(scores[..., 1, :] - scores[..., 0, :])


def count_parts(true: npt.NDArray[np.int64], decided: Sequence[npt.NDArray[np.int64]], classes: int) -> Counts:
    """Count the answers of several networks on the same images, (n,) each, by parts of them: (parts, 3, classes).

    Each class is spread over all parts.
    """
    part = np.empty(len(true), np.int64)
    part[np.argsort(true, kind="stable")] = np.arange(len(true)) % _PARTS
    inside = [part == number for number in range(_PARTS)]
    return np.stack([sum(count(true[rows], one[rows], classes) for one in decided) for rows in inside])
