"""Layers that train faster than Keras's own and leave none of themselves in a finished model (see `portable`)."""

from collections.abc import Sequence

from trainer.frameworks import keras, tf

_LANES = 16
"""oneDNN's code for bfloat16 wants multiples of so many channels; others take three times as long as in float32."""


@keras.saving.register_keras_serializable("galaxy_tuner")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras's BatchNormalization of images, as TensorFlow's one fused operation in place of a dozen.

    Weights, configuration and results are those of the base class, but for the moving variance, which has Bessel's
    correction here (n / (n − 1) over n pixels of a batch). In bfloat16 it normalises without going to float32 and back.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Normalise ``inputs``, (batch, height, width, channels); what the operation cannot do, Keras does."""
        if mask is not None or not self._fuses(inputs):
            return super().call(inputs, training=training, mask=mask)
        learns = bool(training and self.trainable)
        weights = (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        momentum = self.momentum if learns else None
        outputs, mean, variance = fused_normalization(inputs, weights, epsilon=self.epsilon, momentum=momentum)
        if learns:
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
        return outputs

    def _fuses(self, inputs: tf.Tensor) -> bool:
        plain = self.center and self.scale and not self.renorm and not self.synchronized
        return plain and len(inputs.shape) == 4 and self.axis in (-1, 3)


def fused_normalization(
    inputs: tf.Tensor, weights: Sequence[tf.Tensor], *, epsilon: float, momentum: float | None
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Normalise images by scale, offset, mean and variance, (channels,) each, in one operation.

    With ``momentum``, the share that the given moments keep of themselves, by the batch's own: returns the outputs and
    the new moments. Without, by the given ones, which are returned.
    """
    scale, offset, mean, variance = weights
    slow = inputs.dtype != tf.float32 and inputs.shape[-1] % _LANES
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        tf.cast(inputs, tf.float32) if slow else inputs,
        scale,
        offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=momentum is not None,
        exponential_avg_factor=1.0 if momentum is None else 1.0 - momentum,
    )
    return tf.cast(outputs, inputs.dtype), mean, variance
