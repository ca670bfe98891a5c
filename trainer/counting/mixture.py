"""The mix of classes that makes a catalogue's probabilities likeliest.

Saerens, Latinne & Decaestecker 2002 (doi:10.1162/089976602753284446): probabilities that are right for one mix of
classes are right for another once each is multiplied by how much more frequent its class is there. Where that is
unknown it is found by expectation and maximisation, which ends at the one maximum of the likelihood.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_MOST_STEPS, _PRECISE = 2000, 1e-6


def mixture(probabilities: Floats, prior: Floats, weights: Floats | None = None) -> Floats:
    """Return the share of each class, float64 (classes,), of sum 1, in a catalogue.

    Args:
        probabilities: Of its galaxies, (n, classes), n ≥ 1, right for a mix of the shares ``prior``.
        prior: (classes,), of sum 1. A class of share 0 is in no catalogue.
        weights: How often each galaxy counts, (n,), ≥ 0; None: once.
    """
    ratios = np.divide(probabilities, prior, out=np.zeros_like(probabilities), where=prior > 0)
    counted = np.full(len(ratios), 1 / len(ratios)) if weights is None else weights / weights.sum()
    shares: Floats = prior / prior.sum()
    for _ in range(_MOST_STEPS):
        newer = shares * (ratios.T @ (counted / np.maximum(ratios @ shares, np.finfo(float).tiny)))
        newer /= newer.sum()
        change, shares = np.abs(newer - shares).max(), newer
        if change < _PRECISE:
            break
    return shares
