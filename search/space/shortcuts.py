"""Networks of blocks around which their input goes as well (He et al. 2016, arXiv:1512.03385).

*residual*: of ordinary convolutions. *equivariant*: of convolutions that turn with the image, about as much work with a
quarter of the weights. *separable*: of depthwise separable ones (Chollet 2017, arXiv:1610.02357), fewer weights, less
work.
"""

from keras import KerasTensor, layers

from trainer import TURNS, FusedBatchNormalization, TurnConvolution, TurnNormalization

_LARGE_IMAGE = 64
"""Side in pixels from which the image is halved at once: most of a network's work is at full size."""
_STAGES = 3
MOMENTUM = 0.9
"""Of normalisation. Keras's 0.99 remembers hundreds of steps: too long for the first epochs of a short trial."""


class Residual:
    """Ordinary layers; the other kinds change some of them."""

    def convolution(self, features: KerasTensor, filters: int, *, size: int = 3, strides: int = 1) -> KerasTensor:
        """Convolve without bias, padded."""
        return layers.Conv2D(
            filters, size, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(features)

    def normalised(self, features: KerasTensor) -> KerasTensor:
        """Normalise by the batch."""
        return FusedBatchNormalization(momentum=MOMENTUM)(features)

    def squeezed(self, features: KerasTensor) -> KerasTensor:
        """Return the mean of each feature over the image: (batch, n)."""
        return layers.GlobalAveragePooling2D()(features)

    def weighed(self, features: KerasTensor, weights: KerasTensor) -> KerasTensor:
        """Multiply each feature, (batch, height, width, n), by its weight, (batch, n)."""
        return layers.Multiply()([features, layers.Reshape((1, 1, -1))(weights)])


class Separable(Residual):
    """Depthwise separable convolutions."""

    def convolution(self, features: KerasTensor, filters: int, *, size: int = 3, strides: int = 1) -> KerasTensor:
        """Convolve each feature by itself, then join them; pixels and single cells at once."""
        if size == 1 or features.shape[-1] <= 3:
            return super().convolution(features, filters, size=size, strides=strides)
        return layers.SeparableConv2D(filters, size, strides=strides, padding="same", use_bias=False)(features)


class Equivariant(Residual):
    """Layers whose features turn with the image; of n channels one in ``TURNS`` is a feature, seen in each turn."""

    def convolution(self, features: KerasTensor, filters: int, *, size: int = 3, strides: int = 1) -> KerasTensor:
        """Convolve in all turns; with a kernel of even size where it is strided, as that wants."""
        even, lifting = (size + 1 if strides > 1 else size), features.shape[-1] % TURNS != 0
        return TurnConvolution(filters, even, strides=strides, lifting=lifting)(features)

    def normalised(self, features: KerasTensor) -> KerasTensor:
        """Normalise by the batch, alike in all turns."""
        return TurnNormalization(momentum=MOMENTUM)(features)

    def squeezed(self, features: KerasTensor) -> KerasTensor:
        """Return the mean of each feature over the image and the turns: (batch, n / TURNS)."""
        means = layers.Reshape((TURNS, -1))(super().squeezed(features))
        return layers.GlobalAveragePooling1D()(means)

    def weighed(self, features: KerasTensor, weights: KerasTensor) -> KerasTensor:
        """Multiply each feature in all turns, (batch, height, width, n), by its weight, (batch, n / TURNS)."""
        return super().weighed(features, layers.Flatten()(layers.RepeatVector(TURNS)(weights)))


def features_with_shortcuts(
    images: KerasTensor, kind: Residual, filters: int, depth: int, *, excited: bool
) -> KerasTensor:
    """Return features, (batch, n), of ``images``, (batch, height, width, 3), by three stages of ``depth`` blocks.

    Each stage halves the map and has twice the filters of the one before; the first has twice ``filters``. If
    ``excited``, each block weighs its features by what the whole image shows.
    """
    features = kind.convolution(images, filters, strides=2 if min(images.shape[1:3]) >= _LARGE_IMAGE else 1)
    features = layers.ReLU()(kind.normalised(features))
    for stage in range(_STAGES):
        for block in range(depth):
            features = _block(features, kind, filters * 2 ** (stage + 1), halved=block == 0, excited=excited)
    return kind.squeezed(features)


def _block(features: KerasTensor, kind: Residual, filters: int, *, halved: bool, excited: bool) -> KerasTensor:
    inner = layers.ReLU()(kind.normalised(kind.convolution(features, filters, strides=2 if halved else 1)))
    inner = kind.normalised(kind.convolution(inner, filters))
    if excited:
        inner = _excited(inner, kind)
    # Averaged, not every other pixel: what is thrown away would be information.
    shortcut = layers.AveragePooling2D(2, padding="same")(features) if halved else features
    if shortcut.shape[-1] != filters:
        shortcut = kind.normalised(kind.convolution(shortcut, filters, size=1))
    return layers.ReLU()(layers.Add()([shortcut, inner]))


def _excited(features: KerasTensor, kind: Residual) -> KerasTensor:
    """Weigh the features by what the whole image shows (Hu et al. 2018, arXiv:1709.01507).

    They are squeezed to an eighth, 8 at least.
    """
    squeezed = kind.squeezed(features)
    count = squeezed.shape[-1]
    weights = layers.Dense(max(8, count // 8), activation="relu")(squeezed)
    return kind.weighed(features, layers.Dense(count, activation="sigmoid")(weights))
