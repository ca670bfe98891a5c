"""All that classification computes as one Keras model, so that another program needs nothing but its file."""

import numpy as np

from trainer.answering.calibration import SMALLEST
from trainer.answering.none_of_these import FLOOR, NoneOfThese
from trainer.answering.novelty import Novelty, ring_weights
from trainer.bundles.bundle import Bundle
from trainer.exporting.formats import INPUT, NONE, NOVELTY, OUTPUT
from trainer.frameworks import keras, tf


class ServingModel(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A bundle as a model: images uint8 (batch, side, side, 3) → ``OUTPUT``, float32 (batch, classes), and others.

    It scales the pixels, averages the members' probabilities by their weights and calibrates the average, as
    `Classifier.probabilities` does. Outputs that are no probabilities are not noticed here. ``NOVELTY`` and
    ``NONE``, float32 (batch,), are those of `trainer.answering`; a bundle that does not know one has no such output.
    """

    # A subclass, since members trained by the same `build` share their names, which a functional model refuses.
    def __init__(self, bundle: Bundle) -> None:
        super().__init__(name="galaxy_classifier")
        self.members = list(bundle.models)
        self.logits = [member.logits for member in bundle.manifest.members]
        self.shares = np.array(bundle.manifest.weights) / sum(bundle.manifest.weights)
        self.temperature = bundle.manifest.temperature
        self.novelty = bundle.trust.novelty if bundle.trust is not None else None
        self.none = bundle.trust.none if bundle.trust is not None else None

    def call(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the calibrated probabilities, how unlike the known images these are, and how likely of no class."""
        floats = keras.ops.cast(images, "float32") / 255
        each = [self._probabilities(*member, floats) for member in zip(self.members, self.logits, strict=True)]
        average = sum(share * one for share, one in zip(self.shares.tolist(), each, strict=True))
        logits = keras.ops.log(keras.ops.maximum(average, SMALLEST)) / self.temperature
        probabilities = keras.ops.softmax(logits)
        outputs = {OUTPUT: probabilities}
        if self.novelty is not None:
            outputs[NOVELTY] = _novelty(floats, self.novelty)
        if self.none is not None:
            outputs[NONE] = _none(probabilities, self.none)
        return outputs

    def _probabilities(self, member: keras.Model, logits: bool, images: tf.Tensor) -> tf.Tensor:
        outputs = keras.ops.cast(member(images, training=False), "float32")
        return keras.ops.softmax(outputs) if logits else outputs / keras.ops.sum(outputs, axis=1, keepdims=True)


def _novelty(images: tf.Tensor, novelty: Novelty) -> tf.Tensor:
    """Compute `Novelty.of`: float32 (batch,), of images float32 (batch, side, side, 3) in 0–1."""
    side, rings = images.shape[1], ring_weights(images.shape[1]).T
    pixels = keras.ops.transpose(keras.ops.reshape(images, (-1, side * side, 3)), (0, 2, 1))
    mean = keras.ops.matmul(pixels, rings)
    variance = keras.ops.matmul(pixels * pixels, rings) - mean * mean
    spread = keras.ops.sqrt(keras.ops.maximum(variance, 0.0))
    rows = keras.ops.transpose(keras.ops.concatenate([mean, spread], axis=2), (0, 2, 1))
    away = keras.ops.reshape(rows, (-1, len(novelty.mean))) - novelty.mean.astype(np.float32)
    # Precision is L Lᵀ, so the Mahalanobis distance is the length of (x - mean) L.
    values, vectors = np.linalg.eigh(novelty.precision / novelty.limit)
    scaled = (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)
    return keras.ops.sqrt(keras.ops.sum(keras.ops.square(keras.ops.matmul(away, scaled)), axis=1))


def _none(probabilities: tf.Tensor, none: NoneOfThese) -> tf.Tensor:
    """Compute `NoneOfThese.of`: float32 (batch,), of probabilities float32 (batch, classes)."""
    logs = keras.ops.log(keras.ops.maximum(probabilities, FLOOR))
    # Not by argmax: what Keras makes of that for TensorFlow is no operation of ONNX.
    most = keras.ops.max(probabilities, axis=1, keepdims=True)
    named = keras.ops.cast(probabilities >= most, "float32")
    before = np.triu(np.ones((len(none.limits), len(none.limits)), np.float32), 1)
    named *= keras.ops.cast(keras.ops.matmul(named, before) < 0.5, "float32")  # of classes as probable, the first
    scores = keras.ops.sum(logs * none.weights.astype(np.float32), axis=1)
    return keras.ops.exp(scores - keras.ops.sum(named * none.limits.astype(np.float32), axis=1))


def serving_signature(bundle: Bundle) -> list[tf.TensorSpec]:
    """Return what `ServingModel` takes: a batch of any size."""
    side = bundle.manifest.preprocessing.image_size
    return [tf.TensorSpec((None, side, side, 3), tf.uint8, name=INPUT)]
