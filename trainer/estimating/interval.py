"""An interval of macro F1 that holds with few images of a class, too."""

import numpy as np
import numpy.typing as npt

from trainer.estimating.macro_f1 import count_confusion, macro_f1

_DRAWS = 2000
_QUANTILES = (0.025, 0.975)


def macro_f1_interval(
    true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64], classes: int, *, seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of macro F1 for answers, int64 (n,), on n ≥ 1 images of the class numbers ``true``."""
    matrix = np.bincount(true * classes + decided, minlength=classes * classes).reshape(classes, classes)
    return interval_of_confusion(matrix, seed=seed)


def interval_of_confusion(matrix: npt.ArrayLike, *, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of macro F1 for a confusion matrix, (classes, classes), rows true; see `interval`.

    The confusion matrix of the population is drawn from what the one seen tells of it, as Goutte and Gaussier (2005,
    doi:10.1007/978-3-540-31865-1_25) do for one class. A bootstrap would take what was never seen, as one of four
    images, for impossible. Classes without an image are left out, as macro F1 leaves them out.
    """
    seen = np.asarray(matrix, np.float64)
    present = np.flatnonzero(seen.sum(axis=1))
    generator = np.random.default_rng(seed)
    draws = generator.gamma(seen[present] + _prior(seen, present), size=(_DRAWS, len(present), len(seen)))
    full = np.zeros((_DRAWS, *seen.shape))
    full[:, present] = draws
    low, high = np.quantile(macro_f1(count_confusion(full)), _QUANTILES)
    found = float(macro_f1(count_confusion(seen)))
    return min(float(low), found), max(float(high), found)


def _prior(seen: npt.NDArray[np.float64], present: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return what each cell is taken to have had before: one image a class, as often right as all classes are."""
    classes = len(seen)
    right = float(np.diagonal(seen)[present].sum() + 0.5) / float(seen.sum() + 1)
    prior = np.full((len(present), classes), (1 - right) / max(classes - 1, 1))
    prior[np.arange(len(present)), present] = right
    return prior
