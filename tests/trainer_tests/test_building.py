from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from trainer import Build, InfeasibleError
from trainer.fitting.building import BuiltModel, build_model

SHAPE, CLASSES = (32, 32, 3), 5


def built(build: Build, **changes: Any) -> BuiltModel:
    return build_model(build, **({"seed": 1, "image_shape": SHAPE, "classes": CLASSES} | changes))


def raising(error: Exception) -> Build:
    def build() -> keras.Model:
        raise error

    return build


def compiled(*layers: keras.Layer, loss: Any = "sparse_categorical_crossentropy") -> Build:
    def build() -> keras.Model:
        model = keras.Sequential([keras.Input(SHAPE), *layers])
        model.compile(loss=loss)
        return model

    return build


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("first\n\n  second"), "ValueError: first second"),
        (MemoryError(), "out of memory: MemoryError"),
        (
            MemoryError("OOM with shape[9,9] on /job:localhost/replica:0/task:0/device:CPU:0 by allocator cpu [Op:X]"),
            "out of memory: MemoryError: OOM with shape[9,9]",
        ),
        (KeyError("units"), "KeyError: 'units'"),
        (RuntimeError("\x1b[1mbold\x1b[0m text\n\nArguments received by Conv2D: lots"), "RuntimeError: bold text"),
    ],
)
def test_whatever_build_raises_is_a_reason_of_one_line(error: Exception, reason: str) -> None:
    with pytest.raises(InfeasibleError) as caught:
        built(raising(error))
    assert str(caught.value).startswith(f"{reason} (trainer_tests/test_building.py:")
    assert caught.value.__cause__ is error


def test_a_reason_is_of_bounded_length() -> None:
    with pytest.raises(InfeasibleError) as caught:
        built(raising(ValueError("x" * 10_000)))
    assert len(str(caught.value).partition(" (")[0]) == 400


def test_an_interrupt_is_no_reason() -> None:
    def build() -> keras.Model:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built(build)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: 7, "build must return a keras.Model, but returned int"),
        (lambda: keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten()]), "must return a compiled model"),
        (
            lambda: compiled(keras.layers.Flatten(), keras.layers.Dense(1))(),
            r"shape \(batch, 5\), but gives \(batch, 1\)",
        ),
        (lambda: compiled(keras.layers.Dense(5))(), r"shape \(batch, 5\), but gives \(batch, 32, 32, 5\)"),
        (
            lambda: compiled(*[keras.layers.Conv2D(2, 9) for _ in range(6)])(),
            "ValueError: Computed output size would be zero or negative",
        ),
        (lambda: compiled(keras.layers.Flatten(), keras.layers.Dense(5), loss="no_loss")(), "ValueError: .*no_loss"),
    ],
)
def test_a_model_that_does_not_fit_is_infeasible(build: Build, reason: str) -> None:
    with pytest.raises(InfeasibleError, match=reason):
        built(build)


def test_a_model_for_other_images_is_infeasible(make_build: Callable[..., Build]) -> None:
    with pytest.raises(InfeasibleError, match="incompatible"):
        built(make_build(), image_shape=(48, 48, 3))


def test_too_many_parameters_are_refused(make_build: Callable[..., Build]) -> None:
    count = built(make_build()).model.count_params()
    built(make_build(), max_parameters=count)
    with pytest.raises(
        InfeasibleError, match=f"at most {count - 1:,} parameters are allowed, but the model has {count:,}"
    ):
        built(make_build(), max_parameters=count - 1)


@pytest.mark.parametrize(
    ("loss", "one_hot", "logits"),
    [
        ("sparse_categorical_crossentropy", False, False),
        ("categorical_crossentropy", True, False),
        ("SparseCategoricalCrossentropy", False, False),
        (keras.losses.sparse_categorical_crossentropy, False, False),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), False, True),
        (keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), True, True),
        (keras.losses.CategoricalFocalCrossentropy(), True, False),
        ("kl_divergence", True, False),
    ],
)
def test_the_loss_says_what_labels_and_outputs_are(
    make_build: Callable[..., Build], loss: Any, one_hot: bool, logits: bool
) -> None:
    found = built(make_build(loss=loss, activation=None if logits else "softmax"))
    assert (found.one_hot, found.logits) == (one_hot, logits)


@pytest.mark.filterwarnings("ignore:.*produced by a Softmax activation:UserWarning")
def test_a_softmax_before_a_loss_for_logits_gives_probabilities(make_build: Callable[..., Build]) -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert not built(make_build(loss=loss, activation="softmax")).logits


def test_a_schedule_of_the_optimizers_own_is_recognised(make_build: Callable[..., Build]) -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    assert built(make_build(optimizer=lambda: keras.optimizers.SGD(schedule))).learning_rates == ()
    ((_, rate),) = built(make_build(optimizer=lambda: keras.optimizers.SGD(0.25))).learning_rates
    assert rate == pytest.approx(0.25)


def test_the_seed_decides_the_weights(make_build: Callable[..., Build]) -> None:
    def kernel(seed: int) -> np.ndarray:
        return np.array(built(make_build(), seed=seed).model.get_weights()[0])

    assert np.array_equal(kernel(1), kernel(1))
    assert not np.array_equal(kernel(1), kernel(2))
    # A search takes any, and beginnings later than the first have greater ones.
    assert np.array_equal(kernel(2**32 + 1), kernel(1))
    assert np.array_equal(kernel(2**70), kernel(2**71))
