import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

from datasets import Batch, Batches, Dataset, Split, StorageError, plain_batches, training_batches
from trainer import Build, InfeasibleError
from trainer.answering.predicting import as_probabilities
from trainer.fitting.building import build_model
from trainer.fitting.loop import TrainingLoop


@pytest.fixture
def make_loop(tiny_dataset: Dataset, build: Build) -> Callable[..., TrainingLoop]:
    def make_loop(other: Build | None = None) -> TrainingLoop:
        return TrainingLoop(
            build_model(build if other is None else other, seed=3, image_shape=tiny_dataset.image_shape, classes=5)
        )

    return make_loop


def train(loop: TrainingLoop, batches: Batches, *, epoch: int = 0, factor: float = 1.0) -> dict[str, float]:
    return loop.train(batches, epoch=epoch, learning_rate_factor=lambda _: factor)


@pytest.fixture
def training(tiny_dataset: Dataset) -> Batches:
    return training_batches(tiny_dataset, batch_size=16, seed=2)


@pytest.fixture
def validation(tiny_dataset: Dataset) -> Batches:
    return plain_batches(tiny_dataset, tiny_dataset.rows(Split.VALIDATION), batch_size=8)


def test_nothing_is_traced_twice(
    make_loop: Callable[..., TrainingLoop], training: Batches, validation: Batches
) -> None:
    loop = make_loop()
    for epoch in range(3):
        train(loop, training, epoch=epoch)
        assert len(loop.validate(validation).true) % validation.batch_size != 0  # the last batch is smaller
    assert loop._train_step.experimental_get_tracing_count() == 1
    assert loop._validate_step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("wrapped", [lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer])
def test_nothing_of_a_model_stays_in_memory(
    make_loop: Callable[..., TrainingLoop],
    make_build: Callable[..., Build],
    training: Batches,
    wrapped: Callable[..., keras.optimizers.Optimizer],
) -> None:
    def graphs() -> int:
        keras.utils.clear_session()
        gc.collect()
        return sum(isinstance(thing, tf.__internal__.FuncGraph) for thing in gc.get_objects())

    before = graphs()
    loop = make_loop(make_build(optimizer=lambda: wrapped(keras.optimizers.Adam(3e-3))))
    train(loop, training)
    assert loop.measure_moments()
    del loop
    assert graphs() == before


def test_training_lowers_the_loss(make_loop: Callable[..., TrainingLoop], training: Batches) -> None:
    loop = make_loop()
    losses = [train(loop, training, epoch=epoch)["loss"] for epoch in range(8)]
    assert losses[-1] < 0.8 * losses[0]


def test_validation_agrees_with_keras(
    make_loop: Callable[..., TrainingLoop], make_build: Callable[..., Build], tiny_dataset: Dataset, validation: Batches
) -> None:
    loop = make_loop(make_build(loss=keras.losses.CategoricalCrossentropy(from_logits=True), activation=None))
    train(loop, training_batches(tiny_dataset, batch_size=16, seed=2))
    found = loop.validate(validation)
    rows = tiny_dataset.rows(Split.VALIDATION)
    images, labels = tiny_dataset.take(rows) / np.float32(255), tiny_dataset.labels[rows]
    loss, accuracy = loop.built.model.evaluate(images, np.eye(5)[labels], verbose=0)
    assert found.metrics == pytest.approx({"loss": loss, "accuracy": accuracy}, rel=1e-5)
    assert np.array_equal(found.true, labels)
    expected = keras.ops.softmax(loop.built.model.predict(images, verbose=0))
    assert found.probabilities == pytest.approx(np.asarray(expected), abs=1e-6)


def test_the_learning_rate_is_the_models_own_times_the_factor(
    make_loop: Callable[..., TrainingLoop], make_build: Callable[..., Build], training: Batches
) -> None:
    loop = make_loop(make_build(optimizer=lambda: keras.optimizers.SGD(0.5)))
    before = [variable.numpy() for variable in loop.built.model.trainable_variables]
    train(loop, training, factor=0.0)
    assert all(
        np.array_equal(old, new.numpy()) for old, new in zip(before, loop.built.model.trainable_variables, strict=True)
    )
    train(loop, training, factor=0.1)
    assert float(loop.built.model.optimizer.learning_rate.numpy()) == pytest.approx(0.05)


def test_a_schedule_of_the_optimizers_own_is_left_alone(
    make_loop: Callable[..., TrainingLoop], make_build: Callable[..., Build], training: Batches
) -> None:
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=1.0)
    loop = make_loop(make_build(optimizer=lambda: keras.optimizers.SGD(schedule)))
    train(loop, training, factor=0.0)
    assert float(loop.built.model.optimizer.learning_rate) == pytest.approx(0.1 / (1 + len(training)))


def test_a_loss_that_is_not_finite_is_infeasible(
    make_loop: Callable[..., TrainingLoop], make_build: Callable[..., Build], training: Batches
) -> None:
    loop = make_loop(make_build(optimizer=lambda: keras.optimizers.SGD(1e30), activation=None, loss="mse"))
    with pytest.raises(InfeasibleError, match=r"diverged: loss is (nan|inf)"):
        train(loop, training)


def test_outputs_that_are_not_finite_are_infeasible(
    make_loop: Callable[..., TrainingLoop], validation: Batches
) -> None:
    loop = make_loop()
    bias = loop.built.model.trainable_variables[-1]
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(InfeasibleError, match="diverged"):
        loop.validate(validation)


def test_what_a_training_step_raises_is_infeasible(
    make_loop: Callable[..., TrainingLoop], make_build: Callable[..., Build], training: Batches
) -> None:
    class FailsInTraining(keras.layers.Layer):
        def call(self, inputs: object, training: bool = False) -> object:
            if training:
                raise MemoryError("out of memory for the gradient")
            return inputs

    loop = make_loop(make_build(extra=lambda: [FailsInTraining()]))
    with pytest.raises(InfeasibleError, match=r"MemoryError: .*out of memory for the gradient"):
        train(loop, training)


@dataclass(frozen=True)
class LostDisk(Batches):
    """The storage fails after the first batch."""

    def epoch(self, number: int = 0) -> Iterator[Batch]:
        yield next(super().epoch(number))
        raise StorageError("cannot read 'images-00000.arrow'")


def test_data_that_cannot_be_read_is_no_fault_of_the_configuration(
    make_loop: Callable[..., TrainingLoop], training: Batches
) -> None:
    with pytest.raises(StorageError, match=r"cannot read 'images-00000\.arrow'"):
        train(make_loop(), LostDisk(training.dataset, training.rows, 16))


def test_reports_every_batch(make_loop: Callable[..., TrainingLoop], training: Batches) -> None:
    reports: list[tuple[int, int | None]] = []
    make_loop().train(
        training, epoch=0, learning_rate_factor=lambda _: 1.0, on_batch=lambda *report: reports.append(report)
    )
    assert reports == [(1, 3), (2, 3), (3, 3)]


def test_metrics_that_are_no_single_number_are_left_out(
    make_loop: Callable[..., TrainingLoop], make_build: Callable[..., Build], training: Batches, validation: Batches
) -> None:
    plain = make_build(loss="categorical_crossentropy")

    def build() -> keras.Model:
        model = plain()
        metrics = [keras.metrics.F1Score(name="f1_by_class"), keras.metrics.F1Score(average="macro", name="f1")]
        model.compile("sgd", "categorical_crossentropy", metrics=metrics)
        return model

    loop = make_loop(build)
    assert set(train(loop, training)) == {"loss", "f1"}
    assert set(loop.validate(validation).metrics) == {"loss", "f1"}


@pytest.mark.parametrize(
    ("outputs", "logits", "expected"),
    [
        ([[0.0, 0.0]], True, [[0.5, 0.5]]),
        ([[1000.0, 0.0], [-1000.0, 0.0]], True, [[1.0, 0.0], [0.0, 1.0]]),
        ([[0.25, 0.75]], False, [[0.25, 0.75]]),
        ([[0.5, 1.0]], False, [[1 / 3, 2 / 3]]),
    ],
)
def test_as_probabilities(outputs: list[list[float]], logits: bool, expected: list[list[float]]) -> None:
    found = as_probabilities(np.array(outputs, np.float32), logits=logits)
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array(expected))


@pytest.mark.parametrize("outputs", [[[-0.1, 0.5]], [[0.0, 0.0]]])
def test_outputs_that_are_no_probabilities_are_infeasible(outputs: list[list[float]]) -> None:
    with pytest.raises(InfeasibleError, match=r"must be probabilities.*from_logits=True"):
        as_probabilities(np.array(outputs, np.float32), logits=False)
