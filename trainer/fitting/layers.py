"""Layers that train faster than Keras's own and leave none of themselves in a finished model (see `portable`)."""

from typing import Any

import keras
import tensorflow as tf

_LANES = 16
"""oneDNN's code for bfloat16 wants multiples of so many channels; others take three times as long as in float32."""


@keras.saving.register_keras_serializable("galaxy_tuner")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras's BatchNormalization of images, as TensorFlow's one fused operation in place of a dozen.

    Weights, configuration and results are those of the base class, but for the moving variance, which has Bessel's
    correction here (n / (n − 1) over n pixels of a batch). In bfloat16 it normalises without going to float32 and back.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise ``inputs``, (batch, height, width, channels); what the operation cannot do, Keras does."""
        if mask is not None or not self._fuses(inputs):
            return super().call(inputs, training=training, mask=mask)
        if inputs.dtype != tf.float32 and inputs.shape[-1] % _LANES:
            return tf.cast(self._normalised(tf.cast(inputs, tf.float32), training), inputs.dtype)
        return self._normalised(inputs, training)

    def _normalised(self, inputs: Any, training: bool | None) -> Any:
        learns = bool(training and self.trainable)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            self.gamma,
            self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            is_training=learns,
            exponential_avg_factor=1.0 - self.momentum if learns else 1.0,
        )
        if learns:
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
        return outputs

    def _fuses(self, inputs: Any) -> bool:
        plain = self.center and self.scale and not self.renorm and not self.synchronized
        return plain and len(inputs.shape) == 4 and self.axis in (-1, 3)
