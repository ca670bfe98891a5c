"""What is found out of a model before it is trained: whether it can be built, trained, scored, and kept."""

import gc
from dataclasses import dataclass

from datasets import Dataset
from trainer.bundles.keeping import by_configuration, by_file, prove_kept
from trainer.final.portable import portable, untrained
from trainer.fitting.building import Build, build_model, feasibly
from trainer.fitting.epoch import Scoring, check_objective, epoch_batches, first_batches
from trainer.fitting.loop import TrainingLoop
from trainer.fitting.run import TrainingRun
from trainer.objective import Objective
from trainer.options import TrainingOptions


@dataclass(frozen=True)
class CheckedModel:
    """What a check has found: ``metrics`` are the names of all of an epoch.

    ``modules`` are those that must be imported before a bundle of the model is loaded, for the classes they register.
    """

    metrics: tuple[str, ...]
    modules: tuple[str, ...]


def check_model(
    build: Build,
    dataset: Dataset,
    options: TrainingOptions,
    objective: Objective,
    *,
    seed: int = 1,
    known_kept: bool = False,
) -> CheckedModel:
    """Build the model, save and load it as a bundle does, train it on one batch, and validate it on one.

    One that is ``known_kept`` need not prove that it can be saved.

    Raises:
        InfeasibleError: The model cannot be built, cannot be kept or does not fit the data.
        ObjectiveError: ``objective`` is none of its metrics; the text lists them.
        DatasetError: The dataset has no training rows.
        SplitError: It has no validation rows.
    """
    training, validation = epoch_batches(dataset, options, seed=seed)
    built = build_model(
        build, seed=seed, image_shape=dataset.image_shape, classes=len(dataset.classes), precision=options.precision
    )
    modules: tuple[str, ...] = ()
    if not known_kept:
        with feasibly():
            _, modules = prove_kept(
                untrained(built.model), dataset.image_shape, remake=lambda model: by_file(portable(model))
            )
    loop = TrainingLoop(built, mixed=options.mixup > 0, class_weights=training.class_weights)
    trained = loop.train(first_batches(training), epoch=0, learning_rate_factor=lambda _: 1.0)
    metrics = tuple(Scoring.of(dataset).score(trained, loop.validate(first_batches(validation))).metrics)
    check_objective(objective, metrics)
    return CheckedModel(metrics, modules)


def check_kept(run: TrainingRun, image_shape: tuple[int, int, int]) -> None:
    """Raise InfeasibleError, with the reason, if a run that has not begun trains a model that cannot be kept.

    It is remade from its configuration alone, which takes less than building it did.
    """
    if run.epoch == 0:
        with feasibly():
            prove_kept(untrained(run.model), image_shape, remake=by_configuration)
        gc.collect()  # a second model, which would else take its memory all through the training
