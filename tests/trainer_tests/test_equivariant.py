from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from trainer import TURNS, TurnConvolution, TurnNormalization
from trainer.final.portable import portable
from trainer.final.symmetry import dihedral_average
from trainer.fitting.precision import computing_in

IMAGES = np.random.default_rng(1).random((3, 12, 12, 3), np.float32)
FEATURES = np.random.default_rng(2).normal(size=(3, 12, 12, 8)).astype(np.float32)


def turned(maps: npt.NDArray[np.float32], *, blocks: bool) -> npt.NDArray[np.float32]:
    """Turn maps by 90°; features, in blocks of one a turn, move on by one block."""
    moved = np.roll(maps, maps.shape[-1] // TURNS, axis=-1) if blocks else maps
    return np.ascontiguousarray(np.rot90(moved, axes=(1, 2)))


@pytest.mark.parametrize(("size", "strides"), [(3, 1), (1, 1), (4, 2)])
@pytest.mark.parametrize("lifting", [True, False])
def test_features_turn_with_the_image(size: int, strides: int, lifting: bool) -> None:
    layer = TurnConvolution(16, size, strides=strides, lifting=lifting)
    inputs = IMAGES if lifting else FEATURES
    found = layer(turned(inputs, blocks=not lifting)).numpy()
    assert found == pytest.approx(turned(layer(inputs).numpy(), blocks=True), abs=1e-5)
    assert found.std() > 0.1


def test_a_layer_has_the_weights_of_one_turn() -> None:
    layer = TurnConvolution(16, 3)
    layer(FEATURES)
    assert layer.kernel.shape == (3, 3, 8, 4)


@pytest.mark.parametrize(("filters", "channels", "lifting"), [(6, 8, False), (8, 6, False)])
def test_what_does_not_divide_into_turns_is_refused(filters: int, channels: int, lifting: bool) -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        TurnConvolution(filters, 3, lifting=lifting)(np.zeros((1, 8, 8, channels), np.float32))


def test_normalisation_in_training_is_that_of_each_channel() -> None:
    layer, plain = TurnNormalization(momentum=0.5), keras.layers.BatchNormalization(momentum=0.5)
    assert layer(FEATURES, training=True).numpy() == pytest.approx(plain(FEATURES, training=True).numpy(), abs=1e-4)
    for own, expected in zip(layer.weights, plain.weights, strict=True):
        assert own.name == expected.name
        mean = expected.numpy().reshape(TURNS, -1).mean(axis=0)
        assert own.numpy() == pytest.approx(mean, rel=0.01, abs=1e-5)  # Bessel's correction


def test_normalisation_turns_with_the_image_once_it_has_learnt() -> None:
    layer = TurnNormalization(momentum=0.5)
    layer(FEATURES, training=True)
    found = layer(turned(FEATURES, blocks=True)).numpy()
    assert found == pytest.approx(turned(layer(FEATURES).numpy(), blocks=True), abs=1e-5)


def network() -> keras.Model:
    images = keras.Input((12, 12, 3))
    features = TurnNormalization(momentum=0.5)(TurnConvolution(16, 4, strides=2, lifting=True)(images))
    features = keras.layers.ReLU()(TurnNormalization(momentum=0.5)(TurnConvolution(32, 3)(features)))
    means = keras.layers.Reshape((TURNS, -1))(keras.layers.GlobalAveragePooling2D()(features))
    means = keras.layers.GlobalAveragePooling1D()(means)
    outputs = keras.layers.Dense(5, activation="softmax", dtype="float32")(means)
    model = keras.Model(images, outputs)
    model.compile("sgd", "categorical_crossentropy")
    return model


@pytest.fixture(params=["float32", "bfloat16"])
def trained(request: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    with computing_in(request.param):
        model = network()
    for _ in range(5):
        model.train_on_batch(IMAGES, np.eye(5, dtype=np.float32)[:3])
    return model


def test_portable_has_kerass_own_layers_and_predicts_the_same(trained: keras.Model) -> None:
    changed = portable(trained)
    assert {type(layer).__module__.split(".")[0] for layer in changed._flatten_layers()} == {"keras"}
    assert {layer.compute_dtype for layer in changed._flatten_layers()} == {"float32"}
    tolerance = 1e-6 if trained.layers[1].compute_dtype == "float32" else 0.02
    assert changed(IMAGES).numpy() == pytest.approx(trained(IMAGES).numpy(), abs=tolerance)


def test_mirrored_alone_is_averaged_over_where_turns_change_nothing(
    trained: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[int] = []
    concatenate = keras.ops.concatenate
    monkeypatch.setattr(keras.ops, "concatenate", lambda x, axis: (joined.append(len(x)), concatenate(x, axis))[1])
    model = portable(trained)
    averaged = dihedral_average(model, IMAGES)
    assert joined == [2]
    expected = (model(IMAGES).numpy() + model(np.ascontiguousarray(IMAGES[:, :, ::-1])).numpy()) / 2
    assert averaged(IMAGES).numpy() == pytest.approx(expected, abs=1e-6)
    assert averaged(turned(IMAGES, blocks=False)).numpy() == pytest.approx(expected, abs=1e-6)


def test_the_layers_are_saved_and_loaded(trained: keras.Model, tmp_path: Any) -> None:
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded(IMAGES).numpy() == pytest.approx(trained(IMAGES).numpy(), abs=1e-6)
