"""Temperature scaling: probabilities that say how often the model is right.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv:1706.04599), section 4.2: logits are divided by one
number, found by the likelihood of validation data. It never changes which class is most probable. Here the logits are
the logarithms of probabilities, so that it applies to an average of several models as well.
"""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

_LOG_RANGE = (-np.log(8.0), np.log(8.0))
"""Beyond what models need (Guo et al. find 1 to 3); keeps it from 0 where all the validation images are right."""
SMALLEST = 1e-12
"""Probabilities below are taken as this, so that a 0 has a logarithm."""


def fit_temperature(true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> float:
    """Return the temperature, 1/8 to 8, at which the true classes, (n,), are likeliest under (n, classes)."""
    logits, rows = _logits(probabilities), np.arange(len(true))

    def negative_log_likelihood(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, true].mean())

    best = minimize_scalar(negative_log_likelihood, bounds=_LOG_RANGE, method="bounded")
    return float(np.exp(best.x))


def apply_temperature(probabilities: npt.NDArray[np.floating], temperature: float) -> npt.NDArray[np.float32]:
    """Return calibrated probabilities, float32 (n, classes): sharper below temperature 1, flatter above."""
    return np.asarray(softmax(_logits(probabilities) / temperature, axis=1), np.float32)


def _logits(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))
