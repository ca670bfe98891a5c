"""What users of the peers write once, whoever searches: their data and a Keras model of the same space.

The space is `search.GalaxyHyperModel`'s: networks, optimizers and what of training is searched. Augmentation, balance
and mixup are Keras's own layers and NumPy, with the magnitudes that the space documents.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import keras_tuner
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from benchmarks.peers.contestants.noting import NoteEpochs

from datasets import Dataset, Split
from search import GalaxyHyperModel


@dataclass(frozen=True)
class Images:
    """Images, uint8 (n, height, width, 3), and their classes, one-hot float32 (n, classes)."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.float32]


def load(dataset: str) -> tuple[Images, Images]:
    """Return what there is to train and to validate on."""
    opened = Dataset.open(dataset)
    training, validation = (opened.rows(split) for split in (Split.TRAIN, Split.VALIDATION))
    one_hot = np.eye(len(opened.classes), dtype=np.float32)
    return Images(opened.take(training), one_hot[opened.labels[training]]), Images(
        opened.take(validation), one_hot[opened.labels[validation]]
    )


class GalaxyClassifier(keras_tuner.HyperModel):
    def __init__(self, image_shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        self._space = GalaxyHyperModel(input_shape=image_shape, num_classes=classes)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        model = self._space.build(hp)
        metrics = [keras.metrics.F1Score(average="macro", name="macro_f1")]
        model.compile(optimizer=model.optimizer, loss=model.loss, metrics=metrics)
        return model

    def fit(
        self,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        training: Images,
        validation: Images,
        **options: object,
    ) -> keras.callbacks.History:
        """Train as ``hp`` says; ``options`` are those of `keras.Model.fit`."""
        values = hp.values
        options["callbacks"] = [*options.get("callbacks", []), NoteEpochs(values)]
        return model.fit(
            batches(training, values),
            validation_data=(validation.pixels.astype(np.float32) / 255, validation.labels),
            class_weight=class_weights(training, values),
            verbose=2,
            **options,
        )


def batches(training: Images, values: dict[str, object]) -> tf.data.Dataset:
    """Return an epoch of training images, shuffled, balanced and varied as ``values`` say."""
    batch_size, augment = values["batch_size"], augmentation(values)

    def varied(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images, labels = tf.gather(pixels, rows), tf.gather(one_hot, rows)
        images = augment(tf.cast(images, tf.float32) / 255, training=True)
        if mix is None:
            return images, labels
        mixed = mix({"images": images, "labels": labels}, training=True)
        return mixed["images"], mixed["labels"]

    pixels, one_hot = tf.constant(training.pixels), tf.constant(training.labels)
    mix = keras.layers.MixUp(values["mixup"]) if values["mixup"] else None
    rows = tf.data.Dataset.from_generator(
        lambda: balanced_rows(training, values), output_signature=tf.TensorSpec((), tf.int64)
    )
    rows = rows.apply(tf.data.experimental.assert_cardinality(len(list(balanced_rows(training, values)))))
    return rows.batch(batch_size).map(varied, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def augmentation(values: dict[str, object]) -> keras.Sequential:
    strength, brightness, colour = (
        float(values[name]) for name in ("augmentation", "augmentation_brightness", "augmentation_colour_jitter")
    )
    layers = [
        keras.layers.RandomFlip("horizontal"),
        keras.layers.RandomRotation(0.5 * strength, fill_mode="reflect"),
        keras.layers.RandomZoom(0.2 * strength, fill_mode="reflect"),
        keras.layers.RandomTranslation(0.06 * strength, 0.06 * strength, fill_mode="reflect"),
    ]
    if brightness or colour:
        layers.append(
            keras.layers.RandomColorJitter(
                value_range=(0, 1), brightness_factor=brightness or None, saturation_factor=colour or None
            )
        )
    return keras.Sequential(layers)


def balanced_rows(training: Images, values: dict[str, object]) -> Iterator[int]:
    """Yield the rows of an epoch: frequent classes cut, or rare ones repeated, as ``balance`` says."""
    kind, labels = values["balance"], training.labels.argmax(axis=1)
    generator = np.random.default_rng()
    keeping = generator if values.get("fresh_undersampling") else np.random.default_rng(1)
    counts = np.bincount(labels, minlength=training.labels.shape[1])
    chosen = []
    for label in np.flatnonzero(counts):
        rows = np.flatnonzero(labels == label)
        if kind == "undersample":
            most = int(values["undersampling_ratio"] * counts[counts > 0].min())
            rows = keeping.permutation(rows)[:most]
        elif kind == "oversample":
            least = int(values["oversampling_ratio"] * counts.max())
            rows = np.concatenate([rows, generator.choice(rows, max(0, least - len(rows)))])
        chosen.append(rows)
    yield from generator.permutation(np.concatenate(chosen))


def class_weights(training: Images, values: dict[str, object]) -> dict[int, float] | None:
    if values["balance"] != "weights":
        return None
    counts = training.labels.sum(axis=0)
    weights = (counts.sum() / np.maximum(counts, 1)) ** values["class_weight_power"]
    weights *= counts.sum() / (weights * counts).sum()
    return dict(enumerate(weights.tolist()))


def steps_of(training: Images, values: dict[str, object]) -> int:
    """Return the optimizer's steps in an epoch."""
    return int(batches(training, values).cardinality())
