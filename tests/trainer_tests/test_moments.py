"""The moments of batch normalisation that a model is validated and used with."""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from trainer_tests.conftest import MakeBuild, MakeRun

from datasets import Dataset, Progress, Split, open_folder, training_batches
from trainer import FusedBatchNormalization, InfeasibleError, Objective, TrainingOptions, TrainingRun, TurnNormalization
from trainer.answering.predicting import predict
from trainer.fitting.building import build_model
from trainer.fitting.epoch import split_batches
from trainer.fitting.loop import TrainingLoop
from trainer.fitting.moments import Moments, Values

SHAPE = (8, 8, 3)
LAYERS = keras.layers


def built(*layers: keras.layers.Layer, **compiled: Any) -> tuple[keras.Model, Moments]:
    def build() -> keras.Model:
        ends = [LAYERS.GlobalAveragePooling2D(), LAYERS.Dense(2, activation="softmax")]
        model = keras.Sequential([keras.Input(SHAPE), *layers, *ends])
        model.compile("sgd", "sparse_categorical_crossentropy", **compiled)
        return model

    made = build_model(build, seed=1, image_shape=SHAPE, classes=2)
    return made.model, Moments(made)


def batches(*sizes: int) -> list[npt.NDArray[np.float32]]:
    drawn = np.random.default_rng(1)
    return [drawn.normal(number, 1 + number, (size, *SHAPE)).astype(np.float32) for number, size in enumerate(sizes)]


@pytest.mark.parametrize("compiled", [{}, {"run_eagerly": True}, {"jit_compile": True}], ids=str)
@pytest.mark.parametrize(
    "kind",
    [LAYERS.BatchNormalization, FusedBatchNormalization, partial(LAYERS.BatchNormalization, synchronized=True)],
    ids=["keras", "fused", "synchronized"],
)
def test_they_are_those_of_the_images_whatever_the_momentum_is(
    kind: Callable[..., keras.layers.BatchNormalization], compiled: dict[str, Any]
) -> None:
    layer = kind(momentum=0.99)
    _, moments = built(layer, **compiled)
    own = {name: vars(layer).get(name) for name in ("momentum", "call", "synchronized")}
    images = batches(6, 6)
    for _ in range(2):  # by the graph that was traced, too
        moments.measure(images)
        pixels = np.concatenate(images).reshape(-1, 3)
        np.testing.assert_allclose(layer.moving_mean, pixels.mean(axis=0), rtol=1e-4)
        np.testing.assert_allclose(layer.moving_variance, pixels.var(axis=0), rtol=5e-3)  # Bessel's correction
        images = images[1:]
    assert {name: vars(layer).get(name) for name in own} == own


def test_of_a_turning_layer_they_are_alike_in_all_turns() -> None:
    layer = TurnNormalization()
    _, moments = built(LAYERS.Conv2D(8, 1, kernel_initializer="ones", use_bias=False), layer)
    (images,) = batches(5)
    moments.measure([images])
    np.testing.assert_allclose(layer.moving_mean, np.full(2, images.sum(axis=-1).mean()), rtol=1e-4)


def test_a_layer_that_is_called_twice_has_those_of_both_calls() -> None:
    layer = LAYERS.BatchNormalization()

    class Twice(LAYERS.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.shared = layer

        def call(self, images: Any, training: bool | None = None) -> Any:
            return self.shared(images, training=training) + self.shared(images + 4.0, training=training)

    _, moments = built(Twice())
    (images,) = batches(7)
    moments.measure([images])
    both = np.concatenate([images, images + 4]).reshape(-1, 3)
    np.testing.assert_allclose(layer.moving_mean, both.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, both.var(axis=0), rtol=5e-3)


class Inference(LAYERS.Layer):  # type: ignore[misc]
    """Uses a layer as outside of training, as one does with a network that is trained already."""

    def __init__(self, inner: keras.layers.Layer, *, learns_too: bool = False) -> None:
        super().__init__()
        self.inner, self._learns_too = inner, learns_too

    def call(self, images: Any, training: bool | None = None) -> Any:
        known = self.inner(images, training=False)
        return known + self.inner(images, training=training) if self._learns_too else known


class Blank(LAYERS.BatchNormalization):  # type: ignore[misc]
    """Normalises by each batch alone."""

    def build(self, input_shape: Any) -> None:
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return inputs - keras.ops.mean(inputs, axis=(0, 1, 2))


def started(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Give a layer moments of which sums would lose the last digits."""
    layer.build((None, *SHAPE))
    layer.moving_mean.assign([3.0, 3.0, 3.0])
    layer.moving_variance.assign([1e-12, 1e-12, 1e-12])
    return layer


def frozen() -> keras.layers.Layer:
    layer = started(LAYERS.BatchNormalization())
    layer.trainable = False
    return layer


KEEPING: dict[str, Callable[[], keras.layers.Layer]] = {
    "frozen": frozen,
    "used as outside of training": lambda: Inference(started(LAYERS.BatchNormalization())),
    "renormalising": lambda: started(LAYERS.BatchNormalization(renorm=True)),
    "none of its own": Blank,
}


@pytest.mark.parametrize("kind", KEEPING)
def test_a_layer_that_does_not_learn_them_keeps_those_it_has(kind: str) -> None:
    model, moments = built(KEEPING[kind]())
    before = [variable.numpy() for variable in model.variables]
    assert moments.measure(batches(4)) == []
    assert all((old == new.numpy()).all() for old, new in zip(before, model.variables, strict=True))


def test_of_a_layer_that_is_used_as_outside_of_training_too_the_calls_that_learn_count() -> None:
    layer = LAYERS.BatchNormalization()
    _, moments = built(Inference(layer, learns_too=True))
    images = batches(3, 3)
    moments.measure(images)
    np.testing.assert_allclose(layer.moving_mean, np.concatenate(images).reshape(-1, 3).mean(axis=0), rtol=1e-4)


def test_a_layer_that_its_model_does_not_train_keeps_those_it_has(tiny_dataset: Dataset) -> None:
    class Own(keras.Sequential):  # type: ignore[misc]
        """Trains with what its normalisation has learnt elsewhere."""

        def train_step(self, data: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x=data[0], y=data[1], y_pred=self(data[0], training=False))
            weights = self.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            return {"loss": loss}

    layer = started(LAYERS.BatchNormalization(epsilon=1.0))

    def build() -> keras.Model:
        ends = [LAYERS.GlobalAveragePooling2D(), LAYERS.Dense(5, activation="softmax")]
        model = Own([keras.Input(tiny_dataset.image_shape), layer, *ends])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    loop = TrainingLoop(build_model(build, seed=1, image_shape=tiny_dataset.image_shape, classes=5))
    loop.train(training_batches(tiny_dataset, batch_size=16, seed=2), epoch=0, learning_rate_factor=lambda _: 1.0)
    assert loop.measure_moments() == []
    assert (layer.moving_mean.numpy() == 3).all()


class Conditioned(LAYERS.Layer):  # type: ignore[misc]
    """In training it takes the labels, too, from a step of the model's own."""

    def call(self, images: Any, training: bool | None = None) -> Any:
        if training:
            raise ValueError("no labels")
        return images


def test_a_model_that_cannot_be_called_so_keeps_its_moving_averages_and_goes_on() -> None:
    layer, dropout = LAYERS.BatchNormalization(), LAYERS.Dropout(0.5)
    model, moments = built(dropout, layer, Conditioned())
    before = [variable.numpy() for variable in model.variables]
    assert moments.measure(batches(4)) == []
    assert all((old == new.numpy()).all() for old, new in zip(before, model.variables, strict=True))
    assert (layer.momentum, bool(moments)) == (0.99, False)


def test_what_ends_the_measurement_leaves_all_as_it_was() -> None:
    class Bounded(LAYERS.Layer):  # type: ignore[misc]
        def call(self, images: Any, training: bool | None = None) -> Any:
            if training:
                raise MemoryError("too many images")
            return images

    layer = LAYERS.BatchNormalization()
    own = layer.call
    layer.call = own  # as one who wraps it does
    model, moments = built(LAYERS.Dropout(0.5), layer, Bounded())
    before = [variable.numpy() for variable in model.variables]
    with pytest.raises(InfeasibleError, match="too many images"):
        moments.measure(batches(4))
    assert all((old == new.numpy()).all() for old, new in zip(before, model.variables, strict=True))
    assert (layer.momentum, layer.call) == (0.99, own)


def test_all_else_of_the_model_stays_as_it_was() -> None:
    model, moments = built(
        LAYERS.Dropout(0.5), LAYERS.SpectralNormalization(LAYERS.Conv2D(2, 1)), LAYERS.BatchNormalization()
    )
    before = {variable.path: variable.numpy() for variable in model.variables}
    moments.measure(batches(4))
    after = {variable.path: variable.numpy() for variable in model.variables}
    changed = {path for path, value in before.items() if not np.array_equal(value, after[path])}
    assert {path.rsplit("/", 1)[1] for path in changed} == {"moving_mean", "moving_variance"}


def test_a_model_without_such_layers_has_none_and_is_not_run() -> None:
    _, moments = built(LAYERS.LayerNormalization())
    assert not moments
    assert moments.measure([np.zeros((1, 1), np.float32)]) == []


WAYS = {"plain": (0.0, {}), "averaged": (0.9, {}), "averaged by the optimizer": (0.0, {"use_ema": True})}


@pytest.mark.parametrize("way", WAYS)
def test_a_training_is_validated_and_gives_its_model_with_them_and_goes_on_as_without(
    way: str,
    make_run: MakeRun,
    make_build: MakeBuild,
    tiny_dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    averaging, own = WAYS[way]
    build = make_build(optimizer=lambda: keras.optimizers.Adam(3e-3, **own))
    options = TrainingOptions(epochs=3, batch_size=16, weight_averaging=averaging)

    def run(name: str) -> TrainingRun:
        folder = open_folder(tmp_path / name)
        return make_run(build, options=options, objective=Objective("val_loss", "min"), checkpoints=folder)

    measured = run("measured")
    while not measured.finished:
        measured.step()
    for known in (measured, run("measured")):  # and from its checkpoints
        for model, epoch in ((known.last_model(), 3), (known.best_model(), known.best_epoch or 0)):
            true, probabilities = predict(model, split_batches(tiny_dataset, Split.VALIDATION), logits=False)
            loss = -np.log(probabilities[np.arange(len(true)), true]).mean()
            assert loss == pytest.approx(measured.history["val_loss"][epoch - 1], rel=1e-4)

    monkeypatch.setattr(TrainingLoop, "measure_moments", lambda self, on_batch: [])
    moving = run("moving")
    while not moving.finished:
        moving.step()
    assert moving.history["loss"] == measured.history["loss"]
    # With Keras's momentum of 0.99 the moving averages are of blank layers yet.
    assert max(measured.history["val_loss"]) < min(moving.history["val_loss"])


@pytest.mark.parametrize(("limit", "value"), [("ENOUGH_IMAGES", 17), ("_MOST_BYTES", 17 * 32 * 32 * 3 * 4)])
def test_they_are_measured_on_enough_of_the_last_images(
    limit: str, value: int, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun
) -> None:
    monkeypatch.setattr(f"trainer.fitting.moments.{limit}", value)
    given: list[list[int]] = []
    measure = Moments.measure

    def noted(self: Moments, batches: Collection[npt.NDArray[np.float32]], on_batch: Progress) -> Values:
        given.append([len(batch) for batch in batches])
        return measure(self, batches, on_batch)

    monkeypatch.setattr(Moments, "measure", noted)
    run = make_run()
    run.step()
    run.step()
    assert given == [[16, 16], [16, 16]]
    assert run.measured_batches == 2
