"""The moments that batch normalisation uses outside of training, measured for the weights that they are used with.

A layer of it learns them as moving averages over the steps of training, of networks that are no more. While weights
change fast they do not fit the weights that a model is validated with, and averaged weights even less: after 30 steps
of a training that tells four classes apart, the model may answer one class for all. Measured on some batches of what it
has just been trained on ("PreciseBN", Wu & Johnson 2021, arXiv:2105.07576, section 3; for averaged weights Izmailov et
al. 2018, arXiv:1803.05407, section 3.2) they fit from the first epoch on.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import numpy.typing as npt

from datasets import Batches, Progress, silent
from trainer.answering.predicting import compiled
from trainer.errors import InfeasibleError, is_out_of_memory
from trainer.fitting.best import beside_a_training
from trainer.fitting.building import BuiltModel, feasibly
from trainer.fitting.equivariant import TurnNormalization
from trainer.fitting.keras_internals import all_layers
from trainer.frameworks import keras, tf

ENOUGH_IMAGES = 512
"""Networks of galaxies score no better with more (`tests/benchmarks/trainer/moments`)."""
_MOST_BYTES = 2**27  # large images have the more pixels to measure on
Values = Sequence[tuple[keras.Variable, npt.NDArray[np.float64]]]


def measured_batches(training: Batches, image_shape: tuple[int, int, int]) -> int:
    """Return on how many of an epoch's last batches of images of a shape they are measured, if the model has any."""
    enough = min(ENOUGH_IMAGES, max(1, _MOST_BYTES // (4 * math.prod(image_shape))))
    return min(len(training), math.ceil(enough / training.batch_size))


class Moments:
    """Those of a built model's layers of batch normalisation, as far as its training learns them."""

    def __init__(self, built: BuiltModel) -> None:
        """Find the layers. Nothing is traced before the first measurement."""
        model = self._model = built.model
        self._sums = [_Sums(layer) for layer in all_layers(model) if _learns(layer)]
        self._learning = self._sums
        images = tf.TensorSpec((None, *built.image_shape), tf.float32)
        self._run = self._forward if model.run_eagerly else compiled(self._forward, images)

    def __bool__(self) -> bool:
        """Whether there is anything to measure."""
        return bool(self._sums)

    @contextmanager
    def learnt(self) -> Iterator[None]:
        """Measure next only layers whose moving averages change while the block trains.

        A training step of the model's own may use what others have learnt before.
        """
        before = [sums.mean() for sums in self._sums]
        yield
        pairs = zip(self._sums, before, strict=True)
        self._learning = [sums for sums, mean in pairs if not np.array_equal(sums.mean(), mean)]

    def measure(self, batches: Collection[npt.NDArray[np.float32]], on_batch: Progress = silent) -> Values:
        """Let the model use the moments of ``batches`` of images, and return them by its variables.

        All else that Keras knows of the model is left as it was, and so are the random numbers of its training. A model
        that cannot be called with images alone while it trains keeps its moving averages.

        Raises InfeasibleError where the memory is not enough.
        """
        if not self._learning:
            return []
        # All of them: spectral normalisation changes even a kernel whenever it is called in training.
        kept = [(variable, variable.numpy()) for variable in self._model.variables]
        for sums in self._sums:
            sums.clear()
        try:
            with beside_a_training(), ExitStack() as stack:
                for sums in self._sums:
                    stack.enter_context(sums.taken())
                for number, images in enumerate(batches, 1):
                    with feasibly():
                        self._run(images)
                    on_batch(number, len(batches))
        except InfeasibleError as error:
            if error.__cause__ is None or is_out_of_memory(error.__cause__):
                raise
            self._sums = self._learning = []
        finally:
            for variable, value in kept:
                variable.assign(value)
        values = [pair for sums in self._learning for pair in sums.moments()]
        for variable, value in values:
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

    def mean(self) -> npt.NDArray[np.float32]:
        """Return what the layer has for its mean now."""
        return np.asarray(self._layer.moving_mean)

    def clear(self) -> None:
        for variable in (self._mean, self._square, self._calls):
            variable.assign(tf.zeros_like(variable))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Add up the moments of each call, or let a graph do so whose tracing is in the block."""
        layer, call = self._layer, self._layer.call
        own = {name: vars(layer)[name] for name in ("momentum", "call", "synchronized") if name in vars(layer)}

        def called(*inputs: object, **options: object) -> object:
            outputs = call(*inputs, **options)
            if not options.get("training"):  # with what it has learnt, which says nothing new
                return outputs
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
        # There is one replica: to add up over replicas has a custom gradient, which TensorFlow registers for ever.
        layer.synchronized = False
        try:
            yield
        finally:
            for name in ("momentum", "call", "synchronized"):
                delattr(layer, name)
            for name, value in own.items():
                setattr(layer, name, value)

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
    has = all(getattr(layer, name, None) is not None for name in ("moving_mean", "moving_variance", "momentum"))
    # With renormalisation the outputs of a training step depend on the moving averages.
    return bool(has and layer.trainable) and not getattr(layer, "renorm", False)
