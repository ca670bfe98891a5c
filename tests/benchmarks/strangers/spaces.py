"""The spaces that strangers bring, copied as `my_space.py` into the folder where the command is given."""

import time

import keras
import keras_tuner
import numpy as np
import tensorflow as tf

KERAS = keras.optimizers
WRAPPERS = (KERAS.Optimizer, KERAS.LossScaleOptimizer, KERAS.MultiOptimizer)
OPTIMIZERS = [
    name
    for name, kind in vars(KERAS).items()
    if isinstance(kind, type) and issubclass(kind, KERAS.Optimizer) and kind not in WRAPPERS
]
WAYS = ["loss scaled", "accumulated", "jit_compile", "run_eagerly", "train_step", "weighted metrics"]
LONG = ["x" * 3000, "y" * 3000]
ODD_NAMES = ["two words", "two\nlines", "[bold red]markup[/]", "<b>tag</b>", 'comma, "quoted"']


def network(units, *, middle=None, dtype=None, kind=keras.Sequential, **compiled):
    """Give a compiled network that trains in a blink."""
    layers = keras.layers
    parts = [keras.Input((16, 16, 3)), layers.AveragePooling2D(4), layers.Flatten()]
    parts += [middle] if middle else []
    parts += [layers.Dense(units, "relu", dtype=dtype), layers.Dense(2, "softmax", dtype=dtype)]
    model = kind(parts)
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy"} | compiled)
    return model


def build(hp):
    """Search one number, of those that are edited later."""
    units = hp.Int("units", 2, 40)
    hp.Choice("batch_size", [16])
    return network(units)


@keras.saving.register_keras_serializable("mine")
class Slow(keras.Sequential):
    """Take a second for three steps."""

    def train_step(self, data):
        tf.py_function(lambda: time.sleep(0.3), [], [])
        return super().train_step(data)


def slow(hp):
    """Train for long."""
    units = hp.Int("units", 2, 40)
    hp.Choice("batch_size", [16])
    return network(units, kind=Slow)


def hoarding(hp):
    """Hold 1.2 GB in each worker."""
    model = slow(hp)
    model.hoard = np.ones(150_000_000)
    return model


def enormous(hp):
    """Ask for more memory than any machine has, but by default."""
    return network(hp.Choice("units", [8, 2**35]))


def powers(hp):
    """Search whole numbers by steps of a factor."""
    return network(hp.Int("units", 2, 16, step=2, sampling="log"))


def of_numpy(hp):
    """Give NumPy's scalars for all that a space takes."""
    hp.Choice("rate", list(np.array([0.1, 0.5])), default=np.float64(0.5))
    hp.Boolean("flag", default=np.True_)
    return network(hp.Int("units", np.int64(2), np.int64(8), step=np.int64(2), default=np.int64(4)))


def four(hp):
    """Hold four configurations, one of them listed twice."""
    return network(hp.Choice("units", [2, 4, 4]) + hp.Int("more", 0, 1))


def lasting(hp):
    """Search how long to train."""
    hp.Int("epochs", 1, 50)
    return build(hp)


def nearly(hp):
    """Misspell two options of training."""
    hp.Choice("batchsize", [8, 16])
    hp.Choice("mix_up", [0.0, 0.2])
    return network(hp.Int("units", 2, 40))


def mixed(hp):
    """Compute in float16, with the loss scaled."""
    keras.config.set_dtype_policy("mixed_float16")
    return build(hp)


def optimized(hp):
    """Train by each of Keras's optimizers."""
    return network(8, optimizer=getattr(KERAS, hp.Choice("optimizer", OPTIMIZERS))())


class OwnStep(keras.Sequential):
    """Train by a step of its own."""

    def train_step(self, data):
        images, labels = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=images, y=labels, y_pred=self(images, training=True))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def compiled_oddly(hp):
    """Train in each of the rarer ways."""
    way = hp.Choice("way", WAYS)
    more = {
        "loss scaled": {"optimizer": KERAS.LossScaleOptimizer(KERAS.Adam())},
        "accumulated": {"optimizer": KERAS.Adam(gradient_accumulation_steps=2)},
        "jit_compile": {"jit_compile": True},
        "run_eagerly": {"run_eagerly": True},
        "train_step": {"kind": OwnStep},
        "weighted metrics": {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]},
    }
    return network(8, **more[way])


def with_lambda(hp):
    """Have a layer that no file can keep."""
    return network(hp.Int("units", 2, 40), middle=keras.layers.Lambda(lambda x: x / 2))


class Halve(keras.layers.Layer):
    """Is registered nowhere."""

    def call(self, inputs):
        return inputs / 2


@keras.saving.register_keras_serializable("mine")
class Double(keras.layers.Layer):
    """Is registered."""

    def call(self, inputs):
        return inputs * 2


def unregistered(hp):
    """Have a layer of a class that nobody knows later."""
    return network(hp.Int("units", 2, 40), middle=Halve())


def branching(hp):
    """Have a layer that no file can keep in one branch."""
    units = hp.Int("units", 2, 40)
    return with_lambda(hp) if hp.Choice("kind", ["plain", "lambda"]) == "lambda" else network(units)


def registered(hp):
    """Have a layer of a class that is known where this module is."""
    return network(hp.Int("units", 2, 40), middle=Double())


def own_loss(hp):
    """Be trained by a loss that is a closure, and measured by a metric that is one."""
    smoothing = hp.Float("smoothing", 0.0, 0.2)

    def loss(true, predicted):
        return (1 - smoothing) * keras.losses.categorical_crossentropy(true, predicted)

    def surest(true, predicted):
        return keras.ops.max(predicted, axis=-1)

    return network(8, loss=loss, metrics=[surest])


def scored(hp):
    """Score what a hyperparameter says, whatever is learnt."""
    score = hp.Choice("score", ["0.5", "inf", "nan", "0.25"])

    def mine(true, predicted):
        return tf.fill(tf.shape(true)[:1], float(score))

    return network(8, metrics=[mine])


def beyond(hp):
    """Have an accuracy that none can be."""
    score = hp.Choice("score", [0.5, 1.7])

    class Accuracy(keras.metrics.Metric):
        def update_state(self, *_, **__):
            pass

        def result(self):
            return tf.constant(score)

    return network(8, metrics=[Accuracy(name="accuracy")])


def raising(hp):
    """Fail, whatever is asked."""
    hp.Int("units", 2, 40)
    raise LookupError("no such network")


def picky(hp):
    """Fail but by default, until that is mended."""
    if hp.Int("units", 2, 40) != 2:
        raise LookupError("no such network")
    return network(8)


def nothing(hp):
    """Forget to return the model."""
    network(hp.Int("units", 2, 40))


class BadStep(keras.Sequential):
    """Fail in training."""

    def train_step(self, data):
        raise RuntimeError("no step today")


def bad_step(hp):
    """Fail in training, but by default."""
    units = hp.Int("units", 2, 40)
    return network(units, kind=keras.Sequential if units == 2 else BadStep)


def raising_oracle(**known):
    """Make no oracle."""
    raise PermissionError("not today")


def no_oracle(**known):
    """Make something else."""
    return "an oracle"


class Dividing(keras_tuner.Oracle):
    """Propose nothing."""

    def populate_space(self, trial_id):
        return 1 / 0


def long_values(hp):
    """Choose between values of 3,000 characters."""
    hp.Choice("text", LONG)
    return build(hp)


def wide(hp):
    """Have 200 hyperparameters."""
    for number in range(200):
        hp.Float(f"number {number}", 0.0, 1.0)
    return network(8)


def oddly_named(hp):
    """Have names that screens and files take for something else."""
    for name in ODD_NAMES:
        hp.Choice(name, [f"{name} a", f"{name} b"])
    return network(8)
