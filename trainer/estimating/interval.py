"""An interval of macro F1 that holds with few images of a class, too."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from trainer.estimating.macro_f1 import count_confusion, macro_f1
from trainer.scores import Scores

_DRAWS, _FEWEST = 1000, 400
_CELLS = 4_000_000
"""Numbers drawn at most, so that a hundred classes take no gigabytes."""
_BEFORE = 1.5
"""Images that a row is taken to hold before: with one, ten classes of five images are covered 90 % of the time."""
_QUANTILES = (0.025, 0.975)
_SEED = 1
"""The same scores have the same interval always."""


def with_interval(scores: Scores) -> Scores:
    """Return scores with the 95 % interval of their macro F1."""
    return replace(scores, macro_f1_interval=interval_of_confusion(scores.confusion_matrix, seed=_SEED))


def interval_of_confusion(matrix: npt.ArrayLike, *, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of macro F1 for a confusion matrix, (classes, classes), rows true, not all 0.

    Confusion matrices of all images are drawn from what the one seen tells of them, as Goutte and Gaussier (2005,
    doi:10.1007/978-3-540-31865-1_25) do for one class. A bootstrap takes what was not seen, such as a mistake among
    three images, for impossible: with 2 to 4 images of a class it covers 60 to 90 %, this 93 % and more. Classes
    without an image are left out, as macro F1 leaves them out. The F1 found is always within it (as the end of Brown,
    Cai and DasGupta's interval of a share of 0 or 1, 2001, doi:10.1214/ss/1009213286).
    """
    seen = np.asarray(matrix, np.float64)
    low, high = np.quantile(macro_f1(count_confusion(_drawn(seen, np.random.default_rng(seed)))), _QUANTILES)
    found = float(macro_f1(count_confusion(seen)))
    return min(float(low), found), max(float(high), found)


def _drawn(seen: npt.NDArray[np.float64], generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw cells, (draws, classes, classes), from their Dirichlet distribution; rows without an image are 0.

    Before, a row is taken to hold `_BEFORE` images, rightly named in a share that all rows have in common and that is
    drawn from what they tell of it. Halves would hide how good a model is over ten classes of five images.
    """
    classes, present = len(seen), np.flatnonzero(seen.sum(axis=1))
    draws = max(_FEWEST, min(_DRAWS, _CELLS // classes**2))
    shares = (np.diagonal(seen)[present] + 0.5) / (seen[present].sum(axis=1) + 1)
    right = generator.beta(shares.sum() + 0.5, (1 - shares).sum() + 0.5, size=(draws, 1))
    prior = np.repeat((1 - right)[:, :, np.newaxis] / max(classes - 1, 1), classes, axis=2)
    prior = np.repeat(prior, len(present), axis=1)
    prior[:, np.arange(len(present)), present] = right
    cells = np.zeros((draws, classes, classes))
    cells[:, present] = generator.gamma(seen[present] + _BEFORE * prior)
    return cells
