"""The networks of the built-in space, from images to the features that decide on the class.

*plain*: convolution and pooling, each block with twice the filters of the one before, then fully connected layers.
The others are `shortcuts`.
"""

from keras import KerasTensor, layers
from keras_tuner import HyperParameters

from search.space.shortcuts import MOMENTUM, Equivariant, Residual, Separable, features_with_shortcuts
from trainer import FusedBatchNormalization

_SMALLEST_MAP = 4
_MOST_FILTERS = 256
_WITH_SHORTCUTS = {"equivariant": Equivariant, "residual": Residual, "separable": Separable}


def only_if(parent: str, *values: str) -> dict[str, object]:
    """Return what declares a hyperparameter that counts only where ``parent`` has one of ``values``."""
    return {"parent_name": parent, "parent_values": list(values)}


_PLAIN, _SHORTCUT = only_if("network", "plain"), only_if("network", *_WITH_SHORTCUTS)


def features_of(hp: HyperParameters, images: KerasTensor) -> KerasTensor:
    """Declare a network on ``hp`` and return its features, (batch, n), of ``images``, (batch, height, width, 3)."""
    network = hp.Choice("network", [*_WITH_SHORTCUTS, "plain"], default="equivariant")
    dropout = hp.Float("dropout", 0.0, 0.4, step=0.1, default=0.3)
    # Filters in multiples of 16, which processors compute fastest: 32 take less time than 24.
    # All are declared whatever the network is, so that the oracle knows them from the start.
    filters = hp.Choice("first_filters", [16, 32, 48], default=32, **_SHORTCUT)
    depth = hp.Int("blocks_per_stage", 1, 3, default=2, **_SHORTCUT)
    excited = hp.Boolean("squeeze_excite", default=True, **_SHORTCUT)
    plain = _Plain(hp, images)
    if network == "plain":
        return plain.features_of(images, dropout)
    features = features_with_shortcuts(images, _WITH_SHORTCUTS[network](), filters, depth, excited=excited)
    return layers.Dropout(dropout)(features)


class _Plain:
    """A plain network, of hyperparameters that it declares on ``hp``."""

    def __init__(self, hp: HyperParameters, images: KerasTensor) -> None:
        deepest = max(1, (min(images.shape[1:3]) // _SMALLEST_MAP).bit_length() - 1)
        self.blocks: int = hp.Int("blocks", min(3, deepest), min(5, deepest), default=min(4, deepest), **_PLAIN)
        self.filters: int = hp.Choice("filters", [16, 32, 48], default=32, **_PLAIN)
        self.kernel_size: int = hp.Choice("kernel_size", [3, 5], default=3, **_PLAIN)
        self.normalised: bool = hp.Boolean("batch_normalization", default=True, **_PLAIN)
        self.convolutions: int = hp.Int("convolutions", 1, 2, default=1, **_PLAIN)
        self.pooling: str = hp.Choice("pooling", ["max", "average"], **_PLAIN)
        self.head: str = hp.Choice("head", ["global_average", "flatten"], **_PLAIN)
        self.dense_units: int = hp.Choice("dense_units", [64, 128, 256], default=128, **_PLAIN)
        self.dense_layers: int = hp.Int("dense_layers", 1, 2, default=1, **_PLAIN)

    def features_of(self, images: KerasTensor, dropout: float) -> KerasTensor:
        features = images
        for block in range(self.blocks):
            features = self._block(features, min(self.filters * 2**block, _MOST_FILTERS))
        features = layers.Flatten()(features) if self.head == "flatten" else layers.GlobalAveragePooling2D()(features)
        for _ in range(self.dense_layers):
            features = layers.Dropout(dropout)(layers.Dense(self.dense_units, activation="relu")(features))
        return features

    def _block(self, features: KerasTensor, filters: int) -> KerasTensor:
        for _ in range(self.convolutions):
            convolution = layers.Conv2D(filters, self.kernel_size, padding="same", use_bias=not self.normalised)
            features = convolution(features)
            if self.normalised:
                features = FusedBatchNormalization(momentum=MOMENTUM)(features)
            features = layers.ReLU()(features)
        return layers.AveragePooling2D(2)(features) if self.pooling == "average" else layers.MaxPooling2D(2)(features)
