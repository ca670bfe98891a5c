"""All that classification computes as one Keras model, so that another program needs nothing but its file."""

import keras
import tensorflow as tf

from trainer.bundles.bundle import Bundle
from trainer.exporting.formats import INPUT, OUTPUT
from trainer.final.calibration import SMALLEST


class ServingModel(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A bundle as a model: images uint8 (batch, side, side, 3) → ``{OUTPUT: float32 (batch, classes)}``.

    It scales the pixels, averages the members' probabilities and calibrates the average, as
    `Classifier.probabilities` does. Outputs that are no probabilities are not noticed here.
    """

    # A subclass, since members trained by the same `build` share their names, which a functional model refuses.
    def __init__(self, bundle: Bundle) -> None:
        super().__init__(name="galaxy_classifier")
        self.members = list(bundle.models)
        self.logits = [member.logits for member in bundle.manifest.members]
        self.temperature = bundle.manifest.temperature

    def call(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the calibrated probabilities."""
        floats = keras.ops.cast(images, "float32") / 255
        found = [self._probabilities(*member, floats) for member in zip(self.members, self.logits, strict=True)]
        average = keras.ops.mean(keras.ops.stack(found), axis=0)
        logits = keras.ops.log(keras.ops.maximum(average, SMALLEST)) / self.temperature
        return {OUTPUT: keras.ops.softmax(logits)}

    def _probabilities(self, member: keras.Model, logits: bool, images: tf.Tensor) -> tf.Tensor:
        outputs = keras.ops.cast(member(images, training=False), "float32")
        return keras.ops.softmax(outputs) if logits else outputs / keras.ops.sum(outputs, axis=1, keepdims=True)


def serving_signature(bundle: Bundle) -> list[tf.TensorSpec]:
    """Return what `ServingModel` takes: a batch of any size."""
    side = bundle.manifest.preprocessing.image_size
    return [tf.TensorSpec((None, side, side, 3), tf.uint8, name=INPUT)]
