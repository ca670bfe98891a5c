"""Whether heatmaps depend on what a model has learnt: occlusion beside Grad-CAM.

    python tests/benchmarks/trainer/heatmap_sanity.py MODEL DATASET [--count 20]

The sanity check of Adebayo et al. 2018 (arXiv:1810.03292): maps of a model (a bundle of `galaxy train`) and of the same
with the entries of each kernel shuffled, for the same images and classes, compared by Spearman's rank correlation: of
what was learnt it is near 0, of what any network would show near 1. Once over the whole image, where each map of a
galaxy on an empty sky knows where the light is, and once over the brightest tenth of the pixels, the galaxy's own.
Grad-CAM (Selvaraju et al. 2017) looks at the last layer of the first member whose output is an image.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[2]))
Map = npt.NDArray[np.floating]


def grad_cam(model: object) -> Callable[[npt.NDArray[np.uint8], int], Map]:
    import keras
    import tensorflow as tf

    network = next((one for one in model.layers if isinstance(one, keras.Model)), model)  # type: ignore[attr-defined]
    last = [one for one in network.layers if len(one.output.shape) == 4][-1]
    watched = keras.Model(network.inputs, [last.output, network.outputs[0]])

    def draw(image: npt.NDArray[np.uint8], number: int) -> Map:
        with tf.GradientTape() as tape:
            planes, outputs = watched([image[np.newaxis] / np.float32(255)], training=False)
            score = tf.math.log(outputs[:, number] + 1e-12)
        weights = tf.reduce_mean(tape.gradient(score, planes), axis=(1, 2), keepdims=True)
        found = tf.nn.relu(tf.reduce_sum(planes * weights, axis=-1, keepdims=True))
        return np.asarray(tf.image.resize(found, image.shape[:2]))[0, :, :, 0]

    return draw


def shuffled(model: object) -> object:
    import keras

    other = keras.models.clone_model(model)
    generator = np.random.default_rng(1)
    weights = [generator.permutation(one.ravel()).reshape(one.shape) for one in model.get_weights()]  # type: ignore[attr-defined]
    other.set_weights(weights)
    return other


def correlation(first: Map, second: Map) -> float:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first.ravel(), second.ravel()).statistic)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("dataset")
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()

    from datasets import Dataset, Split
    from trainer import Classifier

    classifier, dataset = Classifier.load(options.model), Dataset.open(options.dataset)
    bundle = classifier.bundle
    other = Classifier(replace(bundle, models=tuple(shuffled(model) for model in bundle.models)))
    rows = np.random.default_rng(1).choice(dataset.rows(Split.TEST), options.count, replace=False)
    ways = {
        "occlusion": [
            lambda image, number, maker=maker: maker.heatmap(image, classifier.classes[number])
            for maker in (classifier, other)
        ],
        "Grad-CAM": [grad_cam(maker.bundle.models[0]) for maker in (classifier, other)],
    }
    images = dataset.take(rows)
    numbers = classifier.probabilities(images).argmax(axis=1)
    for name, (learnt, random) in ways.items():
        began = time.perf_counter()
        maps = [learnt(image, int(number)) for image, number in zip(images, numbers, strict=True)]
        took = (time.perf_counter() - began) / len(images)
        others = [random(image, int(number)) for image, number in zip(images, numbers, strict=True)]
        sanity = [correlation(*pair) for pair in zip(maps, others, strict=True)]
        brightest = [image.mean(axis=2) >= np.quantile(image.mean(axis=2), 0.9) for image in images]
        within = [correlation(a[part], b[part]) for a, b, part in zip(maps, others, brightest, strict=True)]
        light = [correlation(found, image.mean(axis=2)) for found, image in zip(maps, images, strict=True)]
        empty = sum(np.ptp(found) == 0 for found in maps)
        sys.stdout.write(
            f"{name}: median correlation with shuffled weights {np.median(sanity):.2f} (without its sign "
            f"{np.median(np.abs(sanity)):.2f}), in the galaxy {np.median(within):.2f} "
            f"({np.median(np.abs(within)):.2f}); with brightness {np.median(light):.2f}; "
            f"{empty} of {len(maps)} maps empty; {took:.2f} s a map\n"
        )


if __name__ == "__main__":
    main()
