"""An optimizer that takes a few operations for each weight instead of dozens: quicker to trace and to run."""

from collections.abc import Sequence

from trainer.frameworks import keras, tf


@keras.saving.register_keras_serializable("galaxy_tuner")
class FusedAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """Keras's AdamW by TensorFlow's own operations for it.

    Configuration, variables and results (up to rounding) are those of the base class. What the operations cannot do
    (sparse gradients, weights in another format than float32, ``amsgrad``, a distribution strategy) Keras does. The
    private names of the base class are listed, with their reasons, in `keras_internals`.
    """

    def _backend_update_step(
        self, grads: Sequence[tf.Tensor], trainable_variables: Sequence[keras.Variable], learning_rate: tf.Tensor
    ) -> None:
        """Update each variable and its two moments by one operation (Kingma & Ba 2015, arXiv:1412.6980)."""
        if self.amsgrad or tf.distribute.has_strategy() or not all(map(_is_plain, grads, trainable_variables)):
            super()._backend_update_step(grads, trainable_variables, learning_rate)
            return
        step = tf.cast(self.iterations + 1, tf.float32)
        settings = {
            "beta1_power": tf.pow(self.beta_1, step),
            "beta2_power": tf.pow(self.beta_2, step),
            "lr": tf.cast(learning_rate, tf.float32),
            "beta1": self.beta_1,
            "beta2": self.beta_2,
            "epsilon": self.epsilon,
        }
        for grad, variable in zip(grads, trainable_variables, strict=True):
            index = self._get_variable_index(variable)
            tf.raw_ops.ResourceApplyAdam(
                var=_handle(variable),
                m=_handle(self._momentums[index]),
                v=_handle(self._velocities[index]),
                grad=tf.cast(grad, tf.float32),
                **settings,
            )

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        share = tf.cast(self.learning_rate, tf.float32) * self.weight_decay
        for variable in variables:
            if self._use_weight_decay(variable.value):
                _move(variable, by=variable.value, share=share)

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[keras.Variable]) -> None:
        # The first average is the weights themselves.
        share = tf.where(self.iterations == 0, 1.0, 1.0 - self.ema_momentum)
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            if average is not None:
                _move(average, by=average.value - variable.value, share=share)


def _is_plain(grad: tf.Tensor, variable: keras.Variable) -> bool:
    return variable.dtype == "float32" and not isinstance(grad, tf.IndexedSlices)


def _move(variable: keras.Variable, *, by: tf.Tensor, share: tf.Tensor) -> None:
    tf.raw_ops.ResourceApplyGradientDescent(var=_handle(variable), alpha=tf.cast(share, variable.dtype), delta=by)


def _handle(variable: keras.Variable) -> tf.Tensor:
    return variable.value.handle
