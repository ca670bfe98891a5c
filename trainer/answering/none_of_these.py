"""Galaxies that belong to none of the classes, told by a model's probabilities.

A classifier has an answer for every galaxy, and is often sure of one that belongs to no class. Shown some such, what
tells them from validation images is learnt: a logistic regression on the logarithms of the calibrated probabilities. It
needs nothing else, so it is there for any model, and in any program that its export runs in. Nothing that was tried was
better: other scores, training networks beside such galaxies, a classifier on their features
(`tests/benchmarks/RESULTS.md`).

Limits are set on validation images, each scored by a regression that was fitted without it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FALSE_ALARMS = 0.05
"""Share of validation images, of each class that is the most probable one, that are taken for none of the classes: one
limit for all would let 12 % of the spirals through, as galaxies of no class look like these."""
FEWEST = 20
"""Validation images, and galaxies of no class, that are needed to learn anything."""
FLOOR = 1e-6
"""Probabilities below are taken as this: no network means more by less."""
NO_LIMIT = 1e9
"""The limit of a class that is named too seldom for one: finite, as exported graphs multiply limits by 0."""
_STRENGTH = 1.0
"""Inverse of the regression's penalty, of standardised logarithms."""
_FOLDS, _REPEATS = 10, 5


@dataclass(frozen=True)
class NoneOfThese:
    """What tells galaxies of no class.

    Attributes:
        weights: float64, (classes,): of the logarithm of each probability.
        limits: float64, (classes,): of the weighted sum, by the most probable class; where that is
            `NO_LIMIT` no image is taken for such.
    """

    weights: Floats
    limits: Floats

    def of(self, probabilities: npt.NDArray[np.floating]) -> Floats:
        """Return how likely images are of no class, by calibrated probabilities, (n, classes): float64 (n,), ≥ 0.

        It is the odds of being of none, as a multiple of those at the limit: above 1 they are taken for such.
        """
        scores = _logarithms(probabilities) @ self.weights
        return np.asarray(np.exp(scores - self.limits[probabilities.argmax(axis=1)]), np.float64)


@dataclass(frozen=True)
class Learnt:
    """What was learnt, and how each image was judged by a regression that was fitted without it.

    ``known``, float64 (n,), are values as of `NoneOfThese.of` of the images that it was learnt from, ``none``, (m,), of
    the galaxies of no class.
    """

    rule: NoneOfThese
    known: Floats
    none: Floats


def learn_none(
    known: npt.NDArray[np.floating],
    none: npt.NDArray[np.floating],
    *,
    known_groups: npt.NDArray[np.int64],
    none_groups: npt.NDArray[np.int64],
    seed: int,
) -> Learnt | None:
    """Learn what tells galaxies of no class from others; None where there are fewer than `FEWEST` of either.

    Args:
        known: Calibrated probabilities, (n, classes), of images of the classes that no network was trained on that
            answered.
        none: The same, (m, classes), of galaxies of no class.
        known_groups: int64, (n,), equal for answers on the same image, as different networks give them.
        none_groups: int64, (m,), likewise.
    """
    if min(len(np.unique(known_groups)), len(np.unique(none_groups))) < FEWEST:
        return None
    generator, logs = np.random.default_rng(seed), (_logarithms(known), _logarithms(none))
    scores = np.zeros(len(known)), np.zeros(len(none))
    for _ in range(_REPEATS):
        parts = _folds(known_groups, generator), _folds(none_groups, generator)
        for fold in range(_FOLDS):
            weights = _fit(logs[0][parts[0] != fold], logs[1][parts[1] != fold])
            for score, of_kind, part in zip(scores, logs, parts, strict=True):
                score[part == fold] += of_kind[part == fold] @ weights / _REPEATS
    named, supposed = known.argmax(axis=1), none.argmax(axis=1)
    limits = _limits(scores[0], named, known.shape[1])
    rule = NoneOfThese(_fit(*logs), limits)
    return Learnt(rule, np.exp(scores[0] - limits[named]), np.exp(scores[1] - limits[supposed]))


def _logarithms(probabilities: npt.NDArray[np.floating]) -> Floats:
    return np.log(np.maximum(probabilities.astype(np.float64), FLOOR))


def _folds(groups: npt.NDArray[np.int64], generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """Deal groups to folds, in which all of a group's answers are: int64, (n,)."""
    names, numbers = np.unique(groups, return_inverse=True)
    return np.asarray((generator.permutation(len(names)) % _FOLDS)[numbers], np.int64)


def _fit(known: Floats, none: Floats) -> Floats:
    """Return the weights of logarithms, (n, classes) and (m, classes), both kinds counting the same: (classes,)."""
    from sklearn.linear_model import LogisticRegression

    both = np.concatenate([known, none])
    scale = np.maximum(both.std(axis=0), FLOOR)
    regression = LogisticRegression(C=_STRENGTH, class_weight="balanced", solver="newton-cholesky")
    regression.fit(both / scale, np.repeat([0, 1], [len(known), len(none)]))
    return np.asarray(regression.coef_[0] / scale, np.float64)


def _limits(scores: Floats, named: npt.NDArray[np.int64], classes: int) -> Floats:
    """Return the limit of each class, (classes,): what at most `FALSE_ALARMS` of new scores of it exceed.

    It is the ⌈(n + 1)(1 − FALSE_ALARMS)⌉-th smallest of the n scores, (n,), of the class (the quantile of conformal
    prediction within each class, Vovk 2012, arXiv:1209.2673). Where n is below 19 it is the largest, which one of n + 1
    new images exceeds; where that is more than twice `FALSE_ALARMS`, as half of them are where n is 1, there is none.
    """
    limits = np.full(classes, NO_LIMIT)
    for number in np.unique(named):
        of_class = np.sort(scores[named == number])
        rank = int(np.ceil((len(of_class) + 1) * (1 - FALSE_ALARMS)))
        if 1 / (len(of_class) + 1) <= 2 * FALSE_ALARMS:
            limits[number] = of_class[min(rank, len(of_class)) - 1]
    return limits
