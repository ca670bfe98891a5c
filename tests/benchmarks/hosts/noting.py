"""The user's module in a search on hosts: tiny networks, and a note of each step and checkpoint in the host's home.

It is copied to each host as ``~/galaxy-tuner/noting.py`` and imported there.
"""

import os
import sys
import time
from pathlib import Path

import keras
import tensorflow as tf

from trainer.fitting.run import TrainingRun

NOTES = Path.home() / "notes.txt"
UPTIME = Path("/proc/uptime")
STEP_SECONDS = 0.25


def note(units: int, kind: str, number: int) -> None:
    """Note what a trial's worker does, by the clock that all hosts share and none changes."""
    if Path(sys.argv[0]).name == "galaxy":
        return  # the driver tries one batch
    uptime = UPTIME.read_text().split()[0]
    with NOTES.open("a") as file:
        file.write(f"{units} {kind} {number} {os.getpid()} {uptime}\n")


@keras.saving.register_keras_serializable("hosts")
class Noting(keras.Sequential):
    """Notes each step of training before it is made, which takes a while."""

    units = 0

    def train_step(self, data: object) -> object:
        tf.py_function(self.begin, [self.optimizer.iterations], [])
        return super().train_step(data)

    def begin(self, iterations: tf.Tensor) -> None:
        note(self.units, "step", int(iterations))
        time.sleep(STEP_SECONDS)


def noted_save(run: TrainingRun, confusion: object, save=TrainingRun._save) -> None:  # type: ignore[no-untyped-def]
    """Save a checkpoint, and note when that is done."""
    save(run, confusion)
    note(run._loop.built.model.units, "saved", run.epoch)


TrainingRun._save = noted_save  # type: ignore[method-assign]


def build(hp) -> keras.Model:  # type: ignore[no-untyped-def]
    """Build a network that knows its configuration: no two trials of a search have the same ``units``."""
    units = hp.Int("units", 2, 20000)
    hp.Choice("batch_size", [16])
    model = Noting(
        [
            keras.layers.Input((16, 16, 3)),
            keras.layers.AveragePooling2D(4),
            keras.layers.Flatten(),
            keras.layers.Dense(1 + units % 7),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.units = units
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
