"""How much each configuration weighs in an ensemble: answers on what its networks had not seen decide."""

from collections.abc import Sequence
from math import gcd

import numpy as np
import numpy.typing as npt

from trainer.final.choosing import log_loss

_ROUNDS = 20
"""Additions, so weights are in steps of a twentieth; more change the log loss by less than chance does."""
_LEAST_GAIN = 1e-3
"""Share of the log loss that another choice must save: less is chance, and costs networks."""


def ensemble_weights(true: npt.NDArray[np.int64], members: Sequence[npt.NDArray[np.floating]]) -> tuple[int, ...]:
    """Return how often each member counts in an average of their probabilities, in smallest whole numbers.

    Greedy selection with replacement (Caruana et al. 2004, doi:10.1145/1015330.1015432) by the log loss of the
    calibrated average: from the best member on, the member is added that leaves the least, the earlier of equals, the
    same one again too. Of all that were met on the way the first is taken whose log loss is within a thousandth of the
    least, so that nothing is averaged for nothing.

    ``true`` is int64, (n,), n ≥ 1; ``members``, at least one, are probabilities, (n, classes) each.
    """
    probabilities = np.stack([np.asarray(each, np.float64) for each in members])
    counts = np.zeros(len(members), np.int64)
    met: list[tuple[float, tuple[int, ...]]] = []
    for _ in range(_ROUNDS if len(members) > 1 else 1):
        total = np.tensordot(counts, probabilities, 1)
        losses = [log_loss(true, (total + one) / (counts.sum() + 1)) for one in probabilities]
        added = int(np.argmin(losses))
        counts[added] += 1
        met.append((losses[added], tuple(counts.tolist())))
    least = min(loss for loss, _ in met)
    chosen = next(each for loss, each in met if loss <= least * (1 + _LEAST_GAIN))
    divisor = gcd(*chosen)
    return tuple(each // divisor for each in chosen)
