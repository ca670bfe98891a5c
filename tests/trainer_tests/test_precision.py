from typing import Any

import keras
import numpy as np
import pytest

from trainer import InfeasibleError
from trainer.bundles.keeping import all_layers
from trainer.final.portable import portable
from trainer.fitting.building import build_model
from trainer.fitting.layers import FusedBatchNormalization
from trainer.fitting.precision import computing_in

IMAGES = np.random.default_rng(1).random((16, 8, 8, 3), np.float32)


def network(normalisation: Any = FusedBatchNormalization) -> keras.Model:
    layers = keras.layers
    images = keras.Input((8, 8, 3))
    features = normalisation(momentum=0.5)(layers.Conv2D(4, 3)(images))
    outputs = layers.Dense(5, activation="softmax", dtype="float32")(layers.Flatten()(features))
    model = keras.Model(images, outputs)
    model.compile("sgd", "categorical_crossentropy")
    return model


def trained(model: keras.Model) -> keras.Model:
    labels = np.eye(5, dtype=np.float32)[np.arange(16) % 5]
    for _ in range(3):
        model.train_on_batch(IMAGES, labels)
    return model


def both_normalisations() -> tuple[keras.Model, keras.Model]:
    fused, plain = network(), network(keras.layers.BatchNormalization)
    plain.set_weights(fused.get_weights())
    return trained(fused), trained(plain)


def test_the_fused_normalisation_trains_like_keras_own() -> None:
    fused, plain = both_normalisations()
    pixels = 16 * 6 * 6
    for variable, expected in zip(fused.variables, plain.variables, strict=True):
        tolerance = 3 / pixels if variable.name == "moving_variance" else 1e-4  # Bessel's correction
        assert variable.numpy() == pytest.approx(expected.numpy(), rel=tolerance, abs=1e-5), variable.path


def test_the_fused_normalisation_predicts_like_keras_own() -> None:
    fused, plain = both_normalisations()
    plain.set_weights(fused.get_weights())
    assert fused(IMAGES).numpy() == pytest.approx(plain(IMAGES).numpy(), abs=1e-6)


def test_the_fused_normalisation_leaves_other_shapes_to_keras() -> None:
    rows = np.random.default_rng(1).random((8, 3), np.float32)
    found = FusedBatchNormalization()(rows, training=True)
    assert found.numpy() == pytest.approx(keras.layers.BatchNormalization()(rows, training=True).numpy())


def test_precision_holds_for_the_block_only() -> None:
    with computing_in("bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        assert keras.layers.Dense(1).variable_dtype == "float32"
    assert keras.layers.Dense(1).compute_dtype == "float32"


@pytest.mark.parametrize(
    ("flags", "expected"), [({"sse", "amx_bf16"}, "bfloat16"), ({"sse", "avx512f"}, "float32"), (set(), "float32")]
)
def test_auto_goes_by_what_the_processor_can(flags: set[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import trainer.fitting.precision

    trainer.fitting.precision._has_bfloat16.cache_clear()
    monkeypatch.setattr(trainer.fitting.precision, "_cpu_flags", lambda: flags)
    with computing_in("auto"):
        assert keras.layers.Dense(1).compute_dtype == expected
    trainer.fitting.precision._has_bfloat16.cache_clear()


def test_a_built_model_computes_in_the_precision_asked_for() -> None:
    built = build_model(network, seed=1, image_shape=(8, 8, 3), classes=5, precision="bfloat16")
    assert built.model.layers[1].compute_dtype == "bfloat16"
    assert all(variable.dtype == "float32" for variable in built.model.trainable_variables)


def test_a_build_that_undoes_the_precision_is_infeasible() -> None:
    def build() -> keras.Model:
        keras.backend.clear_session()
        return network()

    with pytest.raises(InfeasibleError, match=r"precision asked for, bfloat16, was undone .*: take that out of build"):
        build_model(build, seed=1, image_shape=(8, 8, 3), classes=5, precision="bfloat16")
    assert build_model(build, seed=1, image_shape=(8, 8, 3), classes=5).model.layers[1].compute_dtype == "float32"


def test_portable_is_float32_of_keras_own_layers_and_predicts_the_same() -> None:
    with computing_in("bfloat16"):
        model = trained(network())
    changed = portable(model)
    assert {type(layer).__module__.split(".")[0] for layer in changed.layers} == {"keras"}
    assert {layer.compute_dtype for layer in changed.layers} == {"float32"}
    for variable, expected in zip(changed.variables, model.variables, strict=True):
        assert np.array_equal(variable.numpy(), expected.numpy())
    assert changed(IMAGES).numpy() == pytest.approx(model(IMAGES).numpy(), abs=0.02)


def test_portable_reaches_models_within_models() -> None:
    with computing_in("bfloat16"):
        inner = network()
        images = keras.Input((8, 8, 3))
        model = keras.Model(images, inner(images))
    changed = portable(model)
    assert {layer.compute_dtype for layer in changed._flatten_layers()} == {"float32"}
    assert not any(isinstance(layer, FusedBatchNormalization) for layer in changed._flatten_layers())


def test_portable_leaves_a_plain_model_alone() -> None:
    model = network(keras.layers.BatchNormalization)
    assert portable(model) is model


class Holder(keras.layers.Layer):  # type: ignore[misc]
    """A layer that holds others in a list, in a dictionary, and in a layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        inner = keras.Sequential([keras.layers.Dense(1)])
        self.named = {"a": [keras.layers.Dense(2), inner], "b": keras.layers.Dense(3)}
        self.pair = (keras.layers.TimeDistributed(keras.layers.Dense(4)), inner)

    def build(self, shape: Any) -> None:
        pass

    def call(self, inputs: Any) -> Any:
        return inputs


def test_layers_are_reached_in_whatever_a_layer_holds_them() -> None:
    model = keras.Sequential([keras.Input((3, 2)), Holder()])
    reached = [id(layer) for layer in all_layers(model)]
    assert {id(layer) for layer in model._flatten_layers()} <= set(reached)
    assert len(reached) == len(set(reached))
    assert {layer.units for layer in all_layers(model) if isinstance(layer, keras.layers.Dense)} == {1, 2, 3, 4}
