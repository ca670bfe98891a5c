"""From probabilities to a class: the most probable one, or one that the rare classes have a fair chance to be.

``accuracy`` decides for the most probable class, which is right most often and seldom names a rare class. The others
multiply each probability by a factor first, (share of the class)⁻ᵗ, as logit adjustment does (Menon et al. 2021,
arXiv:2007.07314, section 4.1); t is chosen on validation images. ``balanced`` takes what gives the highest balanced
accuracy for at most a point of accuracy. ``objective`` takes what is expected to be best by the search's objective, so
that networks are compared at what each can do, not by where their thresholds happen to be.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split
from trainer.answering.calibration import fit_calibration, fit_temperature, log_probabilities
from trainer.answering.expected import Gain, best_exponent, f1, rarity, recall
from trainer.objective import Objective

_EXPONENTS = np.linspace(0.0, 1.5, 61)
_PRICE = 0.01
"""How much accuracy a fair chance for rare classes may cost."""
_FOLDS = 5
_GAINS: Mapping[str, Gain] = {
    "val_macro_f1": f1,
    "val_macro_f1_decided": f1,
    "val_macro_f1_soft": f1,
    "val_macro_f1_steady": f1,
    "val_macro_recall": recall,
    "val_balanced_accuracy": recall,
}
"""Objectives, to be maximised, that have a rule."""


class Decide(StrEnum):
    """An operating point."""

    ACCURACY = "accuracy"
    BALANCED = "balanced"
    OBJECTIVE = "objective"


@dataclass(frozen=True)
class Decision:
    """How to decide: by the largest of the probabilities, calibrated by ``temperature``, times ``factors`` by class."""

    temperature: float
    factors: dict[str, float]


def training_shares(dataset: Dataset) -> npt.NDArray[np.float64]:
    """Return the share of each class among the training rows as they are, before balancing: float64, (classes,)."""
    counts = np.bincount(dataset.labels[dataset.rows(Split.TRAIN)], minlength=len(dataset.classes))
    return np.asarray(counts / max(counts.sum(), 1), np.float64)


def folds_of(ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the fold, 0–4, of each image by its id, the same wherever it is: int64, (n,)."""
    digests = (hashlib.sha256(one.encode("utf-8", "backslashreplace")).digest() for one in ids)
    return np.array([int.from_bytes(digest[:8], "big") % _FOLDS for digest in digests], np.int64)


def decided_across_folds(
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
    *,
    folds: npt.NDArray[np.int64],
    shares: npt.NDArray[np.float64],
    gain: Gain | None = f1,
) -> npt.NDArray[np.int64]:
    """Return the class numbers decided for, int64 (n,), each fold by the rule for ``gain`` fitted on the others.

    So no image has a part in how it is decided about, and scores of all of them say how good network and rule are.

    Args:
        true: int64, (n,): class numbers.
        probabilities: (n, classes), not calibrated.
        folds: int64, (n,): see `folds_of`. Where there is but one, the most probable classes are decided for.
        shares: float64, (classes,): see `training_shares`.
        gain: What the rule is best at, macro F1 unless another is given: see `gain_of`. None: there is no rule, and the
            most probable classes are decided for.
    """
    if gain is None:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    logs, rare = log_probabilities(probabilities), rarity(shares)
    scored = np.bincount(true, minlength=len(rare)) > 0
    decisions = np.empty(len(true), np.int64)
    for fold in np.unique(folds):
        within = folds == fold
        exponent = _exponent(true[~within], logs[~within], rare, scored, gain)
        decisions[within] = (logs[within] + exponent * rare).argmax(axis=1)
    return decisions


def gain_of(objective: Objective | None) -> Gain | None:
    """Return what the rule of an objective is best at; None where it has no rule, and accuracy decides."""
    return None if objective is None or objective.direction != "max" else _GAINS.get(objective.name)


def fit_decision(
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
    *,
    shares: npt.NDArray[np.float64],
    classes: Sequence[str],
    objective: Objective | None,
) -> Decision:
    """Return how to decide where ``objective`` is to be as good as can be.

    ``true``, int64 (n,), n ≥ 1, are the classes of ``probabilities``, (n, classes), not calibrated; ``shares`` as in
    `decided_across_folds`. An objective that has no rule decides for the most probable class: all factors are 1.
    """
    temperature = fit_temperature(true, probabilities)
    gain = gain_of(objective)
    rare = rarity(shares)
    exponent = 0.0
    if gain is not None:
        scored = np.bincount(true, minlength=len(rare)) > 0
        exponent = _exponent(true, log_probabilities(probabilities), rare, scored, gain)
    factors = np.exp(exponent / temperature * rare)
    return Decision(temperature, dict(zip(classes, map(float, factors), strict=True)))


def fit_factors(
    true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating], classes: tuple[str, ...]
) -> dict[str, float]:
    """Return each class's factor for `Decide.BALANCED`, the most frequent class's being 1.

    The one exponent that all share is the smallest that gives the highest balanced accuracy on the given images, of
    those that cost at most a point of accuracy. ``true`` is int64, (n,), n ≥ 1; ``probabilities`` are calibrated,
    (n, classes).
    """
    counts = np.maximum(np.bincount(true, minlength=len(classes)), 1)
    present = np.unique(true)
    right = [(probabilities * _factors(counts, exponent)).argmax(axis=1) == true for exponent in _EXPONENTS]
    accuracy = np.array([each.mean() for each in right])
    balanced = np.array([np.mean([each[true == label].mean() for label in present]) for each in right])
    best = int(np.where(accuracy >= accuracy.max() - _PRICE, balanced, 0).argmax())
    return dict(zip(classes, map(float, _factors(counts, _EXPONENTS[best])), strict=True))


def decided(
    probabilities: npt.NDArray[np.floating], classes: tuple[str, ...], factors: Mapping[str, float], decide: Decide
) -> npt.NDArray[np.int64]:
    """Return the number, int64 (n,), of the class decided for from calibrated probabilities, (n, classes).

    ``factors`` are those of ``decide``; for accuracy there are none, whatever is given.
    """
    if decide != Decide.ACCURACY:
        probabilities = probabilities * np.array([factors.get(name, 1.0) for name in classes])
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def _exponent(
    true: npt.NDArray[np.int64],
    logs: npt.NDArray[np.float64],
    rare: npt.NDArray[np.float64],
    scored: npt.NDArray[np.bool_],
    gain: Gain,
) -> float:
    if len(true) == 0:
        return 0.0
    return best_exponent(logs, rare, calibration=fit_calibration(true, logs, rare), scored=scored, gain=gain)


def _factors(counts: npt.NDArray[np.int64], exponent: float) -> npt.NDArray[np.float64]:
    return np.asarray((counts.max() / counts) ** exponent, np.float64)
