"""How good predictions are: accuracy, macro and per-class scores, confusion matrix, calibration error."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017 (arXiv:1706.04599)."""


@dataclass(frozen=True)
class ClassScore:
    """One class: fractions 0–1 and the number of its images. Recall and F1 are None where it has no image."""

    precision: float
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class Confusion:
    """``count`` images of the class ``true`` that were taken for ``predicted``, and which ``share`` of it that is."""

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class ReliabilityBin:
    """Images whose highest probability is above ``low`` and at most ``high``; the means are None where there is none.

    ``confidence`` is the mean of that probability, ``accuracy`` the share of images where its class is the true one.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Scores:
    """The scores of predictions; fractions 0–1.

    Attributes:
        count: Images.
        accuracy: Fraction whose most probable class is the true one.
        balanced_accuracy: Mean recall over the classes present.
        macro: ``precision``, ``recall``, ``f1``: means over the classes present, each class counting the same.
        per_class: One a class, in the order of ``classes``.
        confusion_matrix: (classes, classes) counts; rows true, columns predicted.
        classes: The names.
        ece: Expected calibration error.
        reliability: The bins of which it is the mean gap, by the most probable class.
        macro_f1_interval: The 95 % interval of macro F1, low and high; None where nobody asked for it (see
            `trainer.estimating.interval.with_interval`).
    """

    count: int
    accuracy: float
    balanced_accuracy: float
    macro: dict[str, float]
    per_class: dict[str, ClassScore]
    confusion_matrix: tuple[tuple[int, ...], ...]
    classes: tuple[str, ...]
    ece: float
    reliability: tuple[ReliabilityBin, ...] = ()
    macro_f1_interval: tuple[float, float] | None = None

    def main(self) -> dict[str, float]:
        """Return the scores that are one number each, by the names that metrics of an epoch have after ``val_``."""
        return {
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            **{f"macro_{name}": value for name, value in self.macro.items()},
            "ece": self.ece,
        }

    def confusions(self) -> list[Confusion]:
        """Return the pairs of classes that were confused at all, the most frequent first, equals in class order."""
        pairs = [
            Confusion(true, predicted, count, count / sum(counts))
            for true, counts in zip(self.classes, self.confusion_matrix, strict=True)
            for predicted, count in zip(self.classes, counts, strict=True)
            if count and predicted != true
        ]
        return sorted(pairs, key=lambda pair: -pair.count)

    def as_json(self) -> dict[str, Any]:
        """Return the scores as JSON-ready values, named as `galaxy evaluate --json` prints them."""
        document: dict[str, Any] = json.loads(json.dumps(asdict(self)))  # which makes lists of tuples
        return document


def score_predictions(
    true: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
    classes: tuple[str, ...],
    *,
    decided: npt.NDArray[np.int64] | None = None,
) -> Scores:
    """Score probabilities, (n, classes), against true class numbers, (n,) with n ≥ 1.

    ``decided``, (n,), are the class numbers decided for, the most probable ones by default; `ece` is of the latter.
    Ties go to the class that comes first. A class that is never predicted has precision 0. A class without an image in
    ``true`` has no recall and no F1 and is left out of the means over classes.
    """
    if len(true) == 0 or probabilities.shape != (len(true), len(classes)):
        raise ValueError(
            f"probabilities of shape ({len(true)}, {len(classes)}) with at least one row are needed, "
            f"but got {probabilities.shape}"
        )
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    labels = np.arange(len(classes))
    predicted = probabilities.argmax(axis=1) if decided is None else decided
    precision, recall, f1, _ = precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)
    support = np.bincount(true, minlength=len(classes))  # scikit-learn counts in floats where no answer is right
    present = support > 0
    scored = {"precision": precision, "recall": recall, "f1": f1}
    macro = {name: float(values[present].mean()) for name, values in scored.items()}
    each = zip(classes, precision.tolist(), recall.tolist(), f1.tolist(), support.tolist(), strict=True)
    return Scores(
        count=len(true),
        accuracy=float((predicted == true).mean()),
        balanced_accuracy=macro["recall"],
        macro=macro,
        per_class={
            name: ClassScore(named_rightly, hits if images else None, mean if images else None, images)
            for name, named_rightly, hits, mean, images in each
        },
        confusion_matrix=tuple(map(tuple, confusion_matrix(true, predicted, labels=labels).tolist())),
        classes=classes,
        ece=expected_calibration_error(true, probabilities),
        reliability=reliability_bins(true, probabilities),
    )


def parse_scores(document: object) -> Scores | None:
    """Read scores that `Scores.as_json` wrote; None where they lack what makes a table of them, as older ones may."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Scores).validate_python(document)
    except ValidationError:
        return None


def expected_calibration_error(true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]) -> float:
    """Return the mean distance, 0–1, between how sure and how often right the predictions are.

    Guo et al. 2017 (arXiv:1706.04599), equation 3: 15 bins of equal width over the highest probability.
    """
    gaps = [
        abs(one.accuracy - one.confidence) * one.count
        for one in reliability_bins(true, probabilities)
        if one.accuracy is not None and one.confidence is not None
    ]
    return float(sum(gaps) / len(true))


def reliability_bins(
    true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating]
) -> tuple[ReliabilityBin, ...]:
    """Return the 15 bins of the calibration error, lowest first."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == true
    bins = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    weights = (None, confidence, right)  # counts, and sums of each
    sums = [np.bincount(bins, weights=values, minlength=_BINS).tolist() for values in weights]
    return tuple(
        ReliabilityBin(
            low=number / _BINS,
            high=(number + 1) / _BINS,
            count=count,
            confidence=sure / count if count else None,
            accuracy=correct / count if count else None,
        )
        for number, (count, sure, correct) in enumerate(zip(*sums, strict=True))
    )


def wilson_interval(successes: int, count: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval (1927) of a share, 0–1; None where nothing was counted."""
    if count == 0:
        return None
    from scipy.stats import binomtest

    interval = binomtest(successes, count).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def share_with_interval(successes: int, count: int) -> str:
    """Write a share with Wilson's interval, ``95.0 % (91.0 to 97.3)``; an en dash where nothing was counted."""
    interval = wilson_interval(successes, count)
    if interval is None:
        return "–"
    low, high = interval
    return f"{100 * successes / count:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
