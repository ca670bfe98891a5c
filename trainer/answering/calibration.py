"""Temperature scaling: probabilities that say how often the model is right.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv:1706.04599), section 4.2: logits are divided by one
number, found by the likelihood of validation data. It never changes which class is most probable. Here the logits are
the logarithms of probabilities, so that it applies to an average of several models as well.

A temperature does not mend probabilities of a network that was trained on other shares of the classes than it is asked
about, such as repeated or weighted rare ones: those are off by a factor a class (Saerens et al. 2002,
doi:10.1162/089976602753284446). `Calibration` mends both; what is decided for is found by it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_LOG_RANGE = (-np.log(8.0), np.log(8.0))
"""Beyond what models need (Guo et al. find 1 to 3)."""
SMALLEST = 1e-12
"""Probabilities below are taken as this, so that a 0 has a logarithm."""
_PRIOR = 0.5
_BOUNDS = ((-np.log(8.0), -2.0), (np.log(8.0), 2.0))
_MOST_STEPS, _PRECISE = 50, 1e-4


def fit_temperature(true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> float:
    """Return the likeliest temperature, 1/8 to 8, given the true classes, (n,), of probabilities, (n, classes).

    It has the prior of `fit_calibration`: else it were 1/8, and what is said nearly certain, wherever few rows are all
    right.
    """
    # Imported where needed, here and below: who only describes a model must not wait for SciPy.
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits, rows = log_probabilities(probabilities), np.arange(len(true))

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(logits / np.exp(log_temperature), axis=1)[rows, true].sum()
        return float(log_temperature**2 / (2 * _PRIOR**2) - likelihood)

    best = minimize_scalar(loss, bounds=_LOG_RANGE, method="bounded")
    return float(np.exp(best.x))


def apply_temperature(probabilities: npt.NDArray[np.floating], temperature: float) -> npt.NDArray[np.float32]:
    """Return calibrated probabilities, float32 (n, classes): sharper below temperature 1, flatter above."""
    from scipy.special import softmax

    return np.asarray(softmax(log_probabilities(probabilities) / temperature, axis=1), np.float32)


def log_probabilities(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the logarithms of probabilities, float64 (n, classes), of 0 too."""
    return np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))


@dataclass(frozen=True)
class Calibration:
    """``p^sharpness · share^tilt``: the inverse of a temperature, and how much too often rare classes are named.

    ``tilt`` is 0 for a network trained on the rows as they are, 1 for one to which all classes were equally frequent.
    """

    sharpness: float
    tilt: float

    def logits(self, logs: npt.NDArray[np.float64], rare: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return calibrated logits, (n, classes), of logarithms; ``rare``, (classes,): minus those of the shares."""
        return self.sharpness * logs - self.tilt * rare

    def exponent_before(self, exponent: float) -> float:
        """Return the exponent of shares on probabilities as they were that decides as ``exponent`` does after this."""
        return (exponent - self.tilt) / self.sharpness


def fit_calibration(
    true: npt.NDArray[np.int64], logs: npt.NDArray[np.float64], rare: npt.NDArray[np.float64]
) -> Calibration:
    """Return the likeliest calibration, given the true classes, (n,), of logarithms of probabilities, (n, classes).

    Both unknowns, the sharpness as its logarithm, are drawn towards 0, where few rows say little or all are right: they
    have a normal prior of standard deviation 0.5, the best of those tried in `tests/benchmarks/trainer/decision.py`.
    Found by Newton's method, with the expected curvature, which is never negative.
    """
    from scipy.special import log_softmax

    rows, point, step, least = np.arange(len(true)), np.zeros(2), np.zeros(2), np.inf
    for _ in range(_MOST_STEPS):
        tried = np.clip(point - step, *_BOUNDS)
        sharpness, tilt = float(np.exp(tried[0])), float(tried[1])
        scores = log_softmax(Calibration(sharpness, tilt).logits(logs, rare), axis=1)
        loss = float((tried**2).sum() / (2 * _PRIOR**2) - scores[rows, true].sum())
        if loss > least:
            step /= 2
            continue
        moved = np.abs(tried - point).max() if np.isfinite(least) else np.inf
        point, least, chances = tried, loss, np.exp(scores)
        if moved < _PRECISE:
            break
        # How the scores of a row change with each unknown, and the mean of it over the row's classes.
        changes = np.stack([sharpness * logs, np.broadcast_to(-rare, logs.shape)])
        means = (changes * chances).sum(axis=2)
        slope = (means - changes[:, rows, true]).sum(axis=1) + point / _PRIOR**2
        curvature = np.einsum("inc,jnc,nc->ij", changes, changes, chances) - means @ means.T + np.eye(2) / _PRIOR**2
        step = np.linalg.solve(curvature, slope)
    return Calibration(float(np.exp(point[0])), float(point[1]))
