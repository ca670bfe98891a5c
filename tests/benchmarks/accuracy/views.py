"""What averaging over views of an image is worth: a bundle's networks with other views than `galaxy train` chose.

    python tests/benchmarks/accuracy/views.py MODEL DATASET

Log loss and accuracy on validation images, calibrated by one temperature each time, of each network and of their
average. The test split is not looked at.
"""

import argparse
import sys

import keras
import numpy as np

from datasets import Dataset, Split, as_floats
from trainer import Classifier
from trainer.answering.calibration import apply_temperature, fit_temperature
from trainer.answering.predicting import Predictions, predict
from trainer.answering.views import AS_IT_IS, TWO_SIZES, differing_turns, images_at_once, view_average
from trainer.fitting.epoch import split_batches

WAYS = {
    "as it is": AS_IT_IS,
    "larger": (1.15,),
    "smaller": (0.85,),
    "smaller and larger": TWO_SIZES,
    "these and as it is": (*TWO_SIZES, 1.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("dataset")
    options = parser.parse_args()
    bundle, dataset = Classifier.load(options.model).bundle, Dataset.open(options.dataset)
    networks = [next(layer for layer in model.layers if isinstance(layer, keras.Model)) for model in bundle.models]
    for way, scales in WAYS.items():
        found = [
            predicted(network, dataset, scales, logits=member.logits)
            for network, member in zip(networks, bundle.manifest.members, strict=True)
        ]
        average = (found[0][0], np.mean([one for _, one in found], axis=0, dtype=np.float32))
        scores = "; ".join(map(score, found))
        sys.stdout.write(f"{way}: {scores}; averaged {score(average)}\n")
        sys.stdout.flush()


def predicted(network: keras.Model, dataset: Dataset, scales: tuple[float, ...], *, logits: bool) -> Predictions:
    examples = as_floats(dataset.take(dataset.rows(Split.VALIDATION)[:32]))
    turns = differing_turns(network, examples, logits=logits)
    batch_size = images_at_once(2 * turns * len(scales), 128)
    batches = split_batches(dataset, Split.VALIDATION, batch_size=batch_size)
    return predict(view_average(network, turns=turns, scales=scales), batches, logits=logits)


def score(found: Predictions) -> str:
    true, probabilities = found
    calibrated = apply_temperature(probabilities, fit_temperature(*found))
    loss = -np.log(np.maximum(calibrated[np.arange(len(true)), true], 1e-12)).mean()
    return f"{loss:.4f} ({np.mean(calibrated.argmax(axis=1) == true):.2%})"


if __name__ == "__main__":
    main()
