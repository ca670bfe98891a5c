"""Batches of a dataset for a network, the same ones whenever an epoch is asked for again."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from datasets.augmentation import Augmentation, augment
from datasets.balancing import Balance, balanced_rows
from datasets.dataset import Dataset
from datasets.errors import DatasetError
from datasets.splits import Split

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
"""Images float32 (b, height, width, 3) in 0–1, and labels int64 (b,)."""


@dataclass(frozen=True, eq=False)
class Batches:
    """Rows of a dataset, a batch at a time. Make one with ``training_batches`` or ``plain_batches``.

    Order and augmentation of an epoch depend on ``seed`` and the epoch's number alone: a training that is continued
    sees what it would have seen without the interruption.

    Attributes:
        dataset: where the images are.
        rows: int64, (n,): the rows of an epoch, before any is dropped.
        batch_size: rows in a batch, ≥ 1.
        shuffled: whether each epoch has an order of its own, else the order of ``rows``.
        whole_only: whether a last batch of fewer rows is dropped, unless it is the only one.
        augmentation: how images are varied.
        seed: of order and augmentation, ≥ 0.
    """

    dataset: Dataset
    rows: npt.NDArray[np.int64] = field(repr=False)
    batch_size: int
    shuffled: bool = False
    whole_only: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be ≥ 1, got {self.batch_size}")

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return -(-self.rows_per_epoch // self.batch_size)

    @property
    def rows_per_epoch(self) -> int:
        """Number of rows that an epoch delivers."""
        whole = len(self.rows) // self.batch_size * self.batch_size
        return whole if self.whole_only and whole else len(self.rows)

    def epoch(self, number: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, ≥ 0. The arrays are the caller's own."""
        generator = np.random.default_rng([self.seed, number])
        order = generator.permutation(self.rows) if self.shuffled else self.rows
        for start in range(0, self.rows_per_epoch, self.batch_size):
            rows = order[start : min(start + self.batch_size, self.rows_per_epoch)]
            images = self.dataset.take(rows)
            if not self.augmentation.is_identity:
                images = augment(images, self.augmentation, generator=generator)
            yield as_floats(images), self.dataset.labels[rows]


def as_floats(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Scale pixels 0–255 to float32 in 0–1, as every network here gets them."""
    scaled: npt.NDArray[np.float32] = np.divide(images, np.float32(255), dtype=np.float32)
    return scaled


def training_batches(
    dataset: Dataset,
    *,
    batch_size: int,
    balance: Balance | None = None,
    augmentation: Augmentation | None = None,
    seed: int,
) -> Batches:
    """Batches of the training split: balanced once, and each epoch shuffled and augmented anew.

    A last batch of fewer rows is dropped, unless it is the only one. ``balance`` and ``augmentation`` default to none.
    Raises DatasetError where the dataset has no training rows.
    """
    rows = dataset.rows(Split.TRAIN)
    if not len(rows):
        raise DatasetError(
            f"'{dataset.info.path}' has no training images: import it with validation and test shares that leave some"
        )
    chosen = balanced_rows(rows, dataset.labels[rows], balance or Balance(), seed=seed)
    return Batches(
        dataset,
        chosen,
        batch_size,
        shuffled=True,
        whole_only=True,
        augmentation=augmentation or Augmentation(),
        seed=seed,
    )


def plain_batches(dataset: Dataset, rows: npt.NDArray[np.int64], *, batch_size: int) -> Batches:
    """Batches of the given rows as they are and in their order, the last one with what is left."""
    return Batches(dataset, rows, batch_size)
