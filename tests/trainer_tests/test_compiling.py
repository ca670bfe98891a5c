"""However a model is compiled, it trains, follows the schedule, goes on from a checkpoint and gives probabilities."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from trainer_tests.conftest import MakeRun

from datasets import Balance, Folder
from trainer import Build, FusedAdamW, InfeasibleError, TrainingOptions, TrainingRun

Compile = Callable[[], dict[str, Any]]
KERAS = keras.optimizers
WRAPPERS = (KERAS.Optimizer, KERAS.LossScaleOptimizer, KERAS.MultiOptimizer)
OPTIMIZERS = [
    kind
    for kind in vars(KERAS).values()
    if isinstance(kind, type) and issubclass(kind, KERAS.Optimizer) and kind not in WRAPPERS
]
SCHEDULE = KERAS.schedules.ExponentialDecay(0.01, 2, 0.9)
WAYS: dict[str, Compile] = {
    **{kind.__name__: lambda kind=kind: {"optimizer": kind()} for kind in OPTIMIZERS},
    "clipped and scaled": lambda: {"optimizer": KERAS.SGD(0.01, 0.9, global_clipnorm=1.0, loss_scale_factor=128.0)},
    "own schedule": lambda: {"optimizer": KERAS.LossScaleOptimizer(KERAS.Adam(SCHEDULE, use_ema=True))},
    "one for each layer": lambda: {"optimizer": KERAS.LossScaleOptimizer(multi())},
    "accumulated": lambda: {"optimizer": FusedAdamW(gradient_accumulation_steps=2, use_ema=True)},
    "jit": lambda: {"optimizer": KERAS.LossScaleOptimizer(KERAS.SGD(0.01)), "jit_compile": True},
    "eager": lambda: {"optimizer": KERAS.LossScaleOptimizer(KERAS.SGD(0.01)), "run_eagerly": True},
    "metrics": lambda: {
        "optimizer": "sgd",
        "metrics": ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")],
        "weighted_metrics": ["accuracy"],
        "steps_per_execution": 4,
    },
    "one metric a class": lambda: {
        "optimizer": "sgd",
        "loss": "categorical_crossentropy",
        "metrics": [keras.metrics.F1Score(), keras.metrics.AUC(name="auc")],
    },
}


def multi() -> keras.optimizers.Optimizer:
    return KERAS.MultiOptimizer(KERAS.OptimizerMap(KERAS.SGD(0.01, use_ema=True), {"last.*": KERAS.Adam()}))


class OwnStep(keras.Sequential):
    """A model that trains itself."""

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> Any:
        images, labels = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=images, y=labels, y_pred=self(images, training=True))
            scaled = self.optimizer.scale_loss(loss)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled, weights), weights, strict=True))
        return self.results(loss)

    def results(self, loss: tf.Tensor) -> Any:
        return {"own_loss": loss, "parts": {"of it": loss}, "words": "none"}


def built_as(
    compiled: dict[str, Any], *, policy: str = "float32", kind: type[keras.Sequential] = keras.Sequential
) -> Build:
    def build() -> keras.Model:
        keras.config.set_dtype_policy(policy)
        layers = keras.layers
        shrink, drop = layers.AveragePooling2D(4), layers.Dropout(0.2)
        last = layers.Dense(5, activation="softmax", name="last")
        model = kind([keras.Input((32, 32, 3)), shrink, layers.Flatten(), layers.Dense(6, "relu"), drop, last])
        model.compile(**{"loss": "sparse_categorical_crossentropy"} | compiled)
        return model

    return build


def values(run: TrainingRun) -> list[np.ndarray]:
    model = run._loop.built.model
    return [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]


def assert_trains(run: TrainingRun, folder: Folder) -> None:
    weights = run._loop.built.model.trainable_variables
    before = [variable.numpy() for variable in weights]
    run.step()
    assert all(not np.array_equal(old, new.numpy()) for old, new in zip(before, weights, strict=True))
    copy = folder.child("copy")
    copy.write_whole("last.npz", folder.read("last.npz"))
    run.step()
    last = run.options.learning_rate_factor(2 * len(run._training) - 1, steps_per_epoch=len(run._training))
    for rate, own in run._loop.built.learning_rates:
        assert rate.numpy() == pytest.approx(own * last)
    probabilities = run._loop.validate(run._validation).probabilities
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(probabilities)), abs=1e-6)
    uninterrupted = values(run)
    run._folder = copy
    run._restore("last.npz")
    run.step()
    for expected, found in zip(uninterrupted, values(run), strict=True):
        assert found.astype(np.float64) == pytest.approx(expected.astype(np.float64), rel=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_compile_a_model_trains(way: str, make_run: MakeRun, folder: Folder) -> None:
    options = TrainingOptions(epochs=2, batch_size=16, weight_averaging=0.9)
    assert_trains(make_run(built_as(WAYS[way]()), options=options), folder)


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        ("mixed_float16", keras.Sequential),
        ("mixed_float16", OwnStep),
        ("float16", keras.Sequential),
        ("float64", keras.Sequential),
    ],
)
def test_every_format_trains(policy: str, kind: type[keras.Sequential], make_run: MakeRun, folder: Folder) -> None:
    # In float16 alone the smallest normal number, 6e-5, is far above Adam's epsilon.
    build = built_as({"optimizer": FusedAdamW(1e-3, epsilon=1e-3)}, policy=policy, kind=kind)
    options = TrainingOptions(epochs=2, batch_size=16, weight_averaging=0.9)
    assert_trains(make_run(build, options=options), folder)


def test_weights_in_bfloat16_are_read_back_as_they_were(make_run: MakeRun) -> None:
    run = make_run(built_as({"optimizer": "adam"}, policy="bfloat16"), options=TrainingOptions(2, 16))
    run.step()
    expected = values(run)
    assert "bfloat16" in {str(value.dtype) for value in expected}
    again = make_run(built_as({"optimizer": "adam"}, policy="bfloat16"), options=TrainingOptions(2, 16))
    assert again.epoch == 1
    assert all(map(np.array_equal, values(again), expected))


class Aside(keras.Sequential):
    """A model with a second optimizer, which its own class would use."""

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> Any:
        self.second["head"].iterations.assign_add(1)
        return super().train_step(data)


def test_state_of_further_optimizers_goes_on_and_what_has_none_yet_is_refused(make_run: MakeRun) -> None:
    def build(prepared: bool = True) -> keras.Model:
        model = built_as({"optimizer": KERAS.LossScaleOptimizer(KERAS.SGD(0.01))}, kind=Aside)()
        model.second = {"head": KERAS.SGD(0.1, momentum=0.9), "same": model.optimizer.inner_optimizer}
        if prepared:
            model.second["head"].build(model.layers[-1].trainable_variables)
        return model

    run = make_run(build)
    run.step()
    assert make_run(build).model.second["head"].iterations.numpy() == run.training_batches
    with pytest.raises(
        InfeasibleError, match=r"another optimizer .*, 'sgd.*', which has no variables yet, .*MultiOptim"
    ):
        make_run(lambda: build(prepared=False))


def test_a_step_of_ones_own_gives_the_numbers_among_its_results(make_run: MakeRun) -> None:
    report = make_run(built_as({}, kind=OwnStep)).step()
    assert {name for name in report.metrics if not name.startswith("val_")} == {"own_loss"}


class WithoutResults(OwnStep):
    def results(self, loss: tf.Tensor) -> Any:
        return loss


@pytest.mark.parametrize(
    ("kind", "balance", "reason"),
    [
        (
            WithoutResults,
            "none",
            r"train_step must return a dictionary of metrics, but returned SymbolicTensor \(.*compiling.py:",
        ),
        (OwnStep, "weights", r"train_step must take \(images, labels, weights\), as classes are weighed, but takes no"),
    ],
)
def test_a_step_of_ones_own_that_cannot_work_is_infeasible(
    kind: type[keras.Sequential], balance: Any, reason: str, make_run: MakeRun
) -> None:
    run = make_run(built_as({}, kind=kind), options=TrainingOptions(balance=Balance(balance)))
    with pytest.raises(InfeasibleError, match=reason):
        run.step()
