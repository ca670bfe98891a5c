"""The gain of one finalist over another, with its error, from scores on divisions of the images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from trainer.estimating.macro_f1 import Counts, count, macro_f1
from trainer.estimating.shrinkage import kept_share, unexplained

_TWO_SIDED = 0.975
"""Quantile of a 95 % interval."""
_PARTS = 20
"""Of the images, to learn what chance made of them."""
_NO_WIDTH = 1e-9
"""Half an interval, of scores of 0–1, that is nothing but rounding."""
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FinalistScores:
    """The scores of two finalists or more: the defaults first, then the chosen one.

    Attributes:
        pooled: Float64 (…, finalists): each one's score over all its answers.
        divisions: Float64 (…, finalists, divisions), two or more: how it differs between divisions.
        images: Float64 (…, finalists, parts): how it differs between parts of the images; None where that is not known.
        same_images: All divisions have the same images, which say nothing then of what chance made of these.
    """

    pooled: Numbers
    divisions: Numbers
    images: Numbers | None = None
    same_images: bool = False

    @classmethod
    def of_counts(cls, divisions: Counts, images: Counts, *, same_images: bool) -> Self:
        """Score macro F1 by counts of the same answers, (…, finalists, divisions, 3, classes) and `count_parts`'s."""
        return cls(macro_f1(divisions.sum(axis=-3)), _pseudo_values(divisions), _pseudo_values(images), same_images)


def _pseudo_values(counts: Counts) -> Numbers:
    """Return the jackknife's pseudo-values (Tukey 1958) of pooled macro F1, from (…, parts, 3, classes): (…, parts).

    They tell the variance alone. Their mean is too high where a class lies in one part: without it, it is gone.
    """
    parts = counts.shape[-3]
    pooled = counts.sum(axis=-3, keepdims=True)
    return np.asarray(parts * macro_f1(pooled) - (parts - 1) * macro_f1(pooled - counts))


def gain_with_error(scores: FinalistScores, test_share: float) -> tuple[Numbers, Numbers, Numbers]:
    """Return the second finalist's gain over the first as measured and as shrunk, and half its interval, each (…).

    Half the interval is 0 where nothing differs by which to tell it. Where divisions have other images each, what
    differs between these is in both variances, and the wider interval is taken: of few divisions, or few images, either
    may be next to nothing by chance. The luck of the choice is learnt from the divisions unless they agree in all: the
    greater of both estimates would take too much off.
    """
    divisions = scores.divisions.shape[-1]
    spread = 1 / divisions + test_share / (1 - test_share)
    measured = _gains(scores.pooled[..., np.newaxis])[..., 0]
    variance = spread * _gains(scores.divisions).var(axis=-1, ddof=1)
    chance = spread * unexplained(scores.divisions)
    degrees = np.full(variance.shape, divisions - 1.0)
    half = _half(variance, degrees)
    if scores.images is not None:
        parts = scores.images.shape[-1]
        of_images = _gains(scores.images).var(axis=-1, ddof=1) / parts
        chance_of_images = unexplained(scores.images) / parts
        if scores.same_images:
            total, chance = variance + of_images, chance + chance_of_images
            # Welch's and Satterthwaite's degrees of freedom of a sum of variances (doi:10.2307/3002019).
            degrees = total**2 / np.maximum(variance**2 / degrees + of_images**2 / (parts - 1), np.finfo(float).tiny)
            half = _half(total, np.maximum(degrees, divisions - 1))
        else:
            half = np.maximum(half, _half(of_images, np.full(variance.shape, parts - 1.0)))
            chance = np.where(chance < _NO_WIDTH**2, chance_of_images, chance)
    half = np.where(half < _NO_WIDTH, 0.0, half)
    return measured, measured * kept_share(scores.pooled, chance), half


def _half(variance: Numbers, degrees: Numbers) -> Numbers:
    return np.asarray(t.ppf(_TWO_SIDED, degrees) * np.sqrt(variance))


def _gains(scores: Numbers) -> Numbers:
    return np.asarray(scores[..., 1, :] - scores[..., 0, :])


def count_parts(true: npt.NDArray[np.int64], decided: Sequence[npt.NDArray[np.int64]], classes: int) -> Counts:
    """Count the answers of several networks on the same images, (n,) each, by parts of them: (parts, 3, classes).

    Each class is spread over all parts.
    """
    part = np.empty(len(true), np.int64)
    part[np.argsort(true, kind="stable")] = np.arange(len(true)) % _PARTS
    inside = [part == number for number in range(_PARTS)]
    return np.stack([sum(count(true[rows], one[rows], classes) for one in decided) for rows in inside])
