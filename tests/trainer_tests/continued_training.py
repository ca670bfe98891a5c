"""Train once without and once with an interruption, on one thread, and print what differs.

Run by `test_continuing.py` in a process of its own: TensorFlow's thread pools cannot change once it has started.
Arguments: the dataset, and an empty folder for the checkpoints.
"""

import sys
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np

from datasets import Augmentation, Balance, Dataset, open_folder
from trainer import Objective, TrainingOptions, TrainingRun, limit_threads

OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "averaged": lambda: keras.optimizers.AdamW(3e-3, clipnorm=1.0, use_ema=True),
    "own schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.9), momentum=0.9
    ),
}

OPTIONS = {
    "averaged": TrainingOptions(
        epochs=4,
        batch_size=8,
        balance=Balance("undersample", 1.5, fresh=True),
        augmentation=replace(
            Augmentation.of_strength(0.7), brightness=0.2, colour_jitter=0.1, noise=6, cutout=0.2, border="black"
        ),
        mixup=0.3,
    ),
    "own schedule": TrainingOptions(
        epochs=4, batch_size=8, balance=Balance("weights", power=0.5), augmentation=Augmentation.of_strength(0.7)
    ),
}


class UnseededNoise(keras.layers.Layer):
    """Draws from Keras's global seed generator, as a layer without a seed of its own does."""

    def call(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs)) if training else inputs


def build(optimizer: Callable[[], keras.optimizers.Optimizer]) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(4, 5, strides=4, activation="relu"),
            layers.BatchNormalization(),
            layers.SpatialDropout2D(0.2),
            UnseededNoise(),
            layers.Flatten(),
            layers.Dropout(0.4, seed=11),
            layers.Dense(5),
        ]
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)
    model.compile(optimizer(), loss, metrics=["accuracy"])
    return model


def differences(name: str, dataset: Dataset, folder: str) -> list[str]:
    def run(checkpoints: str) -> TrainingRun:
        return TrainingRun(
            lambda: build(OPTIMIZERS[name]),
            dataset,
            OPTIONS[name],
            objective=Objective.parse("val_loss"),
            seed=9,
            checkpoints=open_folder(folder).child(name, checkpoints),
        )

    uninterrupted = run("uninterrupted")
    while not uninterrupted.finished:
        uninterrupted.step()
    for _ in range(2):
        interrupted = run("interrupted")
        interrupted.step()
        interrupted.step()
    found = [] if interrupted.history == uninterrupted.history else [f"{name}: history"]
    for one, other in zip(*(variables(training) for training in (uninterrupted, interrupted)), strict=True):
        if not np.array_equal(one.numpy(), other.numpy()):
            found.append(f"{name}: {one.path}")
    return found


def variables(run: TrainingRun) -> list[keras.Variable]:
    model = run._loop.built.model
    return [*model.variables, *model.optimizer.variables]


if not limit_threads(1):
    sys.exit("TensorFlow had started already")
dataset = Dataset.open(sys.argv[1])
print("\n".join(line for name in OPTIMIZERS for line in differences(name, dataset, sys.argv[2])))  # noqa: T201
