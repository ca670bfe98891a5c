"""One batch through everything, before a search spends hours: can the model be built, and does its objective exist?"""

from dataclasses import replace

from datasets import Batches, Dataset
from trainer.fitting.building import Build, build_model
from trainer.fitting.epoch import check_objective, epoch_batches, epoch_metrics
from trainer.fitting.loop import TrainingLoop
from trainer.objective import Objective
from trainer.options import TrainingOptions


def check_model(
    build: Build, dataset: Dataset, options: TrainingOptions, objective: Objective, *, seed: int = 1
) -> tuple[str, ...]:
    """Build the model, train it on one batch, validate it on one, and return the names of all metrics of an epoch.

    Raises:
        InfeasibleError: The model cannot be built or does not fit the data.
        ObjectiveError: ``objective`` is none of its metrics; the text lists them.
        DatasetError: The dataset has no training rows.
        SplitError: It has no validation rows.
    """
    training, validation = epoch_batches(dataset, options, seed=seed)
    built = build_model(
        build,
        seed=seed,
        image_shape=dataset.image_shape,
        classes=len(dataset.classes),
        precision=options.precision,
    )
    loop = TrainingLoop(built, mixed=options.mixup > 0, class_weights=training.class_weights)
    trained = loop.train(_first(training), epoch=0, learning_rate_factor=lambda _: 1.0)
    metrics = tuple(epoch_metrics(trained, loop.validate(_first(validation)), dataset.classes))
    check_objective(objective, metrics)
    return metrics


def _first(batches: Batches) -> Batches:
    return replace(batches, rows=batches.rows[: batches.batch_size], fresh=None)
