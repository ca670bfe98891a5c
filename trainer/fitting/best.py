"""The best epoch of a training so far, taken from its checkpoint while the training goes on, here or elsewhere."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from datasets import Dataset, Folder
from trainer.fitting.averaging import WeightAverages
from trainer.fitting.building import Build, build_model
from trainer.fitting.checkpoints import BEST, TrainingState, restore_checkpoint
from trainer.fitting.keras_internals import global_seed_state
from trainer.frameworks import keras
from trainer.objective import Objective
from trainer.options import TrainingOptions


@dataclass(frozen=True)
class BestEpoch:
    """A model with the weights of its best epoch, whether it gives logits, and how far its training was with them."""

    model: keras.Model
    logits: bool
    state: TrainingState


def load_best(
    build: Build, options: TrainingOptions, checkpoints: Folder, dataset: Dataset, *, objective: Objective
) -> BestEpoch | None:
    """Load the best epoch of a training; None where it has none yet. Its checkpoints stay what they are.

    Where this process trains meanwhile, it is to be done `beside_a_training`.

    Raises:
        InfeasibleError: The model cannot be built.
        CheckpointError: The checkpoint is damaged, or of another dataset, objective or model.
        StorageError: It cannot be read.
    """
    if not checkpoints.exists(BEST):
        return None
    shape, classes = dataset.image_shape, len(dataset.classes)
    built = build_model(build, seed=None, image_shape=shape, classes=classes, precision=options.precision)
    averages = WeightAverages(built.model, options.weight_averaging)
    blank = TrainingState(0, {}, dataset.fingerprint, str(objective))
    try:
        state = restore_checkpoint(built.model, averages.variables, checkpoints, BEST, expected=blank)
    except FileNotFoundError:  # it was deleted meanwhile
        return None
    averages.take_over()
    return BestEpoch(built.model, built.logits, state)


@contextmanager
def beside_a_training() -> Iterator[None]:
    """Let a training of this thread draw the same random numbers after the block, or function, as without it."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - the one that users' code draws from
    seeds = global_seed_state()
    drawn = seeds.numpy()
    try:
        yield
    finally:
        seeds.assign(drawn)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
