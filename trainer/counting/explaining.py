"""Whether another mix of the same classes explains a catalogue's answers.

A corrected count takes for granted that the galaxies of each class look as those held out did, only more or fewer of
them. Then the histogram of the highest probability is that of the held-out images, each counting by how much more
frequent its class is, and so is how many are of which most probable class. Galaxies of other kinds, or of another
survey, make other histograms, and so do rows that were chosen by their answers: of those that are named a class none of
its own are lacking, and none of the others that are not mistaken for it are there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

_PARTS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
"""Parts of held-out images at which the histogram is cut: finer where a model is the least sure."""
SURPRISING = 0.05
"""A catalogue is not explained where one of the same mix would be as far off less often than this."""


@dataclass(frozen=True)
class Histogram:
    """Two histograms of probabilities right for held-out images: of the most probable class, and of how probable it is.

    The latter is cut at ``edges``, ascending. Both in one, by class, would have too few images a bin to tell as much.
    """

    outcomes: int
    edges: Floats

    @classmethod
    def of(cls, probabilities: Floats) -> "Histogram":
        """Cut it so that held-out images, (n, classes), fill it."""
        return cls(probabilities.shape[1], np.unique(np.quantile(probabilities.max(axis=1), _PARTS)))

    def places(self, probabilities: Floats) -> Numbers:
        """Return the bin of each row of probabilities in each of both, int64 (2, n)."""
        heights = np.searchsorted(self.edges, probabilities.max(axis=1), side="right")
        return np.stack([probabilities.argmax(axis=1), heights]).astype(np.int64)

    def counts(self, places: Numbers, weights: Floats | None = None) -> list[Floats]:
        """Count rows, each as often as ``weights`` say, in each bin of each of both."""
        bins = self.outcomes, len(self.edges) + 1
        return [
            np.bincount(one, weights, minlength=length).astype(np.float64)
            for one, length in zip(places, bins, strict=True)
        ]


def misfit(counts: Sequence[Floats], by_class: Sequence[Floats], shares: Floats) -> float:
    """Return how far a catalogue's histograms are off those that its mix of classes has: chi-squared, ≥ 0, added up.

    Args:
        counts: The catalogue's, each (bins,), of sum ≥ 1.
        by_class: The held-out images' by class, each (classes, bins).
        shares: Of the classes in the catalogue, (classes,), of sum 1; 0 where no image of a class was held out.
    """
    return sum(_misfit(one, of_classes, shares) for one, of_classes in zip(counts, by_class, strict=True))


def _misfit(counts: Floats, by_class: Floats, shares: Floats) -> float:
    total, images = counts.sum(), by_class.sum(axis=1, keepdims=True)
    # One image of the mean kind is added to each class: what few images do not show is not impossible.
    mean = by_class.sum(axis=0) / max(by_class.sum(), 1)
    likely = (by_class + mean) / (images + 1)
    expected = shares @ likely
    by_chance = expected * (1 - expected) / total
    by_chance += ((shares**2)[:, np.newaxis] * likely * (1 - likely) / (images + 1)).sum(axis=0)
    off = (counts / total - expected) ** 2
    return float((off / np.maximum(by_chance, np.finfo(float).tiny))[expected > 0].sum())
