"""Batches of a dataset for a network, the same ones whenever an epoch is asked for again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from datasets.arrow.dataset import Dataset
from datasets.errors import DatasetError
from datasets.splits import Split
from datasets.training.augmentation import Augmentation
from datasets.training.augmenting import augment
from datasets.training.balancing import Balance, balanced_counts, balanced_rows, class_weights
from datasets.training.mixup import mix_up

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
"""Images float32 (b, height, width, 3) in 0–1, and labels int64 (b,)."""
MixedBatch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Images float32 (b, height, width, 3) in 0–1, and targets float32 (b, classes), whose rows add up to 1."""

# Besides (seed, epoch), which order and augmentation come from; of its own, so that one does not shift the other.
_ROWS, _MIXUP = 1, 2


@dataclass(frozen=True, eq=False)
class Batches:
    """Rows of a dataset, a batch at a time. Make one with ``training_batches`` or ``plain_batches``.

    Rows, order, augmentation and mixup of an epoch depend on ``seed`` and the epoch's number alone: a training that is
    continued sees what it would have seen without the interruption. Every epoch has the same number of rows.

    Attributes:
        dataset: where the images are.
        rows: int64, (n,): the rows of an epoch, before any is dropped; with ``fresh`` those it is chosen from.
        batch_size: rows in a batch, ≥ 1.
        shuffled: whether each epoch has an order of its own, else the order of ``rows``.
        whole_only: whether a last batch of fewer rows is dropped, unless it is the only one.
        augmentation: how images are varied.
        fresh: how each epoch's rows are chosen anew; None takes ``rows``.
        class_weights: float32, (classes,): what a row's loss is to be multiplied by; None weighs all alike.
        mixup: concentration of ``mixed_epoch``, ≥ 0; at 0 it mixes nothing.
        seed: of all chance, ≥ 0.
    """

    dataset: Dataset
    rows: npt.NDArray[np.int64] = field(repr=False)
    batch_size: int
    shuffled: bool = False
    whole_only: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    fresh: Balance | None = None
    class_weights: npt.NDArray[np.float32] | None = None
    mixup: float = 0.0
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
        whole = self._chosen_rows // self.batch_size * self.batch_size
        return whole if self.whole_only and whole else self._chosen_rows

    def epoch(self, number: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, ≥ 0. The arrays are the caller's own."""
        generator = np.random.default_rng([self.seed, number])
        chosen = self._rows_of(number)
        order = (generator.permutation(chosen) if self.shuffled else chosen)[: self.rows_per_epoch]
        self.dataset.request(order[: self.batch_size])
        for start in range(0, len(order), self.batch_size):
            end = start + self.batch_size
            self.dataset.request(order[end : end + self.batch_size])  # the disk works while this batch is made
            rows = order[start:end]
            images = self.dataset.take(rows)
            if not self.augmentation.is_identity:
                images = augment(images, self.augmentation, generator=generator)
            yield as_floats(images), self.dataset.labels[rows]

    def mixed_epoch(self, number: int = 0) -> Iterator[MixedBatch]:
        """Yield the batches of an epoch, ≥ 0, with labels as targets and images blended in pairs: see ``mix_up``."""
        generator = np.random.default_rng([self.seed, number, _MIXUP])
        classes = len(self.dataset.classes)
        for images, labels in self.epoch(number):
            if self.mixup:
                yield mix_up(images, labels, concentration=self.mixup, classes=classes, generator=generator)
            else:
                yield images, np.eye(classes, dtype=np.float32)[labels]

    @cached_property
    def _chosen_rows(self) -> int:
        """Number of rows of an epoch before any is dropped."""
        if self.fresh is None:
            return len(self.rows)
        return sum(balanced_counts(self.dataset.labels[self.rows], self.fresh).values())

    def _rows_of(self, number: int) -> npt.NDArray[np.int64]:
        if self.fresh is None:
            return self.rows
        (seed,) = np.random.SeedSequence([self.seed, number, _ROWS]).generate_state(1)
        return balanced_rows(self.rows, self.dataset.labels[self.rows], self.fresh, seed=int(seed))


def as_floats(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Scale pixels 0–255 to float32 in 0–1, as every network here gets them."""
    return np.divide(images, np.float32(255), dtype=np.float32)


def training_batches(
    dataset: Dataset,
    *,
    batch_size: int,
    balance: Balance | None = None,
    augmentation: Augmentation | None = None,
    mixup: float = 0.0,
    seed: int,
) -> Batches:
    """Batches of the training split: balanced, and each epoch shuffled and augmented anew.

    A last batch of fewer rows is dropped, unless it is the only one. ``balance`` and ``augmentation`` default to none.
    Raises DatasetError where the dataset has no training rows.
    """
    rows = dataset.rows(Split.TRAIN)
    if not len(rows):
        raise DatasetError(
            f"'{dataset.info.path}' has no training images: import it with validation and test shares that leave some"
        )
    labels, chosen = dataset.labels[rows], balance or Balance()
    fresh = chosen if chosen.samples and chosen.fresh else None
    weighted = chosen.kind == "weights"
    return Batches(
        dataset,
        rows if fresh else balanced_rows(rows, labels, chosen, seed=seed),
        batch_size,
        shuffled=True,
        whole_only=True,
        augmentation=augmentation or Augmentation(),
        fresh=fresh,
        class_weights=class_weights(labels, classes=len(dataset.classes), power=chosen.power) if weighted else None,
        mixup=mixup,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class UnlabelledBatches:
    """Some of a dataset's galaxies of no class, a batch at a time, in the order of their ``numbers``, int64 (n,)."""

    dataset: Dataset
    numbers: npt.NDArray[np.int64] = field(repr=False)
    batch_size: int

    def __len__(self) -> int:
        """Count the batches."""
        return -(-len(self.numbers) // self.batch_size)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches, with -1 for labels. The arrays are the caller's own."""
        for start in range(0, len(self.numbers), self.batch_size):
            numbers = self.numbers[start : start + self.batch_size]
            yield as_floats(self.dataset.unlabelled.take(numbers)), np.full(len(numbers), -1, np.int64)


def plain_batches(dataset: Dataset, rows: npt.NDArray[np.int64], *, batch_size: int) -> Batches:
    """Batches of the given rows as they are and in their order, the last one with what is left."""
    return Batches(dataset, rows, batch_size)
