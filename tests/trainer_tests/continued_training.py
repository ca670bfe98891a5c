"""Train without an interruption, with one, and by promotions, all on one thread, and print what differs.

Run by `test_continuing.py` in a process of its own: TensorFlow's thread pools cannot change once it has started.
Arguments: the dataset, and an empty folder for the checkpoints.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from datasets import Augmentation, Balance, Dataset, freeze_loaded, open_folder
from trainer import Objective, TrainingOptions, TrainingRun, limit_threads
from trainer.fitting.keras_internals import global_seed_state

State = dict[str, npt.NDArray[Any]]
OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "averaged": lambda: keras.optimizers.AdamW(3e-3, clipnorm=1.0, use_ema=True),
    "own schedule": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.9), momentum=0.9, gradient_accumulation_steps=3
        ),
        dynamic_growth_steps=4,
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
        epochs=4,
        batch_size=8,
        balance=Balance("weights", power=0.5),
        augmentation=Augmentation.of_strength(0.7),
        weight_averaging=0.9,
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
    def run(checkpoints: str, *, parent: str | None = None, until: int | None = None) -> TrainingRun:
        return TrainingRun(
            lambda: build(OPTIMIZERS[name]),
            dataset,
            OPTIONS[name],
            objective=Objective.parse("val_loss"),
            seed=9,
            checkpoints=open_folder(folder).child(name, checkpoints),
            parent=None if parent is None else open_folder(folder).child(name, parent),
            until=until,
        )

    expected = state(trained(run("uninterrupted")))
    for _ in range(2):
        interrupted = run("interrupted")
        interrupted.step()
        interrupted.step()
    found = different(name, expected, interrupted)
    if name == "averaged":
        trained(run("root", until=1))
        run("child", parent="root", until=3).step()
        trained(run("child", parent="root", until=3))  # after a kill: from its own checkpoint
        found += different(f"{name}, promoted", expected, trained(run("grandchild", parent="child")))
    return found


def trained(run: TrainingRun) -> TrainingRun:
    while not run.finished:
        run.step()
    return run


def different(name: str, expected: State, run: TrainingRun) -> list[str]:
    found = state(run)
    return [f"{name}: {key}" for key in expected if not np.array_equal(expected[key], found[key])]


def state(run: TrainingRun) -> State:
    """Return all that an epoch depends on and has led to; seed generators are among the model's variables."""
    model = run._loop.built.model
    groups = {"model": model.variables, "optimizer": model.optimizer.variables, "seed": [global_seed_state()]}
    values: State = {
        f"{group} {number}": variable.numpy()
        for group, variables in groups.items()
        for number, variable in enumerate(variables)
    }
    history = {f"history {metric}": np.array(series) for metric, series in run.history.items()}
    best = {"best": np.frombuffer(run._folder.read("best.npz"), np.uint8)}
    return values | history | best | {"epochs": np.array([run.epoch, run.best_epoch])}


if not limit_threads(1):
    sys.exit("TensorFlow had started already")
freeze_loaded()
dataset = Dataset.open(sys.argv[1])
print("\n".join(line for name in OPTIMIZERS for line in differences(name, dataset, sys.argv[2])))  # noqa: T201
