"""When a model may say that it is sure: only where it is right as often as was asked for.

Selective classification with guaranteed risk, Geifman & El-Yaniv 2017 (arXiv:1705.08500), algorithm 1: of the answers
above a confidence, the share of wrong ones is promised to be at most what was asked for, with a probability of 95 %
over the choice of validation images.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

MAX_ERROR = 0.02
"""The error rate among sure answers where none is asked for."""
_DELTA = 0.05
"""How often the promise may fail."""


@dataclass(frozen=True)
class Answers:
    """How validation images were answered: ``confidence``, float32 (n,), and whether ``right``, bool (n,).

    The confidence is the calibrated probability of the class decided for.
    """

    confidence: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, true: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32], decided: npt.NDArray[np.int64]
    ) -> "Answers":
        """Take the decisions, (n,), on probabilities, (n, classes), of images whose classes, (n,), are known."""
        return cls(probabilities[np.arange(len(true)), decided].astype(np.float32), decided == true)

    def without(self, left_out: npt.NDArray[np.bool_]) -> "Answers":
        """Return the answers but those to be left out, bool (n,)."""
        return Answers(self.confidence[~left_out], self.right[~left_out])

    def threshold(self, max_error: float) -> float | None:
        """Return the confidence above which at most ``max_error`` (0–1) of the answers are wrong.

        The lowest that the search of algorithm 1 finds; None where nothing can be promised by so few images.
        """
        order = np.argsort(self.confidence, kind="stable")
        confidence, right = self.confidence[order], self.right[order]
        low, high, threshold = 0, len(order) - 1, None
        tries = int(np.ceil(np.log2(max(len(order), 2)))) + 1
        for _ in range(tries):
            if low > high:
                break
            middle = (low + high) // 2
            first = int(np.searchsorted(confidence, confidence[middle]))
            if _error_bound(right[first:], _DELTA / tries) <= max_error:
                threshold, high = float(confidence[middle]), first - 1
            else:
                low = middle + 1
        return threshold


def _error_bound(right: npt.NDArray[np.bool_], delta: float) -> float:
    """Return the error rate that is exceeded with probability ``delta`` at most (Clopper & Pearson's bound)."""
    wrong = int((~right).sum())
    return 1.0 if wrong == len(right) else float(beta.ppf(1 - delta, wrong + 1, len(right) - wrong))
