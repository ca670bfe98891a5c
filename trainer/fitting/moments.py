"""The moments that batch normalisation uses outside of training, measured for the weights that they are used with.

A layer of it learns them as moving averages over the steps of training, of networks that are no more. While weights
change fast they do not fit the weights that a model is validated with, and averaged weights even less: after 30 steps
of a training that tells four classes apart, the model may answer one class for all. Measured on some batches of what it
has just been trained on ("PreciseBN", Wu & Johnson 2021, arXiv:2105.07576, section 3; for averaged weights Izmailov et
al. 2018, arXiv:1803.05407, section 3.2) they fit from the first epoch on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import numpy.typing as npt

from trainer.answering.predicting import compiled
from trainer.fitting.best import beside_a_training
from trainer.fitting.building import BuiltModel, feasibly
from trainer.fitting.equivariant import TurnNormalization
from trainer.fitting.keras_internals import all_layers
from trainer.frameworks import keras, tf

ENOUGH_IMAGES = 512
"""Networks of galaxies score no better with more (`tests/benchmarks/trainer/moments`)."""
_MOST_BYTES = 2**27  # large images have the more pixels to measure on
Values = Sequence[tuple[keras.Variable, npt.NDArray[np.float64]]]


class Moments:
    """Those of a built model's layers of batch normalisation, as far as these learn them."""

    def __init__(self, built: BuiltModel) -> None:
        """Find the layers. Nothing is traced before the first measurement."""
        model = self._model = built.model
        self._sums = [_Sums(layer) for layer in all_layers(model) if _learns(layer)]
        images = tf.TensorSpec((None, *built.image_shape), tf.float32)
        self._run = self._forward if model.run_eagerly else compiled(self._forward, images)

    def __bool__(self) -> bool:
        """Whether there is anything to measure."""
        return bool(self._sums)

    def enough(self, batches: Sequence[npt.NDArray[np.float32]]) -> bool:
        """Whether so many batches are enough to measure on, or are as many as should be kept for it."""
        return sum(map(len, batches)) >= ENOUGH_IMAGES or sum(batch.nbytes for batch in batches) >= _MOST_BYTES

    def measure(self, batches: Iterable[npt.NDArray[np.float32]]) -> Values:
        """Let the model use the moments of ``batches`` of images, and return them by its variables.

        All else is left as it was, the random numbers of the training as well. Raises InfeasibleError where the model
        cannot be run (out of memory, for one).
        """
        if not self:
            return []
        # All of them: spectral normalisation changes even a kernel whenever it is called in training.
        kept = [(variable, variable.numpy()) for variable in self._model.variables]
        for sums in self._sums:
            sums.clear()
        with feasibly(), beside_a_training(), ExitStack() as stack:
            for sums in self._sums:
                stack.enter_context(sums.taken())
            for images in batches:
                self._run(images)
        values = [pair for sums in self._sums for pair in sums.moments()]
        for variable, value in [*kept, *values]:
            variable.assign(value)
        return values

    def _forward(self, images: tf.Tensor) -> tf.Tensor:
        self._model(images, training=True)
        return tf.constant(0)  # a model may give anything while it is trained


class _Sums:
    """What one layer met in its calls, added up; it may be called several times for a batch."""

    def __init__(self, layer: keras.layers.Layer) -> None:
        self._layer = layer
        shape = layer.moving_mean.shape
        self._mean, self._square = (tf.Variable(tf.zeros(shape, tf.float64), trainable=False) for _ in range(2))
        self._calls = tf.Variable(0.0, trainable=False, dtype=tf.float64)

    def clear(self) -> None:
        for variable in (self._mean, self._square, self._calls):
            variable.assign(tf.zeros_like(variable))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Add up the moments of each call, or let a graph do so whose tracing is in the block."""
        layer, momentum, call = self._layer, self._layer.momentum, self._layer.call

        def called(*inputs: object, **options: object) -> object:
            outputs = call(*inputs, **options)
            mean, variance = (
                tf.cast(tf.convert_to_tensor(moment), tf.float64)
                for moment in (layer.moving_mean, layer.moving_variance)
            )
            self._mean.assign_add(mean)
            self._square.assign_add(variance + mean**2)
            self._calls.assign_add(1.0)
            return outputs

        # Without momentum the layer's moving averages are the moments of its last call.
        layer.momentum, layer.call = 0.0, called
        try:
            yield
        finally:
            layer.momentum = momentum
            del layer.call

    def moments(self) -> Values:
        """Return mean and variance over all images; nothing for a layer that was not called."""
        if not (calls := self._calls.numpy()):
            return []
        mean = self._mean.numpy() / calls
        variance = np.maximum(self._square.numpy() / calls - mean**2, 0)
        return [(self._layer.moving_mean, mean), (self._layer.moving_variance, variance)]


def _learns(layer: keras.layers.Layer) -> bool:
    """Whether it is batch normalisation that learns its moments: one that is frozen is to keep those it has."""
    if not isinstance(layer, (keras.layers.BatchNormalization, TurnNormalization)):
        return False
    # With renormalisation the outputs of a training step depend on the moving averages.
    return bool(layer.built and layer.trainable) and not getattr(layer, "renorm", False)
