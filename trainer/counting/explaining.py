"""Whether another mix of the same classes explains a catalogue's answers.

A corrected count takes for granted that the galaxies of each class look as those held out did, only more or fewer of
them. Then the histogram of the highest probability is that of the held-out images, each counting by how much more
frequent its class is. Galaxies of other kinds, or of another survey, make another histogram.
"""

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
    """A histogram of the highest of probabilities right for held-out images, cut at ``edges``, ascending."""

    edges: Floats

    @classmethod
    def of(cls, probabilities: Floats) -> "Histogram":
        """Cut it so that held-out images, (n, classes), fill it."""
        return cls(np.unique(np.quantile(probabilities.max(axis=1), _PARTS)))

    def places(self, probabilities: Floats) -> Numbers:
        """Return the bin of each row of probabilities, int64 (n,)."""
        return np.asarray(np.searchsorted(self.edges, probabilities.max(axis=1), side="right"), np.int64)

    def counts(self, places: Numbers, weights: Floats | None = None) -> Floats:
        """Count rows, each as often as ``weights`` say, in each bin."""
        return np.bincount(places, weights, minlength=len(self.edges) + 1).astype(np.float64)


def misfit(counts: Floats, by_class: Floats, shares: Floats) -> float:
    """Return how far a catalogue's histogram is off the one that its mix of classes has: chi-squared, ≥ 0.

    Args:
        counts: The catalogue's, (bins,), of sum ≥ 1.
        by_class: The held-out images' by class, (classes, bins).
        shares: Of the classes in the catalogue, (classes,), of sum 1; 0 where no image of a class was held out.
    """
    total, images = counts.sum(), by_class.sum(axis=1, keepdims=True)
    # One image of the mean kind is added to each class: what few images do not show is not impossible.
    mean = by_class.sum(axis=0) / max(by_class.sum(), 1)
    likely = (by_class + mean) / (images + 1)
    expected = shares @ likely
    by_chance = expected * (1 - expected) / total
    by_chance += ((shares**2)[:, np.newaxis] * likely * (1 - likely) / (images + 1)).sum(axis=0)
    off = (counts / total - expected) ** 2
    return float((off / np.maximum(by_chance, np.finfo(float).tiny))[expected > 0].sum())
