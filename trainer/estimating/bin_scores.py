"""How good answers are in each of several bins, in the mix of classes that was evaluated or in another one.

Completeness is recall, the share of a class's images that are named so. Purity is precision, the share of the images
named as a class that are of it: it hangs on the mix of classes. Another mix is taken to have the same images of each
class, only more or fewer of them, so each image counts by how much more frequent its class is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.estimating.bins import Bin, Binned
from trainer.scores import wilson_interval

_DRAWS = 1000
_HALF = 0.5
"""Images taken to be seen before on a side of a share, so that none among five is not none at all (Jeffreys)."""
_QUANTILES = (0.025, 0.975)
_SEED = 1
Interval = tuple[float, float] | None
Weights = npt.NDArray[np.float64] | None
"""How much an image of each class counts, float64 (classes,); None where all count the same."""


@dataclass(frozen=True)
class ClassInBin:
    """A class in a bin: ``support`` images of it, ``named`` named so, ``right`` of both; shares with 95 % intervals.

    They are None where nothing was counted.
    """

    support: int
    named: int
    right: int
    completeness: float | None
    completeness_interval: Interval
    purity: float | None
    purity_interval: Interval


@dataclass(frozen=True)
class BinScores:
    """The images of a bin: their number, the ``accuracy`` of their answers with its interval, and each class."""

    name: str
    low: float | None
    high: float | None
    count: int
    accuracy: float | None
    accuracy_interval: Interval
    per_class: dict[str, ClassInBin]

    @classmethod
    def of(cls, one: Bin, matrix: npt.NDArray[np.int64], classes: Sequence[str], weights: Weights) -> "BinScores":
        """Score a confusion matrix, int64 (classes, classes), rows true; each row counts as ``weights`` say."""
        support, named, right = matrix.sum(axis=1), matrix.sum(axis=0), np.diagonal(matrix)
        accuracy, accuracy_interval = _accuracy(matrix, weights)
        purities = _purities(matrix, weights)
        per_class = {
            name: ClassInBin(
                int(support[at]),
                int(named[at]),
                int(right[at]),
                float(right[at] / support[at]) if support[at] else None,
                wilson_interval(int(right[at]), int(support[at])),
                *purities[at],
            )
            for at, name in enumerate(classes)
        }
        return cls(one.name, one.low, one.high, int(matrix.sum()), accuracy, accuracy_interval, per_class)


@dataclass(frozen=True)
class ColumnScores:
    """Answers by a ``column``; ``by`` is that of `Binned`. The last of ``bins`` is of images whose value is not known.

    ``absent`` of these are in no row of the table.
    """

    column: str
    by: str
    bins: tuple[BinScores, ...]
    absent: int

    @property
    def unknown(self) -> int:
        """How many images have no value."""
        return self.bins[-1].count

    @property
    def filled(self) -> tuple[BinScores, ...]:
        """The bins without that of unknown values where it is empty."""
        return self.bins if self.unknown else self.bins[:-1]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        bins = [asdict(one) for one in self.filled]
        return {"column": self.column, "by": self.by, "bins": bins, "unknown": self.unknown, "absent": self.absent}


def column_scores(
    one: Binned,
    true: npt.NDArray[np.int64],
    decided: npt.NDArray[np.int64],
    classes: Sequence[str],
    *,
    weights: Weights = None,
    absent: int = 0,
) -> ColumnScores:
    """Score answers, int64 (n,), to images of the classes ``true``, (n,), in each bin."""
    scored = [
        BinScores.of(
            each, _confusion(true[one.places == at], decided[one.places == at], len(classes)), classes, weights
        )
        for at, each in enumerate(one.bins)
    ]
    return ColumnScores(one.column, one.by, tuple(scored), absent)


def whole_scores(
    true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64], classes: Sequence[str], weights: Weights
) -> BinScores:
    """Score all answers as one bin."""
    return BinScores.of(Bin("all"), _confusion(true, decided, len(classes)), classes, weights)


def weights_of(shares: Mapping[str, float], true: npt.NDArray[np.int64], classes: Sequence[str]) -> Weights:
    """Return how much an image of each class counts, so that classes have other ``shares``: their sum stays n.

    A class of the shares needs an image; see `trainer.estimating.prior.checked_prior`.
    """
    counts = np.bincount(true, minlength=len(classes)).astype(np.float64)
    wanted = np.array([shares[name] for name in classes], np.float64) * len(true)
    return np.asarray(np.divide(wanted, counts, out=np.zeros(len(classes)), where=counts > 0))


def _confusion(true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.int64]:
    return np.bincount(true * classes + decided, minlength=classes**2).reshape(classes, classes)


def _accuracy(matrix: npt.NDArray[np.int64], weights: Weights) -> tuple[float | None, Interval]:
    right, total = np.diagonal(matrix), matrix.sum(axis=1)
    if weights is None:
        count, hits = int(total.sum()), int(right.sum())
        return (hits / count if count else None), wilson_interval(hits, count)
    there = (total > 0) & (weights > 0)
    before = there * _HALF / max(int(there.sum()), 1)
    return _weighted(np.stack([right, total - right]), weights, np.stack([before, before]))


def _purities(matrix: npt.NDArray[np.int64], weights: Weights) -> list[tuple[float | None, Interval]]:
    """Return the purity of each class, with its interval.

    Half an image is taken to have been named so of each class that has images, none of which was: the few of a class
    that counts much may all be named otherwise by chance alone. The others share another half.
    """
    there = matrix.sum(axis=1) > 0
    found: list[tuple[float | None, Interval]] = []
    for at, column in enumerate(matrix.T):
        if weights is None:
            named, right = int(column.sum()), int(column[at])
            found.append((right / named if named else None, wilson_interval(right, named)))
        else:
            own = np.arange(len(column)) == at
            right_and_wrong = np.stack([own, ~own])
            seen = int(((column > 0) & (weights > 0)).sum())
            before = np.where(column > 0, _HALF / max(seen, 1), _HALF) * there
            found.append(_weighted(right_and_wrong * column, weights, right_and_wrong * before))
    return found


def _weighted(
    counts: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], before: npt.NDArray[np.float64]
) -> tuple[float | None, Interval]:
    """Return the weighted share of the first row of ``counts``, (2, classes), right and wrong, with its interval.

    A Bayesian bootstrap (Rubin 1981, doi:10.1214/aos/1176345338): images have random weights, those of one class,
    right or wrong, a gamma distributed sum. What was not seen is not impossible: so many images as ``before``, of the
    same shape, are taken to have been seen.
    """
    together = counts @ weights
    if together.sum() <= 0:
        return None, None
    share = float(together[0] / together.sum())
    drawn = np.random.default_rng(_SEED).gamma(counts + before, size=(_DRAWS, *counts.shape)) @ weights
    low, high = np.quantile(drawn[:, 0] / drawn.sum(axis=1), _QUANTILES)
    return share, (min(float(low), share), max(float(high), share))
