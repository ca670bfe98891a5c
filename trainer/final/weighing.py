"""How much each configuration weighs in an ensemble: answers on what its networks had not seen decide."""

from collections.abc import Sequence
from math import gcd

import numpy as np
import numpy.typing as npt

from trainer.final.expecting import Expecting, saved_by

_ROUNDS = 20
"""Additions, so weights are in steps of a twentieth; more change the log loss by less than chance does."""
_LEAST_GAIN = 1e-3
"""Share of the log loss that another choice must save: less is chance, and costs networks."""


def ensemble_weights(
    true: npt.NDArray[np.int64],
    members: Sequence[npt.NDArray[np.floating]],
    rows: npt.NDArray[np.int64] | None = None,
) -> tuple[int, ...]:
    """Return how often each member counts in an average of their probabilities, in smallest whole numbers.

    Greedy selection with replacement (Caruana et al. 2004, doi:10.1145/1015330.1015432) by the log loss to expect of
    the calibrated average (`Expecting`): from the best member on, the member is added that leaves the least, the
    earlier of equals, the same one again too. Of all that were met on the way the first is taken whose log loss is
    within a thousandth of the least, so that nothing is averaged for nothing.

    ``true`` is int64, (n,), n ≥ 1; ``members``, at least one, are probabilities, (n, classes) each; ``rows`` as in
    `Expecting`.
    """
    probabilities = np.stack([np.asarray(each, np.float64) for each in members])
    expecting, counts = Expecting(true, members, rows), np.zeros(len(members), np.int64)
    met: list[tuple[float, tuple[int, ...]]] = []
    for _ in range(_ROUNDS if len(members) > 1 else 1):
        shares = (counts + np.eye(len(counts))) / (counts.sum() + 1)
        losses = [expecting.loss(np.tensordot(each, probabilities, 1), saved=saved_by(each)) for each in shares]
        added = int(np.argmin(losses))
        counts[added] += 1
        met.append((losses[added], tuple(counts.tolist())))
    least = min(loss for loss, _ in met)
    chosen = next(each for loss, each in met if loss <= least * (1 + _LEAST_GAIN))
    divisor = gcd(*chosen)
    return tuple(each // divisor for each in chosen)
