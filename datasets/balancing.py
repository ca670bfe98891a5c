"""Balancing of the training rows, by index: pixels are never copied, no row is invented."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Kind = Literal["none", "undersample"]


@dataclass(frozen=True)
class Balance:
    """How the rows of a training split are balanced.

    Attributes:
        kind: ``none`` keeps every row; ``undersample`` caps each class.
        ratio: the cap of a class as a multiple of the rarest class, ≥ 1: at 1 all classes are equally frequent. Has no
            effect with ``none``.

    Raises:
        ValueError: a field breaks its rule.
    """

    kind: Kind = "none"
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"balance.kind must be one of {', '.join(get_args(Kind))}, got {self.kind!r}")
        if not 1 <= self.ratio < float("inf"):
            raise ValueError(f"balance.ratio must be a number ≥ 1, got {self.ratio}")


def balanced_rows(
    rows: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], balance: Balance, *, seed: int
) -> npt.NDArray[np.int64]:
    """Choose the rows to train on.

    Args:
        rows: int64, (m,): distinct rows.
        labels: int64, (m,): ``labels[i]`` is the class of ``rows[i]``.
        balance: undersampling caps each class at ``round(ratio × rows of the rarest class present)``.
        seed: chooses the rows that stay, 0 to 2³² - 1.

    Returns:
        int64, (k,), k ≤ m: some of ``rows``, each once, in ascending order.
    """
    if len(rows) != len(labels):
        raise ValueError(f"rows and labels must be of equal length, got {len(rows)} and {len(labels)}")
    counts = {label: count for label, count in enumerate(np.bincount(labels).tolist()) if count} if len(rows) else {}
    if balance.kind == "none" or len(counts) < 2:
        return np.sort(rows)
    cap = round(balance.ratio * min(counts.values()))
    # Imported here: who only describes a search must not wait for scikit-learn.
    from imblearn.under_sampling import RandomUnderSampler

    sampler = RandomUnderSampler(
        sampling_strategy={label: min(count, cap) for label, count in counts.items()}, random_state=seed
    )
    sampler.fit_resample(rows[:, np.newaxis], labels)
    chosen: npt.NDArray[np.int64] = np.sort(rows[sampler.sample_indices_])
    return chosen
