"""Macro F1 from counts, of many sets of answers at once."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]
"""Float64 (…, 3, classes): images of each class that were named rightly, that there are, and that were named so."""
HITS, SUPPORT, NAMED = range(3)


def count(true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64], classes: int) -> Counts:
    """Count answers, int64 (n,), on images whose class numbers are ``true``, (n,): (3, classes)."""
    numbers = (true[true == decided], true, decided)
    return np.stack([np.bincount(each, minlength=classes) for each in numbers]).astype(np.float64)


def count_confusion(matrices: npt.NDArray[np.floating]) -> Counts:
    """Count from confusion matrices, (…, classes, classes) with true classes in rows: (…, 3, classes)."""
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    return np.stack([hits, matrices.sum(axis=-1), matrices.sum(axis=-2)], axis=-2).astype(np.float64)


def macro_f1(counts: Counts) -> npt.NDArray[np.float64]:
    """Return the mean F1 over the classes that images are of, float64 (…); 0 where there is no image."""
    present = counts[..., SUPPORT, :] > 0
    return np.asarray((f1(counts) * present).sum(axis=-1) / np.maximum(present.sum(axis=-1), 1))


def f1(counts: Counts) -> npt.NDArray[np.float64]:
    """Return the F1 of each class, float64 (…, classes); 0 where no image is of it."""
    hits, support, named = (counts[..., row, :] for row in (HITS, SUPPORT, NAMED))
    return np.asarray(2 * hits / np.maximum(support + named, 1e-9), np.float64)
