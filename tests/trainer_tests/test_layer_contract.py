"""What every layer of ours keeps to: a new one is registered, and gets an example here."""

import inspect
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from trainer import FusedBatchNormalization, TurnConvolution, TurnNormalization

EXAMPLES: dict[str, Callable[[], keras.Layer]] = {
    "FusedBatchNormalization": lambda: FusedBatchNormalization(momentum=0.7, epsilon=0.01, name="an_example"),
    "TurnConvolution": lambda: TurnConvolution(16, 4, strides=2, lifting=True, name="an_example"),
    "TurnNormalization": lambda: TurnNormalization(momentum=0.7, epsilon=0.01, name="an_example"),
}
IMAGES = np.random.default_rng(3).uniform(size=(4, 12, 12, 16)).astype(np.float32)


@pytest.fixture(params=EXAMPLES)
def layer(request: pytest.FixtureRequest) -> keras.Layer:
    return EXAMPLES[request.param]()


def test_every_registered_layer_has_an_example() -> None:
    registered = keras.saving.get_custom_objects().items()
    ours = {name.split(">")[1] for name, kind in registered if name.startswith("galaxy_tuner>") and is_layer(kind)}
    assert ours == EXAMPLES.keys()


def is_layer(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, keras.Layer)


def test_every_argument_survives_the_configuration(layer: keras.Layer) -> None:
    config = layer.get_config()
    named = {
        name for name, one in inspect.signature(type(layer).__init__).parameters.items() if one.kind != one.VAR_KEYWORD
    }
    assert named - {"self"} <= config.keys()
    assert type(layer).from_config(config).get_config() == config


def test_a_saved_model_loads_in_safe_mode_and_predicts_the_same(layer: keras.Layer, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    model(IMAGES, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert np.asarray(loaded(IMAGES)) == pytest.approx(np.asarray(model(IMAGES)), abs=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_it_computes_in_the_policy_of_the_time(name: str, policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        layer = EXAMPLES[name]()
        outputs = layer(IMAGES, training=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert outputs.dtype == layer.compute_dtype
    assert all(variable.dtype == "float32" for variable in layer.variables)
    assert np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))).all()
    assert tuple(outputs.shape) == tuple(layer.compute_output_shape(IMAGES.shape))
