"""The log loss to expect of an average of networks: what few images say of it, drawn towards what such averages save.

On 50 images that no network had seen, the log loss of one configuration beside another's has a standard error of a
sixth of itself, and configurations that a search has found good differ by a twentieth. Whoever takes what is least
there takes what chance made small, mostly too few networks: equal weights were 3 % better on thousands of others, and
what is expected here all but as good (`tests/benchmarks/trainer/weighing.py`). So a measured difference counts by its
standard error, beside what was known before: a normal prior and a normal measurement (Gelman et al. 2013, Bayesian Data
Analysis, section 2.5).
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


class Expecting:
    """What to expect of averages, by answers on images that the networks had not seen."""

    def __init__(self, true: npt.NDArray[np.int64], alone: Sequence[npt.NDArray[np.floating]]) -> None:
        """Take the classes, int64 (n,), n ≥ 1, of the images, and what each configuration answers, (n, classes).

        That is of one network with one view of an image. All configurations are taken for equally good before.
        """
        self._true = true
        self._alone = np.mean([_losses(true, each) for each in alone], axis=0)
        self._level = float(self._alone.mean())

    def loss(self, average: npt.NDArray[np.floating], *, saved: float) -> float:
        """Return the mean log loss to expect of an average, (n, classes), calibrated by a temperature.

        ``saved`` is the share of a configuration's own log loss that such an average saves, as far as is known.
        """
        differences = _losses(self._true, average) - self._alone
        measured, error = float(differences.mean()), float(differences.var()) / len(differences)
        before, apart = -saved * self._level, (_APART * self._level) ** 2
        weight = apart / (apart + error) if error > 0 else 1.0
        return self._level + weight * measured + (1 - weight) * before


def saved_by(shares: npt.ArrayLike) -> float:
    """Return the share of the log loss that an average saves whose parts, independent, have these shares of it."""
    return BY_CHANCE * (1 - float((np.asarray(shares, np.float64) ** 2).sum()))


def _losses(true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the log loss of each image once the probabilities, (n, classes), are calibrated by a temperature."""
    calibrated = apply_temperature(probabilities, fit_temperature(true, probabilities))
    own = calibrated[np.arange(len(true)), true]
    return np.asarray(-np.log(np.maximum(own, SMALLEST)), np.float64)
