"""How much of the differences between finalists is more than chance: what the choice of the best one made of luck.

The best of several is measured too high, as each was measured with an error and luck was chosen with it. An answer that
counts on it is the posterior mean, which no choice biases (Senn 2008, doi:10.1198/000313008X331530, on a paradox of
Dawid's): finalists, the defaults among them, are taken as drawn from one normal distribution around their mean
(Robinson 1991, doi:10.1214/ss/1177011926), whose width is learnt from them. As so few tell little of it, no one width
is taken: the share of what differs that is chance is uniform before (Strawderman 1971, doi:10.1214/aoms/1177693528).
"""

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc

_SMALLEST, _LARGEST = 1e-6, 1e6


def kept_share(means: npt.NDArray[np.float64], chance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the share, 0–1, of a difference between two finalists that is to be counted on, float64 (…).

    ``means`` are the finalists', float64 (…, finalists), at least two; ``chance`` is the variance of the error of each.
    """
    scatter = ((means - means.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    # The scatter of the means over chance is chi-squared, with one degree less than finalists, times one over the share
    # of chance, whose posterior is then a gamma distribution of this shape and rate, cut off at 1: one less its mean.
    rate = np.clip(scatter / np.maximum(chance, np.finfo(float).tiny), _SMALLEST, _LARGEST) / 2
    shape = (means.shape[-1] + 1) / 2
    return np.asarray(1 - shape / rate * gammainc(shape + 1, rate) / gammainc(shape, rate))


def unexplained(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the variance of scores, (…, finalists, parts), that neither finalist nor part explains, float64 (…).

    There are at least two of each.
    """
    finalists, parts = scores.shape[-2:]
    explained = scores.mean(axis=-1, keepdims=True) + scores.mean(axis=-2, keepdims=True)
    rest = scores - explained + scores.mean(axis=(-2, -1), keepdims=True)
    return np.asarray((rest**2).sum(axis=(-2, -1)) / ((finalists - 1) * (parts - 1)))
