"""The log loss to expect of an average of networks: what few images say of it, drawn towards what such averages save.

On 50 images that no network had seen, the log loss of one configuration beside another's has a standard error of a
sixth of itself, and configurations that a search has found good differ by a twentieth. Whoever takes what is least
there takes what chance made small, mostly too few networks: equal weights were 3 % better on thousands of others, but
worse where one configuration was plainly poor (`tests/benchmarks/trainer/weighing.py`). So a measured difference counts
by its standard error, beside what was known before: a normal prior and a normal measurement (Gelman et al. 2013,
Bayesian Data Analysis, section 2.5), the prior as wide as the configurations are found to differ.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trainer.answering.calibration import SMALLEST, apply_temperature, fit_temperature

BY_CHANCE = 0.07
"""Share of one network's log loss that the average of endlessly many of its configuration does not have.

Twice what the average of two saves: 0.09 for the space's defaults trained on 1,600 real galaxies, 0.045 on 20,681
(tests/benchmarks/RESULTS.md, two networks in two sizes). One network each of several configurations saves no less.
"""
_APART = 0.05
"""Standard deviation of what an average saves around what is expected of it, as a share of the log loss: half as much
and twice as much are as good (tests/benchmarks/RESULTS.md)."""
_CONTRADICTED = 2.0
"""Standard errors from which on a measurement that lies so far from what is expected widens that: it was wrong."""


class Expecting:
    """What to expect of averages, by answers on images that the networks had not seen."""

    def __init__(
        self,
        true: npt.NDArray[np.int64],
        alone: Sequence[npt.NDArray[np.floating]],
        rows: npt.NDArray[np.int64] | None = None,
    ) -> None:
        """Take the classes, int64 (n,), n ≥ 1, of the images, and what each configuration answers alone, (n, classes).

        They are taken for as good as each other but for what they differ by here, beyond chance. ``rows``, (n,), are
        the numbers of the images where one may be there more than once, answered by other networks.
        """
        self._true = true
        _, self._image = np.unique(np.arange(len(true)) if rows is None else rows, return_inverse=True)
        each = np.stack([self._losses(one) for one in alone])
        self._alone = each.mean(axis=0)
        self._level = float(self._alone.mean())
        self._apart = (_APART * self._level) ** 2
        if len(each) > 1:
            by_chance = sum(_squared_error(one) for one in each - self._alone) / (len(each) - 1)
            self._apart += max(0.0, float(each.mean(axis=1).var(ddof=1)) - by_chance)

    def loss(self, average: npt.NDArray[np.floating], *, saved: float) -> float:
        """Return the mean log loss to expect of an average, (n, classes), calibrated by a temperature.

        ``saved`` is the share of a configuration's own log loss that such an average saves, as far as is known.
        """
        differences = self._losses(average) - self._alone
        measured, error = float(differences.mean()), _squared_error(differences)
        before = -saved * self._level
        apart = max(self._apart, (measured - before) ** 2 - _CONTRADICTED**2 * error)
        weight = apart / (apart + error) if error > 0 else 1.0
        return self._level + weight * measured + (1 - weight) * before

    def _losses(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return `log_losses`, averaged over the answers for an image: (images,)."""
        losses = log_losses(self._true, probabilities)
        return np.asarray(np.bincount(self._image, losses) / np.bincount(self._image), np.float64)


def log_losses(true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the log loss of each answer, (n,), once probabilities, (n, classes), are calibrated by a temperature."""
    calibrated = apply_temperature(probabilities, fit_temperature(true, probabilities))
    own = calibrated[np.arange(len(true)), true].astype(np.float64)
    return np.asarray(-np.log(np.maximum(own, SMALLEST)), np.float64)


def saved_by(shares: npt.ArrayLike) -> float:
    """Return the share of the log loss that an average saves whose parts, independent, have these shares of it."""
    return BY_CHANCE * (1 - float((np.asarray(shares, np.float64) ** 2).sum()))


def _squared_error(differences: npt.NDArray[np.float64]) -> float:
    """Return the square of the standard error of the mean of differences, (n,): infinite of a single one but 0."""
    if len(differences) > 1:
        return float(differences.var(ddof=1)) / len(differences)
    return float("inf") if differences.any() else 0.0
