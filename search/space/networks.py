"""The networks of the built-in space, from images to the features that decide on the class.

*plain*: convolution and pooling, each block with twice the filters of the one before, then fully connected layers.
*residual*: blocks of two convolutions around which their input goes as well (He et al. 2016, arXiv:1512.03385).
*separable*: the same of depthwise separable convolutions (Chollet 2017, arXiv:1610.02357): fewer parameters, less work.
"""

from dataclasses import dataclass
from typing import Any, Self

from keras import layers
from keras_tuner import HyperParameters

from trainer import FusedBatchNormalization

_SMALLEST_MAP = 4
_MOST_FILTERS = 256
# Keras's 0.99 remembers hundreds of steps: too long for the first epochs of a short trial.
_MOMENTUM = 0.9
_LARGE_IMAGE = 80
"""Side in pixels from which a residual network halves the image at once: most of its work is at full size."""
_STAGES = 3
_PLAIN: dict[str, Any] = {"parent_name": "network", "parent_values": ["plain"]}
_SHORTCUT: dict[str, Any] = {"parent_name": "network", "parent_values": ["residual", "separable"]}


def features_of(hp: HyperParameters, images: Any) -> Any:
    """Declare a network on ``hp`` and return its features, (batch, n), of ``images``, (batch, height, width, 3)."""
    network = hp.Choice("network", ["plain", "residual", "separable"], default="residual")
    dropout = hp.Float("dropout", 0.0, 0.4, step=0.1, default=0.2)
    # Filters in multiples of 16, which processors compute fastest: 32 take less time than 24.
    # All are declared whatever the network is, so that the oracle knows them from the start.
    filters = hp.Choice("first_filters", [16, 32, 48], default=32, **_SHORTCUT)
    depth = hp.Int("blocks_per_stage", 1, 3, default=2, **_SHORTCUT)
    excited = hp.Boolean("squeeze_excite", default=True, **_SHORTCUT)
    plain = _Plain.declared(hp, images)
    if network == "plain":
        return plain.features_of(images, dropout)
    features = _with_shortcuts(images, filters, depth, separable=network == "separable", excited=excited)
    return layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(features))


@dataclass(frozen=True)
class _Plain:
    """A plain network."""

    blocks: int
    filters: int
    kernel_size: int
    normalised: bool
    convolutions: int
    pooling: str
    head: str
    dense_units: int
    dense_layers: int

    @classmethod
    def declared(cls, hp: HyperParameters, images: Any) -> Self:
        deepest = max(1, (min(images.shape[1:3]) // _SMALLEST_MAP).bit_length() - 1)
        return cls(
            blocks=hp.Int("blocks", min(3, deepest), min(5, deepest), default=min(4, deepest), **_PLAIN),
            filters=hp.Choice("filters", [16, 32, 48], default=32, **_PLAIN),
            kernel_size=hp.Choice("kernel_size", [3, 5], default=3, **_PLAIN),
            normalised=hp.Boolean("batch_normalization", default=True, **_PLAIN),
            convolutions=hp.Int("convolutions", 1, 2, default=1, **_PLAIN),
            pooling=hp.Choice("pooling", ["max", "average"], **_PLAIN),
            head=hp.Choice("head", ["global_average", "flatten"], **_PLAIN),
            dense_units=hp.Choice("dense_units", [64, 128, 256], default=128, **_PLAIN),
            dense_layers=hp.Int("dense_layers", 1, 2, default=1, **_PLAIN),
        )

    def features_of(self, images: Any, dropout: float) -> Any:
        features = images
        for block in range(self.blocks):
            features = self._block(features, min(self.filters * 2**block, _MOST_FILTERS))
        features = layers.Flatten()(features) if self.head == "flatten" else layers.GlobalAveragePooling2D()(features)
        for _ in range(self.dense_layers):
            features = layers.Dropout(dropout)(layers.Dense(self.dense_units, activation="relu")(features))
        return features

    def _block(self, features: Any, filters: int) -> Any:
        for _ in range(self.convolutions):
            convolution = layers.Conv2D(filters, self.kernel_size, padding="same", use_bias=not self.normalised)
            features = convolution(features)
            if self.normalised:
                features = _normalised(features)
            features = layers.ReLU()(features)
        return layers.AveragePooling2D(2)(features) if self.pooling == "average" else layers.MaxPooling2D(2)(features)


def _with_shortcuts(images: Any, filters: int, depth: int, *, separable: bool, excited: bool) -> Any:
    """Three stages of ``depth`` blocks; each stage halves the map and has twice the filters of the one before."""
    features = _convolution(images, filters, strides=2 if min(images.shape[1:3]) >= _LARGE_IMAGE else 1)
    features = layers.ReLU()(_normalised(features))
    for stage in range(_STAGES):
        for block in range(depth):
            features = _block(
                features, filters * 2 ** (stage + 1), halved=block == 0, separable=separable, excited=excited
            )
    return features


def _block(features: Any, filters: int, *, halved: bool, separable: bool, excited: bool) -> Any:
    convolution = _separable_convolution if separable else _convolution
    inner = layers.ReLU()(_normalised(convolution(features, filters, strides=2 if halved else 1)))
    inner = _normalised(convolution(inner, filters))
    if excited:
        inner = _excited(inner, filters)
    # Averaged, not every other pixel: what is thrown away would be information.
    shortcut = layers.AveragePooling2D(2, padding="same")(features) if halved else features
    if shortcut.shape[-1] != filters:
        shortcut = _normalised(_convolution(shortcut, filters, size=1))
    return layers.ReLU()(layers.Add()([shortcut, inner]))


def _excited(features: Any, filters: int) -> Any:
    """Weigh the channels by what the whole image shows (Hu et al. 2018, arXiv:1709.01507), squeezed to an eighth."""
    weights = layers.GlobalAveragePooling2D(keepdims=True)(features)
    weights = layers.Conv2D(max(8, filters // 8), 1, activation="relu")(weights)
    weights = layers.Conv2D(filters, 1, activation="sigmoid")(weights)
    return layers.Multiply()([features, weights])


def _convolution(features: Any, filters: int, *, size: int = 3, strides: int = 1) -> Any:
    return layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(features)


def _separable_convolution(features: Any, filters: int, *, strides: int = 1) -> Any:
    return layers.SeparableConv2D(filters, 3, strides=strides, padding="same", use_bias=False)(features)


def _normalised(features: Any) -> Any:
    return FusedBatchNormalization(momentum=_MOMENTUM)(features)
