"""What each network that a contestant had found answers: ``python -m benchmarks.peers.scoring RUN WORK``.

Below RUN ``found`` has the networks, of which the probabilities alone are kept; WORK has the images tested on.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from benchmarks.accuracy.contest.draws import TEST
from benchmarks.peers.contestant import JOB
from benchmarks.peers.contestants.galaxies import GalaxyClassifier
from benchmarks.peers.contestants.our_trainer import training_of
from benchmarks.peers.observing import ABOUT
from benchmarks.peers.running import ANSWERS
from benchmarks.peers.space import hyperparameters

from datasets import Dataset, Split
from trainer import Classifier
from trainer.answering.predicting import predict
from trainer.fitting.epoch import split_batches

Probabilities = npt.NDArray[np.float32]


def main() -> None:
    run, work = map(Path, sys.argv[1:])
    draw = Dataset.open(json.loads((run / JOB).read_text())["dataset"])
    tested = Dataset.open(work / TEST)
    if draw.classes != tested.classes:
        raise ValueError(f"{draw.info.path} has the classes {draw.classes}, what is tested on {tested.classes}")
    for folder in sorted((run / "found").iterdir()):
        if (folder / ANSWERS).exists():
            continue
        about = json.loads((folder / ABOUT).read_text())
        answers = _HOW[about["kind"]](folder, about["values"], draw, tested)
        for one in folder.iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()
        np.savez_compressed(folder / "part.npz", probabilities=answers.astype(np.float32))
        (folder / "part.npz").replace(folder / ANSWERS)
        keras.backend.clear_session()


def _of_trainer(folder: Path, values: dict[str, Any], draw: Dataset, tested: Dataset) -> Probabilities:
    shutil.copyfile(folder / "best.npz", folder / "last.npz")
    run = training_of(draw, values, folder, epochs=1)
    return predict(run.best_model(), split_batches(tested, Split.TEST), logits=False)[1]


def _of_keras_tuner(folder: Path, values: dict[str, Any], draw: Dataset, tested: Dataset) -> Probabilities:
    """Do what `keras_tuner.Tuner.get_best_models` does."""
    model = GalaxyClassifier(draw.image_shape, len(draw.classes)).build(hyperparameters(values))
    model.build_from_config(json.loads((folder / "build_config.json").read_text()))
    model.load_weights(folder / "checkpoint.weights.h5")
    return _predicted(model, tested)


def _of_ray_tune(folder: Path, values: None, draw: Dataset, tested: Dataset) -> Probabilities:
    return _predicted(keras.models.load_model(folder / "model.keras"), tested)


def _of_bundle(folder: Path, values: None, draw: Dataset, tested: Dataset) -> Probabilities:
    return Classifier.load(folder).probabilities(tested.take(tested.rows(Split.TEST)))


def _predicted(model: keras.Model, tested: Dataset) -> Probabilities:
    pixels = tested.take(tested.rows(Split.TEST))
    parts = [pixels[start : start + 1024].astype(np.float32) / 255 for start in range(0, len(pixels), 1024)]
    return np.concatenate([model.predict(part, verbose=0, batch_size=128) for part in parts])


_HOW: dict[str, Callable[..., Probabilities]] = {
    "trainer": _of_trainer,
    "keras-tuner": _of_keras_tuner,
    "ray-tune": _of_ray_tune,
    "bundle": _of_bundle,
}


if __name__ == "__main__":
    main()
