"""Is the built-in sample as hard as it should be? A small CNN must learn it, and no trivial classifier may.

    .venv/bin/python tests/benchmarks/datasets/sample_difficulty.py [--source FOLDER_OR_ZIP] [--count N] [--seed S]

Without --source it renders a sample. Four fifths of the images train, one fifth tests; where the sample is rendered,
another one, of the next seed, tests too (a fifth of 2,000 holds only 8 of the rarest class). With --source, `count`
images are taken from there at random. The CNN is plain: three blocks of convolution, 57,000 parameters, 12 epochs of
flips and quarter turns.

The sample's ranges and the CNN's shape were settled by looking at the figures of seeds 1 to 32, tests included: for a
figure that was not chosen, take a seed above 40.
"""

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
from measuring import say
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from datasets import iterate_images, render_sample

SIDE = 64
BATCH = 16

Images = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """images: float32 0–1, (n, SIDE, SIDE, 3); labels: int64, (n,), into names."""

    images: Images
    labels: npt.NDArray[np.int64]
    names: list[str]

    def rows(self, rows: npt.NDArray[np.int64]) -> "Labelled":
        return Labelled(self.images[rows], self.labels[rows], self.names)


def main() -> None:
    options = _arguments()
    everything = read(options.source, options) if options.source else rendered(options, options.seed)
    rows = np.arange(len(everything.labels))
    train, test = train_test_split(rows, test_size=0.2, stratify=everything.labels, random_state=options.seed)
    tests = {"held back": everything.rows(test)}
    if not options.source:
        tests["other seed"] = rendered(options, options.seed + 1)
    report_trivial(everything.rows(train), tests)
    report_cnn(everything.rows(train), tests, options)


def rendered(options: argparse.Namespace, seed: int) -> Labelled:
    with tempfile.TemporaryDirectory() as scratch:
        began, used = time.monotonic(), time.process_time()
        render_sample(Path(scratch) / "sample", count=options.count, seed=seed)
        seconds = f"{time.monotonic() - began:.1f} s, {time.process_time() - used:.1f} s of CPU"
        say(f"rendered {options.count} galaxies with seed {seed} in {seconds}")
        return read(Path(scratch) / "sample", options)


def read(source: Path, options: argparse.Namespace) -> Labelled:
    """Read images below folders named as their classes, scaled to SIDE; at most ``count``, chosen at random."""
    files = list(iterate_images([source]))
    chosen = np.random.default_rng(options.seed).permutation(len(files))[: options.count]
    classes = [files[row].name.split("/")[-2] for row in chosen]
    names = sorted(set(classes), key=str.casefold)
    images = np.stack([_pixels(files[row].read()) for row in chosen])
    return Labelled(images, np.array([names.index(name) for name in classes]), names)


def report_trivial(training: Labelled, tests: dict[str, Labelled]) -> None:
    """Train each trivial classifier and say how well it does."""
    for name, (features, classifier) in _trivial().items():
        classifier.fit(features(training.images), training.labels)
        for test_name, test in tests.items():
            _score(name, test_name, test, classifier.predict(features(test.images)))


def report_cnn(training: Labelled, tests: dict[str, Labelled], options: argparse.Namespace) -> None:
    """Train the CNN and say how well it does, class by class."""
    keras.utils.set_random_seed(options.seed)
    generator, began = np.random.default_rng(options.seed), time.monotonic()
    model = small_cnn(len(training.names), steps=options.epochs * -(-len(training.labels) // BATCH))
    for _ in range(options.epochs):
        model.fit(_turned(training.images, generator), training.labels, batch_size=BATCH, verbose=0)
    say(f"small CNN: {model.count_params():,} parameters, {options.epochs} epochs, {time.monotonic() - began:.0f} s")
    for test_name, test in tests.items():
        predicted = model.predict(test.images, batch_size=256, verbose=0).argmax(axis=1)
        _score("small CNN", test_name, test, predicted)
        for name, row in zip(test.names, confusion_matrix(test.labels, predicted), strict=True):
            say(f"    {name:<26}{row}")


def small_cnn(classes: int, steps: int) -> keras.Model:
    """Three blocks of convolution, normalisation and pooling, and two fully connected layers."""
    layers: list[Any] = [keras.layers.Input((SIDE, SIDE, 3))]
    for filters in (16, 32, 64):
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),  # so few steps need a fast average
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [keras.layers.AveragePooling2D(2), keras.layers.Flatten(), keras.layers.Dense(32, use_bias=False)]
    # Without it some initialisations stay 10 points below others.
    layers += [keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]
    layers.append(keras.layers.Dense(classes, "softmax"))
    model = keras.Sequential(layers)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model


def _trivial() -> dict[str, tuple[Callable[[Images], Images], Any]]:
    return {
        "majority class": (_colours, DummyClassifier()),
        "logistic, mean colours": (_colours, make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))),
        "nearest centroid, 64×64": (lambda images: images.reshape(len(images), -1), NearestCentroid()),
        "logistic, 16×16": (_coarse, make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=5000))),
        "5 nearest, 16×16": (_coarse, KNeighborsClassifier(5)),
    }


def _colours(images: Images) -> Images:
    return np.asarray(images.mean(axis=(1, 2)))


def _coarse(images: Images) -> Images:
    size = SIDE // 16
    return np.asarray(images.reshape(len(images), 16, size, 16, size, 3).mean(axis=(2, 4)).reshape(len(images), -1))


def _turned(images: Images, generator: np.random.Generator) -> Images:
    """Each image turned by quarter turns and mirrored, at random."""
    turned = np.empty_like(images)
    for row, (turns, mirrored) in enumerate(generator.integers([4, 2], size=(len(images), 2))):
        turned[row] = np.rot90(images[row], turns)[:, :: -1 if mirrored else 1]
    return turned


def _pixels(data: bytes) -> Images:
    with Image.open(io.BytesIO(data)) as image:
        scaled = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(scaled, dtype=np.float32) / np.float32(255)


def _score(classifier: str, test_name: str, test: Labelled, predicted: npt.NDArray[np.int64]) -> None:
    accuracy = float((predicted == test.labels).mean())
    macro = f1_score(test.labels, predicted, average="macro", zero_division=0)
    say(f"{classifier:<26}{test_name:<12}accuracy {accuracy:6.1%}   macro F1 {macro:.3f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="class folders, or a zip of them, to try in place of a sample")
    parser.add_argument("--count", type=int, default=2000, help="images to train and test on")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of the CNN")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
