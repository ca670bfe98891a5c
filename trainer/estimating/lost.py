"""Classes that are hardly ever found, which a mean over many classes or images hides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.estimating.macro_f1 import HITS, SUPPORT, Counts, count_confusion

_RECALL, _RULED_OUT = 0.1, 0.5
"""A class is lost where its recall is so low and, on so few images as there are, a recall of a half is ruled out."""
_Z = 1.96


@dataclass(frozen=True)
class LostClass:
    """A class that is hardly ever found: its ``recall``, 0–1, on so many ``images`` of it."""

    name: str
    recall: float
    images: int


def is_lost(recall: float, images: int) -> bool:
    """Say whether a class is hardly ever found: recall of at most 0.1, on 4 images or more."""
    return recall <= _RECALL and float(_upper(np.array(recall), np.array(images))) < _RULED_OUT


def lost_classes(matrix: npt.ArrayLike, classes: Sequence[str]) -> tuple[LostClass, ...]:
    """Return the classes that are hardly ever found, as a confusion matrix, (classes, classes), rows true, shows."""
    seen = count_confusion(np.asarray(matrix, np.float64))
    found = zip(classes, _recalls(seen).tolist(), seen[SUPPORT].astype(int).tolist(), strict=True)
    return tuple(LostClass(name, recall, images) for name, recall, images in found if is_lost(recall, images))


def worst_found(counts: Counts) -> tuple[int, float]:
    """Return the number of the class that is most surely found least, and its recall.

    By the upper end of recall's interval, so that of two that were never found it is the one of more images. ``counts``
    are (3, classes), of one image or more.
    """
    recalls = _recalls(counts)
    worst = int(np.where(counts[SUPPORT] > 0, _upper(recalls, counts[SUPPORT]), np.inf).argmin())
    return worst, float(recalls[worst])


def _recalls(counts: Counts) -> npt.NDArray[np.float64]:
    return np.asarray(counts[HITS] / np.maximum(counts[SUPPORT], 1), np.float64)


def _upper(share: npt.NDArray[np.float64], count: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the upper end of Wilson's 95 % interval (1927) of shares of so many."""
    n = np.maximum(count, 1e-9)
    spread = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.asarray((share + _Z**2 / (2 * n) + spread) / (1 + _Z**2 / n), np.float64)
