"""How well novelty tells galaxies from what is none, beside scores of the network; and how sure is `sure`.

    python tests/benchmarks/trainer/novelty.py MODEL DATASET [--count 200]

MODEL is a bundle of `galaxy train`, DATASET what it was trained on. Each score is fitted on the validation split, with
the limit that 3 % of it exceed; the shares beyond the limit are printed for the test split (false alarms) and for each
kind of picture that is no galaxy (caught). The network's scores: Mahalanobis distance in its penultimate features
(Lee et al. 2018), the same relative to the class means (Ren et al. 2021), the distance to the tenth nearest neighbour
in them (Sun et al. 2022), and its highest probability (Hendrycks & Gimpel 2017). Those in features are given only for a
model whose last layer has one input.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from common import say

sys.path.insert(0, str(Path(__file__).parents[2]))
import non_galaxies

Array = npt.NDArray[np.floating]
Score = Callable[[npt.NDArray[np.uint8]], Array]
BATCH = 256


def feature_scores(classifier: object, known: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> dict[str, Score]:
    """Return the scores in the features of the first member, seen upright, fitted on known images."""
    import keras
    import tensorflow as tf
    from sklearn.covariance import LedoitWolf

    model = classifier.bundle.models[0]  # type: ignore[attr-defined]
    network = next((layer for layer in model.layers if isinstance(layer, keras.Model)), model)
    compiled = tf.function(keras.Model(network.inputs, network.layers[-1].input), reduce_retracing=True)

    def features(images: npt.NDArray[np.uint8]) -> Array:
        parts = [compiled(images[at : at + BATCH] / np.float32(255)) for at in range(0, len(images), BATCH)]
        return np.concatenate([np.reshape(part, (len(part), -1)) for part in parts])

    found = features(known)
    whole = LedoitWolf().fit(found)
    means = np.array([found[labels == label].mean(axis=0) for label in np.unique(labels)])
    within = LedoitWolf().fit(found - means[np.searchsorted(np.unique(labels), labels)])

    def to_nearest_class(images: npt.NDArray[np.uint8]) -> Array:
        away = features(images)[:, np.newaxis] - means
        return np.einsum("nci,ij,ncj->nc", away, within.precision_, away).min(axis=1)

    def unit(values: Array) -> Array:
        return values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-9)

    return {
        "features, Mahalanobis": lambda images: whole.mahalanobis(features(images)),
        "features, by class": to_nearest_class,
        "features, relative": lambda images: to_nearest_class(images) - whole.mahalanobis(features(images)),
        "features, 10th neighbour": lambda images: -np.sort(unit(features(images)) @ unit(found).T, axis=1)[:, -10],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("dataset")
    parser.add_argument("--count", type=int, default=200, help="pictures of each kind")
    options = parser.parse_args()

    from datasets import Dataset, Split
    from trainer import Classifier
    from trainer.answering.limits import learn_trust
    from trainer.answering.novelty import describe, fit_novelty

    classifier, dataset = Classifier.load(options.model), Dataset.open(options.dataset)
    rows = {split: dataset.rows(split) for split in (Split.VALIDATION, Split.TEST)}
    known, test = (dataset.take(found) for found in rows.values())
    novelty = fit_novelty(describe(known), seed=1)
    if novelty is None:
        raise SystemExit("expected at least 33 validation images")
    labels = dataset.labels[rows[Split.VALIDATION]]
    scores: dict[str, Score] = {
        "looks (ours)": novelty.of,
        **feature_scores(classifier, known, labels),
        "highest probability": lambda images: -classifier.probabilities(images).max(axis=1),
    }
    side = dataset.image_shape[0]
    pictures = {kind: non_galaxies.draw(kind, options.count, side=side, seed=1) for kind in non_galaxies.KINDS}
    for name, score in scores.items():
        limit = 1.0 if name.startswith("looks") else float(np.quantile(score(known), 0.97))
        caught = {kind: float((score(images) > limit).mean()) for kind, images in pictures.items()}
        worst = min(caught, key=caught.__getitem__)
        say(
            f"{name}: false alarms {(score(test) > limit).mean():.1%}, caught {np.mean(list(caught.values())):.1%}, "
            f"least of {worst} {caught[worst]:.0%}"
        )

    chances = {split: classifier.probabilities(dataset.take(found)) for split, found in rows.items()}
    points = classifier.bundle.manifest.points()
    trust = learn_trust(dataset, dataset.rows(Split.VALIDATION), labels, chances[Split.VALIDATION], points, seed=1)
    true = dataset.labels[rows[Split.TEST]]
    for decide in points:
        decided = classifier.decide(chances[Split.TEST], decide)
        confidence = chances[Split.TEST][np.arange(len(true)), decided]
        for rate in (0.005, 0.01, 0.02, 0.03, 0.05):
            threshold = trust.answers[decide].threshold(rate)
            if threshold is None:
                say(f"{decide}, at most {rate:.1%} wrong: cannot be promised")
                continue
            sure = confidence >= threshold
            wrong = (decided != true)[sure].mean()
            say(f"{decide}, at most {rate:.1%} wrong: sure of {sure.mean():.1%} of the test images, {wrong:.2%} wrong")

    began = time.perf_counter()
    for at in range(0, len(test), 64):
        novelty.of(test[at : at + 64])
    took = time.perf_counter() - began
    began = time.perf_counter()
    classifier.probabilities(test)
    say(f"novelty takes {took / (time.perf_counter() - began):.1%} of the time of the probabilities")


if __name__ == "__main__":
    main()
