"""What an epoch is made of, its batches and its metrics."""

from datasets import Batches, Dataset, Split, few, plain_batches, training_batches
from trainer.errors import ObjectiveError, SplitError
from trainer.fitting.loop import Validation
from trainer.objective import Objective
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


def epoch_metrics(training: dict[str, float], validation: Validation, classes: tuple[str, ...]) -> dict[str, float]:
    """Put together all metrics of an epoch; see `TrainingRun`. Where names meet, the trainer's own metric wins."""
    scores = score_predictions(validation.true, validation.probabilities, classes)
    return {**training, **{f"val_{name}": value for name, value in {**validation.metrics, **scores.main()}.items()}}


def check_objective(objective: Objective, metrics: tuple[str, ...]) -> None:
    """Raise ObjectiveError if ``objective`` is none of ``metrics``."""
    if objective.name not in metrics:
        raise ObjectiveError(f"no metric is named {objective.name!r}: this model gives {few(sorted(metrics), most=20)}")
