"""Moments of batch normalisation: moving averages beside those measured, by how a network scores on other images.

    PYTHONPATH=tests python -m benchmarks.trainer.moments ZIP --work FOLDER --trained 500 --epochs 40 --at 1,4,20,40

Images are those of `benchmarks.search.curves`, of class folders in ZIP. The defaults are trained, with the moving
averages. After each epoch of ``--at`` they are scored on 4,500 other images, with these and with moments measured on so
many of the images that the epoch was trained on: macro F1 as decided, accuracy, log loss after the best temperature.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from unittest import mock

import keras_tuner
import numpy as np
from benchmarks.search.curves.images import import_images

from datasets import Dataset, Split, open_folder
from search import Builder, GalaxyHyperModel, training_options
from trainer import Objective, TrainingRun, limit_threads
from trainer.answering.calibration import apply_temperature, fit_temperature
from trainer.answering.decision import decided_across_folds, folds_of, training_shares
from trainer.answering.predicting import predict
from trainer.estimating.macro_f1 import count, macro_f1
from trainer.final.choosing import log_loss
from trainer.fitting.epoch import split_batches
from trainer.fitting.loop import TrainingLoop
from trainer.fitting.moments import Moments

_MEASURED_ON = (64, 128, 256, 512, 2000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zip")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--trained", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--at", type=lambda text: [int(epoch) for epoch in text.split(",")], required=True)
    parser.add_argument("--values", type=json.loads, default={}, help="other than the defaults, as JSON")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    limit_threads(1)
    images = options.work / f"images-{options.trained}"
    import_images(options.zip, images, image_size=64, trained=options.trained)
    dataset = Dataset.open(str(images)).divided(options.seed)
    run = _run(dataset, options)
    sys.stdout.write(f"| epoch | steps | moving | {' | '.join(map(str, _MEASURED_ON))} |\n{'| --- ' * 8}|\n")
    with mock.patch.object(TrainingLoop, "measure_moments", return_value=[]):
        while run.epoch < max(options.at):
            run.step()
            if run.epoch in options.at:
                scored = " | ".join(_scored(run, dataset))
                sys.stdout.write(f"| {run.epoch} | {run.epoch * run.training_batches} | {scored} |\n")
                sys.stdout.flush()


def _run(dataset: Dataset, options: argparse.Namespace) -> TrainingRun:
    hypermodel, defaults = _hypermodel(dataset), keras_tuner.HyperParameters()
    hypermodel.build(defaults)
    values = {**defaults.values, **options.values}
    folder = options.work / "training"
    shutil.rmtree(folder, ignore_errors=True)
    return TrainingRun(
        Builder(_hypermodel(dataset), values),
        dataset,
        training_options(values, epochs=options.epochs),
        objective=Objective.parse("val_macro_f1_decided"),
        seed=options.seed,
        checkpoints=open_folder(folder),
    )


def _hypermodel(dataset: Dataset) -> GalaxyHyperModel:
    return GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))


def _scored(run: TrainingRun, dataset: Dataset) -> list[str]:
    """Say how the network scores with the moving averages, and with what is measured on some images, on more …"""
    found = []
    with run._averages.in_place():
        found.append(_score(run, dataset))
        moments, trained = Moments(run._loop.built), [images for images, _ in run._training.epoch(run.epoch - 1)]
        for enough in _MEASURED_ON:
            some = np.concatenate(trained)[:enough]
            moments.measure([some[first : first + 64] for first in range(0, len(some), 64)])
            found.append(_score(run, dataset))
    return found


def _score(run: TrainingRun, dataset: Dataset) -> str:
    true, probabilities = predict(run.model, split_batches(dataset, Split.TEST), logits=run.predicts_logits)
    ids = dataset.ids
    folds = folds_of([ids[row] for row in dataset.rows(Split.TEST).tolist()])
    decided = decided_across_folds(true, probabilities, folds=folds, shares=training_shares(dataset))
    f1 = float(macro_f1(count(true, decided, len(dataset.classes))))
    accuracy = (probabilities.argmax(axis=1) == true).mean()
    loss = log_loss(true, apply_temperature(probabilities, fit_temperature(true, probabilities)))
    return f"{f1:.3f}, {accuracy:.3f}, {loss:.3f}"


if __name__ == "__main__":
    main()
