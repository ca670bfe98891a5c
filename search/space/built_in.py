"""The built-in search space: convolutional networks for small galaxy images, and how they are trained.

The defaults are a configuration that does well on real galaxies (see `tests/benchmarks/accuracy`); a search varies
values around them. `networks` has the networks. What belongs to training (batch size, balance, augmentation) is
declared here too, so that the oracle varies everything together; see `search.training_options` for what becomes of it.
"""

import keras
import keras_tuner
from keras import layers

from search.space.networks import features_of, only_if
from trainer import FusedAdamW


class GalaxyHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]
    """Builds a compiled CNN: images float32 (batch, height, width, 3) in 0–1 → class probabilities (batch, classes).

    Labels are one-hot: the loss is categorical cross-entropy with label smoothing.
    """

    def __init__(self, *, input_shape: tuple[int, int, int], num_classes: int) -> None:
        super().__init__(name="galaxy_cnn")
        self.input_shape = input_shape
        self.num_classes = num_classes

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Declare every hyperparameter on ``hp`` and build the model of its present values."""
        declare_training(hp)
        images = layers.Input(self.input_shape, name="image")
        features = features_of(hp, images)
        # In float32 whatever the rest computes in: 8 bits of mantissa are too few for a probability.
        outputs = layers.Dense(self.num_classes, activation="softmax", dtype="float32", name="class")(features)
        model = keras.Model(images, outputs, name=self.name)
        model.compile(
            optimizer=_optimizer(hp),
            loss=keras.losses.CategoricalCrossentropy(
                label_smoothing=hp.Float("label_smoothing", 0.0, 0.1, step=0.05, default=0.05)
            ),
            metrics=["accuracy"],
        )
        return model


def declare_training(hp: keras_tuner.HyperParameters) -> None:
    """Declare the hyperparameters of training; `search.training_options` says what each sets.

    Noise and cutout are left to spaces of one's own: each more dimension thins out a search of few trials. Colours vary
    by no more than 10 %: a galaxy's colour tells its class.
    """
    hp.Fixed("precision", "auto")
    hp.Fixed("weight_averaging", 0.998)
    hp.Choice("batch_size", [32, 64, 128], default=64)
    # Not from 0: trials are short, and without augmentation a model that leads after 4 epochs overfits by the 20th.
    hp.Float("augmentation", 0.25, 1.0, step=0.25, default=1.0)
    hp.Choice("augmentation_brightness", [0.0, 0.1, 0.2], default=0.1)
    hp.Choice("augmentation_colour_jitter", [0.0, 0.1], default=0.1)
    # Of the 0.1–0.4 that Zhang et al. 2018 (arXiv:1710.09412) recommend, the middle.
    hp.Choice("mixup", [0.0, 0.2], default=0.0)
    _declare_balance(hp)


def _declare_balance(hp: keras_tuner.HyperParameters) -> None:
    hp.Choice("balance", ["none", "undersample", "oversample", "weights"], default="none")
    undersampled = only_if("balance", "undersample")
    hp.Float("undersampling_ratio", 4.0, 16.0, step=4.0, default=8.0, **undersampled)
    hp.Boolean("fresh_undersampling", default=False, **undersampled)
    hp.Choice("oversampling_ratio", [0.25, 0.5], default=0.25, **only_if("balance", "oversample"))
    hp.Choice("class_weight_power", [0.25, 0.5, 1.0], default=0.5, **only_if("balance", "weights"))


def _optimizer(hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
    kind = hp.Choice("optimizer", ["adamw", "sgd", "rmsprop"], default="adamw")
    # A step takes off rate × decay of a weight.
    weight_decay = hp.Float("weight_decay", 1e-4, 1e-1, sampling="log", default=5e-2)
    # The useful rate differs tenfold between the families, so each has its own range.
    adaptive = hp.Float(
        "learning_rate", 5e-4, 4e-3, sampling="log", default=2e-3, **only_if("optimizer", "adamw", "rmsprop")
    )
    beta_2 = hp.Choice("beta_2", [0.99, 0.999], default=0.99, **only_if("optimizer", "adamw"))
    sgd = only_if("optimizer", "sgd")
    rate = hp.Float("sgd_learning_rate", 1e-2, 1e-1, sampling="log", default=3e-2, **sgd)
    momentum = hp.Float("momentum", 0.8, 0.95, step=0.05, default=0.9, **sgd)
    nesterov = hp.Boolean("nesterov", default=True, **sgd)
    optimizer: keras.optimizers.Optimizer
    if kind == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)
    elif kind == "rmsprop":
        optimizer = keras.optimizers.RMSprop(adaptive, weight_decay=weight_decay)
    else:
        optimizer = FusedAdamW(adaptive, beta_2=beta_2, weight_decay=weight_decay)
    # Scales and offsets are not what overfits (He et al. 2019, arXiv:1812.01187, section 3.1).
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer
