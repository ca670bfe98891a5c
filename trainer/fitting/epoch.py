"""What an epoch is made of, its batches and its metrics."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from datasets import Batches, Dataset, Split, few, plain_batches, training_batches
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.answering.soft import soft_macro_f1, steady_macro_f1
from trainer.errors import ObjectiveError, SplitError
from trainer.estimating.lost import worst_found
from trainer.estimating.macro_f1 import count, macro_f1
from trainer.fitting.confusion import Matrix
from trainer.fitting.loop import Validation
from trainer.objective import DECIDED, Objective
from trainer.options import TrainingOptions
from trainer.scores import score_predictions

VALIDATION_BATCH_SIZE = 128


def epoch_batches(dataset: Dataset, options: TrainingOptions, *, seed: int) -> tuple[Batches, Batches]:
    """Return the batches of training and of validation.

    Raises DatasetError where the dataset has no training rows, SplitError where it has no validation rows.
    """
    training = training_batches(
        dataset,
        batch_size=options.batch_size,
        balance=options.balance,
        augmentation=options.augmentation,
        mixup=options.mixup,
        seed=seed,
    )
    return training, split_batches(dataset, Split.VALIDATION)


def split_batches(dataset: Dataset, split: Split, *, batch_size: int = VALIDATION_BATCH_SIZE) -> Batches:
    """Return the rows of a split in their order. Raises SplitError where it has none."""
    rows = dataset.rows(split)
    if len(rows) == 0:
        raise SplitError(
            f"{dataset.info.path!r} has no {split.value} images: import it with a share for them, `--{split.value} 0.1`"
        )
    return plain_batches(dataset, rows, batch_size=batch_size)


def first_batches(batches: Batches, count: int = 1) -> Batches:
    """Return the first batches, at most so many, of the rows as they come."""
    return replace(batches, rows=batches.rows[: count * batches.batch_size], fresh=None)


@dataclass(frozen=True)
class EpochScores:
    """What an epoch came to.

    ``probable`` and ``decided`` are confusion matrices of the validation images, (classes, classes), rows true: by the
    most probable class, and by the best decision.
    """

    metrics: dict[str, float]
    probable: Matrix
    decided: Matrix

    def confusion(self, objective: Objective) -> Matrix:
        """Return the matrix by the classes that the objective decides for."""
        return self.decided if objective.name in DECIDED else self.probable


@dataclass(frozen=True)
class Scoring:
    """What the validation of each epoch of a training is scored by: the same rows, the same rule.

    ``folds``, int64 (n,), are those of the validation rows, and ``shares``, float64 (classes,), those of the training
    rows; see `trainer.answering.decision`.
    """

    classes: tuple[str, ...]
    folds: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Take the folds of all validation rows, in their order."""
        ids = dataset.ids
        return cls(
            dataset.classes, folds_of([ids[row] for row in dataset.rows(Split.VALIDATION)]), training_shares(dataset)
        )

    def score(self, training: dict[str, float], validation: Validation) -> EpochScores:
        """Put together all metrics of an epoch; see `TrainingRun`. Where names meet, the trainer's own metric wins.

        ``validation`` may be of the first rows alone.
        """
        true, probabilities = validation.true, validation.probabilities
        scores = score_predictions(true, probabilities, self.classes)
        folds = self.folds[: len(true)]
        decided = decided_across_folds(true, probabilities, folds=folds, shares=self.shares)
        counts = count(true, decided, len(self.classes))
        worst, recall = worst_found(counts)
        decided_f1 = float(macro_f1(counts))
        soft_f1 = soft_macro_f1(true, probabilities, folds=folds, shares=self.shares)
        rows = np.bincount(true, minlength=len(self.classes))
        own = scores.main() | {
            "macro_f1_decided": decided_f1,
            "macro_f1_soft": soft_f1,
            "macro_f1_steady": steady_macro_f1(decided_f1, soft_f1, rows),
            "worst_class": float(worst),
            "worst_recall": recall,
        }
        metrics = {**training, **{f"val_{name}": value for name, value in {**validation.metrics, **own}.items()}}
        return EpochScores(metrics, scores.confusion_matrix, _confusion(true, decided, len(self.classes)))


def _confusion(true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64], classes: int) -> Matrix:
    counts = np.bincount(true * classes + decided, minlength=classes**2).reshape(classes, classes)
    return tuple(map(tuple, counts.tolist()))


def check_objective(objective: Objective, metrics: tuple[str, ...]) -> None:
    """Raise ObjectiveError if ``objective`` is none of ``metrics``."""
    if objective.name not in metrics:
        raise ObjectiveError(f"no metric is named {objective.name!r}: this model gives {few(sorted(metrics), most=20)}")
