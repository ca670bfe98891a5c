from typing import Any

import keras
import numpy as np
import pytest

from trainer import FusedAdamW

SETTINGS: list[dict[str, Any]] = [
    {"weight_decay": 0.1},
    {"weight_decay": 0.0, "beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3},
    {"clipnorm": 0.1, "use_ema": True, "ema_momentum": 0.6},
    {"gradient_accumulation_steps": 2},
    {"amsgrad": True},
]


def trained(kind: type[keras.optimizers.AdamW], settings: dict[str, Any]) -> keras.Model:
    """Train a small network for four batches; its bias is not decayed."""
    keras.utils.set_random_seed(1)
    layers = [keras.Input((6,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2)]
    model = keras.Sequential(layers)
    optimizer = kind(0.03, **settings)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, "mse")
    generator = np.random.default_rng(2)
    for _ in range(4):
        model.train_on_batch(generator.random((8, 6), np.float32), generator.random((8, 2), np.float32))
    return model


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "-".join(settings))
def test_trains_like_keras_own(settings: dict[str, Any]) -> None:
    fused, plain = (trained(kind, settings) for kind in (FusedAdamW, keras.optimizers.AdamW))
    pairs = zip(fused.weights + fused.optimizer.variables, plain.weights + plain.optimizer.variables, strict=True)
    for found, expected in pairs:
        assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-4, abs=1e-6), found.path


def stepped(kind: type[keras.optimizers.AdamW], schedule: Any) -> Any:
    optimizer, variable = kind(schedule, weight_decay=0.01), keras.Variable([1.0, -2.0])
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([np.array([0.5, 0.25], np.float32)], [variable])
    return variable.numpy()


def test_follows_a_schedule_of_its_own() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    assert stepped(FusedAdamW, schedule) == pytest.approx(stepped(keras.optimizers.AdamW, schedule), rel=1e-5)


def test_survives_its_configuration() -> None:
    optimizer = FusedAdamW(0.02, weight_decay=0.3, beta_2=0.9, use_ema=True)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert isinstance(copy, FusedAdamW)
    assert copy.get_config() == optimizer.get_config()


def test_its_step_is_traced_to_one_operation_a_weight_and_moment() -> None:
    import tensorflow as tf

    variable = keras.Variable(np.ones(3, np.float32))
    optimizer = FusedAdamW()
    optimizer.build([variable])
    step = tf.function(lambda gradient: optimizer.apply([gradient], [variable]), autograph=False)
    graph = step.get_concrete_function(tf.TensorSpec((3,), tf.float32)).graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == 1
    assert "Sqrt" not in kinds
