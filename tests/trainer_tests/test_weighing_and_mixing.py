"""What class weights and mixup do to a training step, against the same worked out by hand."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from datasets import Augmentation, Balance, Batches, Dataset, training_batches
from trainer import Build, InfeasibleError, Objective, TrainingOptions, TrainingRun, check_model
from trainer.fitting.building import build_model
from trainer.fitting.loop import TrainingLoop

RATE = 0.1


def squared(true: Any, outputs: Any) -> Any:
    """Give a loss without a class, as users write them."""
    return keras.ops.mean(keras.ops.square(true - outputs), axis=-1)


LOSSES: dict[str, Any] = {
    "sparse": "sparse_categorical_crossentropy",
    "smoothed": keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    "function": squared,
}


def linear(loss: Any) -> Build:
    """Build a model without chance or batch statistics, so that its loss can be worked out by hand."""

    def build() -> keras.Model:
        model = keras.Sequential(
            [keras.Input((32, 32, 3)), keras.layers.AveragePooling2D(8), keras.layers.Flatten(), dense()]
        )
        model.compile(keras.optimizers.SGD(RATE), loss=loss, metrics=["accuracy"])
        return model

    def dense() -> keras.Layer:
        return keras.layers.Dense(5, activation="softmax")

    return build


def looped(loss: Any, batches: Batches, *, mixed: bool = False) -> TrainingLoop:
    built = build_model(linear(loss), seed=3, image_shape=(32, 32, 3), classes=5)
    return TrainingLoop(built, mixed=mixed, class_weights=batches.class_weights)


def train(loop: TrainingLoop, batches: Batches, epoch: int = 0) -> float:
    return loop.train(batches, epoch=epoch, learning_rate_factor=lambda _: 1.0)["loss"]


def by_hand(
    loop: TrainingLoop, images: Any, targets: Any, loss_of: Callable[[Any, Any], Any], weights: Any
) -> tuple[float, list[np.ndarray]]:
    """Return the weighted loss of a batch and what one step of gradient descent makes of the model's weights."""
    variables = [variable.value for variable in loop.built.model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_of(targets, loop.built.model(images)) * weights)
    steps = zip(variables, tape.gradient(loss, variables), strict=True)
    return float(loss), [(value - RATE * gradient).numpy() for value, gradient in steps]


def row_losses(kind: str) -> Callable[[Any, Any], Any]:
    """Return the loss of each row by itself."""
    if kind == "smoothed":
        return keras.losses.CategoricalCrossentropy(label_smoothing=0.1, reduction="none")
    return {"sparse": keras.losses.sparse_categorical_crossentropy, "function": squared}[kind]


@pytest.fixture
def weighed(uneven_dataset: Dataset) -> Batches:
    return training_batches(uneven_dataset, batch_size=47, balance=Balance("weights", power=1.0), seed=2)


@pytest.mark.parametrize("kind", list(LOSSES))
def test_class_weights_multiply_the_loss_of_each_row_and_its_gradient(kind: str, weighed: Batches) -> None:
    loop = looped(LOSSES[kind], weighed)
    ((images, labels),) = weighed.epoch(0)
    weights = np.array([47 / 5 / count for count in (4, 12, 12, 7, 12)], np.float32)[labels]
    targets = labels if kind == "sparse" else np.eye(5, dtype=np.float32)[labels]
    loss, stepped = by_hand(loop, images, targets, row_losses(kind), weights)
    assert train(loop, weighed) == pytest.approx(loss, rel=1e-5)
    for found, expected in zip(loop.built.model.trainable_variables, stepped, strict=True):
        assert found.numpy() == pytest.approx(expected, abs=1e-6)
    equal, _ = by_hand(looped(LOSSES[kind], weighed), images, targets, row_losses(kind), 1.0)
    assert loss != pytest.approx(equal, rel=1e-3), "weights that would not show"


def test_mixed_images_are_trained_on_with_their_targets_and_the_weights_of_those(uneven_dataset: Dataset) -> None:
    batches = training_batches(uneven_dataset, batch_size=47, balance=Balance("weights"), mixup=0.4, seed=2)
    loop = looped(LOSSES["smoothed"], batches, mixed=True)
    ((images, targets),) = batches.mixed_epoch(0)
    loss, stepped = by_hand(loop, images, targets, row_losses("smoothed"), targets @ batches.class_weights)
    assert train(loop, batches) == pytest.approx(loss, rel=1e-5)
    for found, expected in zip(loop.built.model.trainable_variables, stepped, strict=True):
        assert found.numpy() == pytest.approx(expected, abs=1e-6)


def test_nothing_is_traced_twice_with_all_of_it_on(uneven_dataset: Dataset) -> None:
    balance = Balance("oversample", fresh=True)
    batches = training_batches(uneven_dataset, batch_size=16, balance=balance, mixup=0.4, seed=2)
    loop = looped(LOSSES["smoothed"], batches, mixed=True)
    for epoch in range(3):
        train(loop, batches, epoch)
    assert loop._train_step.experimental_get_tracing_count() == 1


def test_mixup_with_a_loss_of_integer_labels_is_infeasible_with_one_line(uneven_dataset: Dataset) -> None:
    options = TrainingOptions(epochs=1, batch_size=16, mixup=0.2)
    with pytest.raises(InfeasibleError, match=r"mixup needs a loss of class probabilities.*integer labels"):
        check_model(linear(LOSSES["sparse"]), uneven_dataset, options, Objective.parse("val_macro_f1"))


@pytest.mark.parametrize(
    "balance", [Balance("undersample", fresh=True), Balance("oversample", 0.5, fresh=True), Balance("weights")]
)
def test_a_run_with_each_balance_validates_on_all_rows_as_they_are(
    balance: Balance, uneven_dataset: Dataset, make_run: Callable[..., TrainingRun]
) -> None:
    options = TrainingOptions(
        epochs=2, batch_size=8, balance=balance, mixup=0.2, augmentation=Augmentation(noise=5, cutout=0.2)
    )
    build = linear(LOSSES["smoothed"])
    check_model(build, uneven_dataset, options, Objective.parse("val_macro_f1"))
    run = make_run(build, dataset=uneven_dataset, options=options)
    while not run.finished:
        validated = run.step().metrics["val_loss"]
    plain = training_batches(uneven_dataset, batch_size=8, seed=5)
    loop = TrainingLoop(run._loop.built)
    assert loop.validate(run._validation).metrics["loss"] == pytest.approx(validated)
    assert len(loop.validate(run._validation).true) == len(uneven_dataset.rows(None)) - len(plain.rows) - 16
