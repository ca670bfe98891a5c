"""Keras Tuner alone, its Hyperband, as its guide has it: https://keras.io/keras_tuner/getting_started/."""

import keras_tuner
from benchmarks.peers.contestants.galaxies import GalaxyClassifier, load
from benchmarks.peers.jobs import USER_SCORE


def search(dataset: str, folder: str, *, epochs: int, seed: int) -> None:
    training, validation = load(dataset)
    tuner = keras_tuner.Hyperband(
        GalaxyClassifier(training.pixels.shape[1:], training.labels.shape[1]),
        objective=keras_tuner.Objective(USER_SCORE, "max"),
        max_epochs=epochs,
        hyperband_iterations=100,  # as many as the budget allows
        seed=seed,
        directory=folder,
        project_name="tuner",
    )
    tuner.search(training, validation)
