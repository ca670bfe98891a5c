"""From a model's answers to probabilities that are right for the images it was held out from.

Where counts are to be corrected, probabilities must say how often each class is true, class by class: a temperature
alone leaves rare classes too probable or too little so, and what they are off by is multiplied where a class is more
frequent. So logarithms of probabilities are scaled, shifted class by class (Alexandari et al. 2020, arXiv:1901.06852,
who find that with it maximum likelihood is best at label shift), and, as far as rows tell, mixed (Kull et al. 2019,
arXiv:1910.12656). Galaxies of no class get a probability of their own: a logistic regression on the logarithms.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp, softmax

from trainer.answering.calibration import log_probabilities

Floats = npt.NDArray[np.float64]

_SHARPNESS, _SPREAD, _BIAS, _MIXED, _NONE = 1.0, 0.5, 1.0, 0.1, 1.0
"""What is expected before: a sharpness of 1 ± 0.5, biases of 0 ± 1, a part of other logarithms of 0 ± 0.1, and weights
of no class of 0 ± 1. It decides where rows are few: see `tests/benchmarks/RESULTS.md`."""
_FEW = 12
"""Classes whose logarithms are mixed: of more there are too many pairs."""
_FLOOR = 1e-6
"""Probabilities below are taken as this: no network means more by less."""
_MOST_STEPS, _MOST_CHORDS, _PRECISE, _LONGEST = 50, 12, 1e-3, 1.0


def logarithms(probabilities: npt.NDArray[np.floating]) -> Floats:
    """Return the logarithms of probabilities: float64, (n, classes)."""
    return log_probabilities(np.maximum(probabilities, _FLOOR))


@dataclass(frozen=True)
class Recalibration:
    """Logarithms, (n, classes), times ``weights``, (classes, outcomes), plus ``biases``, (outcomes,).

    Outcomes are the classes, and maybe none of them.
    """

    weights: Floats
    biases: Floats

    def of(self, logs: Floats) -> Floats:
        """Return probabilities, (n, outcomes), of logarithms, (n, classes)."""
        # Classes first, as of few numbers beside each other maxima and sums take long.
        return np.asarray(softmax(self.weights.T @ logs.T + self.biases[:, np.newaxis], axis=0).T, np.float64)


class Recalibrator:
    """Held-out answers, of which a recalibration is fitted again and again, with other weights of the rows.

    By Newton's method on the likelihood, with normal priors: see `_SHARPNESS`.
    """

    def __init__(self, true: npt.NDArray[np.int64], logs: Floats, *, has_none: bool) -> None:
        """Take the classes, int64 (n,), of logarithms, (n, classes); ``has_none`` adds the outcome of no class."""
        rows, classes = logs.shape
        self._classes, self._outcomes = classes, classes + has_none
        # A parameter is a sharpness of all, a bias of an outcome, or what a logarithm counts for an outcome.
        self._pairs = [(source, at) for at in range(classes) for source in range(classes)] if classes <= _FEW else []
        spreads = [_SPREAD, *[_BIAS] * self._outcomes, *[_MIXED] * len(self._pairs)]
        if has_none:
            self._pairs += [(source, classes) for source in range(classes)]
            spreads += [_NONE] * classes
        features = np.zeros((len(spreads), self._outcomes, rows))
        features[0, :classes] = logs.T
        features[1 : 1 + self._outcomes] = np.eye(self._outcomes)[:, :, np.newaxis]
        for number, (source, at) in enumerate(self._pairs, 1 + self._outcomes):
            features[number, at] = logs[:, source]
        self._chosen = features[:, true, np.arange(rows)]
        self._features = features.reshape(len(features), -1)
        self._precision = 1 / np.square(spreads)
        self._before = np.zeros(len(spreads))
        self._before[0] = _SHARPNESS
        self._whole = np.ones(rows)
        self._start = self._before
        self._start = self._newton(self._whole)
        self._curve = cho_factor(self._slope(self._start, self._whole, curved=True)[1])

    def fit(self, weights: Floats) -> Recalibration:
        """Return the likeliest where rows count as ``weights``, (n,), with about the sum n."""
        point = self._start.copy()
        for _ in range(_MOST_CHORDS):  # with the curvature of all rows, which is nearly that of those drawn
            step = cho_solve(self._curve, self._slope(point, weights)[0])
            point -= np.clip(step, -_LONGEST, _LONGEST)
            if np.abs(step).max() < _PRECISE:
                return self._made(point)
        return self._made(self._newton(weights))

    def _newton(self, weights: Floats) -> Floats:
        step: Floats = np.zeros(len(self._start))
        point, least = self._start.copy(), np.inf
        for _ in range(_MOST_STEPS):
            loss = self._loss(point - step, weights)
            if loss > least:
                step /= 2
                continue
            point, least = point - step, loss
            if 0 < np.abs(step).max() < _PRECISE:
                break
            slope, curvature = self._slope(point, weights, curved=True)
            step = np.asarray(np.linalg.solve(curvature, slope), np.float64)
        return point

    def _loss(self, point: Floats, weights: Floats) -> float:
        """Return minus the logarithm of the posterior, but for a constant."""
        scores = (point @ self._features).reshape(self._outcomes, -1)
        likely = point @ self._chosen - logsumexp(scores, axis=0)
        return float(self._precision @ (point - self._before) ** 2 / 2 - likely @ weights)

    def _slope(self, point: Floats, weights: Floats, *, curved: bool = False) -> tuple[Floats, Floats]:
        """Return the slope of `_loss`, and its curvature where it is asked for."""
        chances = softmax((point @ self._features).reshape(self._outcomes, -1), axis=0)
        weighted = (chances * weights).ravel()
        slope = self._features @ weighted - self._chosen @ weights + self._precision * (point - self._before)
        if not curved:
            return slope, np.zeros((0, 0))
        means = (self._features * chances.ravel()).reshape(len(point), self._outcomes, -1).sum(axis=1)
        curvature = (self._features * weighted) @ self._features.T - (means * weights) @ means.T
        return slope, curvature + np.diag(self._precision)

    def _made(self, point: Floats) -> Recalibration:
        weights = np.zeros((self._classes, self._outcomes))
        weights[:, : self._classes] = point[0] * np.eye(self._classes)
        for (source, at), value in zip(self._pairs, point[1 + self._outcomes :].tolist(), strict=True):
            weights[source, at] += value
        return Recalibration(weights, point[1 : 1 + self._outcomes])
