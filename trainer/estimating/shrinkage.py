"""How much of the differences between finalists is more than chance: what the choice of the best one made of luck.

The best of several is measured too high, as each was measured with an error and luck was chosen with it. An answer that
counts on it is the posterior mean, which no choice biases (Dawid 1994; Senn 2008, doi:10.1198/000313008X331530):
finalists are taken as drawn from one normal distribution, whose variance is that of their means beyond what their
errors explain (Efron & Morris 1975, doi:10.1080/01621459.1975.10479864; Robinson 1991, doi:10.1214/ss/1177011926).
"""

import numpy as np
import numpy.typing as npt


def kept_share(scores: npt.NDArray[np.float64], spread: float) -> npt.NDArray[np.float64]:
    """Return the share, 0–1, of a difference between two finalists that is to be counted on, float64 (…).

    ``scores``, float64 (…, finalists, divisions), at least two of each; ``spread`` is the variance of a finalist's mean
    as a multiple of the variance of a score (one over the divisions, were they independent).
    """
    finalists, divisions = scores.shape[-2:]
    means = scores.mean(axis=-1, keepdims=True)
    rest = scores - means - scores.mean(axis=-2, keepdims=True) + scores.mean(axis=(-2, -1), keepdims=True)
    chance = spread * (rest**2).sum(axis=(-2, -1)) / ((finalists - 1) * (divisions - 1))
    between = means[..., 0].var(axis=-1, ddof=1)
    return np.asarray(np.clip(1 - chance / np.maximum(between, np.finfo(float).tiny), 0, 1))
