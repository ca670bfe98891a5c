"""Layers whose features turn with the image: a galaxy has no up, so no direction need be learnt four times.

Group convolution over the four quarter turns (p4; Cohen & Welling 2016, arXiv:1602.07576). The channels of a feature
map are four blocks, one a turn: if the image turns by 90°, so do the maps, and the blocks move on by one. The mean over
maps and blocks does not change at all. A layer of n channels costs what an ordinary one of its kernel does and has a
quarter of its weights.

It holds exactly where maps are square and strided layers get maps of an even size, and nearly elsewhere.
"""

import numpy as np
import numpy.typing as npt

from trainer.fitting.layers import fused_normalization
from trainer.frameworks import keras, tf

TURNS = 4


@keras.saving.register_keras_serializable("galaxy_tuner")
class TurnConvolution(keras.layers.Layer):  # type: ignore[misc]
    """Convolution without bias: (batch, height, width, n) → (…, ``filters``), a multiple of ``TURNS``.

    From images if ``lifting``, else from the features of such a layer. Borders are padded with zeros. ``kernel_size``
    is odd, or with strides of 2 even: so its centre is the same whichever way the map is turned.
    """

    def __init__(
        self, filters: int, kernel_size: int, *, strides: int = 1, lifting: bool = False, **options: object
    ) -> None:
        super().__init__(**options)
        if filters % TURNS:
            raise ValueError(f"filters must be a multiple of {TURNS}, got {filters}")
        if kernel_size < strides or (kernel_size - strides) % 2:
            raise ValueError(
                f"kernel_size must be strides or larger by an even number, got {kernel_size} and strides of {strides}"
            )
        self.filters, self.kernel_size, self.strides, self.lifting = filters, kernel_size, strides, lifting

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weights of one turn, from which those of the others follow."""
        channels, before = shape[-1], 1 if self.lifting else TURNS
        if channels is None or channels % before:
            raise ValueError(f"channels must be a multiple of {TURNS}, got {channels}; set lifting for images")
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, channels, self.filters // TURNS),
            initializer="he_normal",
            name="kernel",
        )
        self._places = _places(self.kernel_size, before)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Convolve ``inputs`` with the kernel in all four turns."""
        return tf.nn.conv2d(inputs, self.turned_kernel(tf.cast(self.kernel, self.compute_dtype)), self.strides, "SAME")

    def turned_kernel(self, kernel: tf.Tensor) -> tf.Tensor:
        """Return the kernel of the ordinary convolution that does the same: (size, size, channels, filters)."""
        size, _, channels, filters = kernel.shape
        cells = tf.reshape(kernel, (size * size * self._places.shape[1], -1, filters))
        # To one row an offset and turn before, one column a turn after; then the turns join the channels.
        turned = tf.transpose(tf.gather(cells, self._places), (0, 1, 3, 2, 4))
        return tf.reshape(turned, (size, size, channels, TURNS * filters))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Say what comes of inputs of ``shape``."""
        sides = (None if side is None else -(-side // self.strides) for side in shape[1:3])
        return (shape[0], *sides, self.filters)

    def get_config(self) -> dict[str, object]:
        """Return what makes the same layer."""
        own = ("filters", "kernel_size", "strides", "lifting")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


@keras.saving.register_keras_serializable("galaxy_tuner")
class TurnNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Batch normalisation of such features, (batch, height, width, channels), alike in all turns.

    In training each turn is normalised by its own moments, as one fused operation does it; what is learnt is their
    mean. The two are the same where images come in any turn, as galaxies do.
    """

    def __init__(self, *, momentum: float = 0.99, epsilon: float = 1e-3, **options: object) -> None:
        super().__init__(**options)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weights of one turn, named and ordered as Keras's own layer has them."""
        if not shape[-1] or shape[-1] % TURNS:
            raise ValueError(f"channels must be a multiple of {TURNS}, got {shape[-1]}")
        channels = shape[-1] // TURNS

        def weight(name: str, start: str, *, trainable: bool) -> keras.Variable:
            # Moments are float32 whatever the features are in.
            return self.add_weight(shape=(channels,), initializer=start, trainable=trainable, autocast=False, name=name)

        self.gamma, self.beta = weight("gamma", "ones", trainable=True), weight("beta", "zeros", trainable=True)
        self.moving_mean = weight("moving_mean", "zeros", trainable=False)
        self.moving_variance = weight("moving_variance", "ones", trainable=False)

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Normalise by the batch's moments in training, else by those it has learnt."""
        learns = bool(training and self.trainable)
        scale, offset, mean, variance = (
            tf.tile(weight, (TURNS,)) for weight in (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        )
        momentum = self.momentum if learns else None
        outputs, mean, variance = fused_normalization(
            inputs, (scale, offset, mean, variance), epsilon=self.epsilon, momentum=momentum
        )
        if learns:
            self.moving_mean.assign(tf.reduce_mean(tf.reshape(mean, (TURNS, -1)), axis=0))
            self.moving_variance.assign(tf.reduce_mean(tf.reshape(variance, (TURNS, -1)), axis=0))
        return outputs

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Say what comes of inputs of ``shape``: the same."""
        return shape

    def get_config(self) -> dict[str, object]:
        """Return what makes the same layer."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


def _places(size: int, before: int) -> npt.NDArray[np.int32]:
    """Return which cell of a kernel, of (size, size, before) flattened, stands where: int32 (size², before, TURNS).

    After turn g the weights from turn s are those from s - g before, turned by g.
    """
    cells = np.arange(size * size * before, dtype=np.int32).reshape(size, size, before)
    turned = [np.rot90(np.roll(cells, turn, axis=2), turn) for turn in range(TURNS)]
    return np.stack(turned, axis=-1).reshape(size * size, before, TURNS)
