"""How long an epoch takes on this machine, from a few of its batches."""

import time

from datasets import Dataset
from trainer.fitting.building import Build, build_model
from trainer.fitting.epoch import epoch_batches, first_batches
from trainer.fitting.loop import TrainingLoop
from trainer.fitting.moments import measured_batches
from trainer.options import TrainingOptions

_WARM_UP = 1
"""Batches before those that are timed: the first one traces and compiles."""
_TIMED = 4


def seconds_per_epoch(build: Build, dataset: Dataset, options: TrainingOptions, *, seed: int) -> float:
    """Time a few batches of training, of measuring moments and of validation; return the seconds of a whole epoch.

    With as many threads as TensorFlow has in this process, and with whatever else the machine does meanwhile.

    Raises InfeasibleError, DatasetError and SplitError as `trainer.TrainingRun` does.
    """
    training, validation = epoch_batches(dataset, options, seed=seed)
    built = build_model(
        build, seed=seed, image_shape=dataset.image_shape, classes=len(dataset.classes), precision=options.precision
    )
    loop = TrainingLoop(built, mixed=options.mixup > 0, class_weights=training.class_weights)
    for part in (first_batches(training, _WARM_UP), first_batches(training, _TIMED)):
        began = time.monotonic()
        loop.train(part, epoch=0, learning_rate_factor=lambda _: 1.0)
        trained = (time.monotonic() - began) / len(part)
        began = time.monotonic()
        loop.measure_moments()
        measured = (time.monotonic() - began) / len(part)
    for part in (first_batches(validation, _WARM_UP), first_batches(validation, _TIMED)):
        began = time.monotonic()
        loop.validate(part)
    validated = (time.monotonic() - began) / len(part)
    moments = measured * measured_batches(training, dataset.image_shape)
    return trained * len(training) + moments + validated * len(validation)
