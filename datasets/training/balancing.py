"""Balancing of the training rows, by index or by weight: pixels are never copied, no image is invented."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

BalanceKind = Literal["none", "undersample", "oversample", "weights"]


@dataclass(frozen=True)
class Balance:
    """How the rows of a training split are balanced.

    Attributes:
        kind: ``none`` keeps every row once; ``undersample`` leaves rows of frequent classes out; ``oversample`` takes
            rows of rare classes several times; ``weights`` keeps every row once and weighs its loss by its class.
        ratio: with ``undersample`` the most rows of a class as a multiple of the rarest class's, ≥ 1; with
            ``oversample`` the fewest as a fraction of the most frequent class's, above 0 to 1. At 1 all classes are
            equally frequent. Has no effect with the others.
        fresh: whether ``undersample`` and ``oversample`` choose anew for each epoch, so that in the long run every row
            is used; else one choice holds for the whole training.
        power: with ``weights`` a class weighs 1 / (its rows) ** power, 0–2: at 1 all classes have the same part in
            the loss (King & Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868), at 0.5 they are half way there.

    Raises ValueError where a field breaks its rule.
    """

    kind: BalanceKind = "none"
    ratio: float = 1.0
    fresh: bool = False
    power: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(BalanceKind):
            raise ValueError(f"balance.kind must be one of {', '.join(get_args(BalanceKind))}, got {self.kind!r}")
        if self.kind == "undersample" and not 1 <= self.ratio < float("inf"):
            raise ValueError(f"balance.ratio must be a number ≥ 1 to undersample, got {self.ratio}")
        if self.kind == "oversample" and not 0 < self.ratio <= 1:
            raise ValueError(f"balance.ratio must be above 0 and at most 1 to oversample, got {self.ratio}")
        if not 0 <= self.power <= 2:
            raise ValueError(f"balance.power must be 0 to 2, got {self.power}")

    @property
    def samples(self) -> bool:
        """Whether rows are left out or repeated."""
        return self.kind in ("undersample", "oversample")


def balanced_rows(
    rows: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], balance: Balance, *, seed: int
) -> npt.NDArray[np.int64]:
    """Choose the rows to train on, as many of each class as `balanced_counts` says.

    ``rows``, int64 (m,), are distinct, and ``labels``, int64 (m,), their classes; ``seed``, 0 to 2³² - 1, chooses those
    that stay or come again. Returns int64 (k,), ascending: ``undersample`` takes each row at most once, ``oversample``
    at least once.
    """
    if len(rows) != len(labels):
        raise ValueError(f"rows and labels must be of equal length, got {len(rows)} and {len(labels)}")
    wanted = balanced_counts(labels, balance)
    if not balance.samples or len(wanted) < 2:
        return np.sort(rows)
    # Imported here: who only describes a search must not wait for scikit-learn.
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.under_sampling import RandomUnderSampler

    sampling = RandomUnderSampler if balance.kind == "undersample" else RandomOverSampler
    sampler = sampling(sampling_strategy=wanted, random_state=seed)
    sampler.fit_resample(rows[:, np.newaxis], labels)
    return np.sort(rows[sampler.sample_indices_])


def balanced_counts(labels: npt.NDArray[np.int64], balance: Balance) -> dict[int, int]:
    """Return how many rows of each class present an epoch has, from the labels of the training rows: int64, (m,).

    ``undersample`` caps each class at ``round(ratio × rows of the rarest class present)``, ``oversample`` brings
    each to at least ``round(ratio × rows of the most frequent)``.
    """
    counts = {label: count for label, count in enumerate(np.bincount(labels).tolist()) if count}
    if balance.kind == "undersample" and counts:
        cap = round(balance.ratio * min(counts.values()))
        return {label: min(count, cap) for label, count in counts.items()}
    if balance.kind == "oversample" and counts:
        floor = round(balance.ratio * max(counts.values()))
        return {label: max(count, floor) for label, count in counts.items()}
    return counts


def class_weights(labels: npt.NDArray[np.int64], *, classes: int, power: float) -> npt.NDArray[np.float32]:
    """Weigh each class by its inverse frequency to the ``power``, so that the mean weight of the rows is 1.

    ``labels``, int64 (m,), are the classes of the training rows. At a ``power`` of 0 all rows weigh alike, at 1 all
    classes present have the same total. Returns float32, (classes,): 0 for a class without rows.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.zeros(classes)
    weights[present] = (counts[present] / counts.max()) ** -power
    return np.asarray(weights * (counts.sum() / (weights @ counts)), np.float32)
