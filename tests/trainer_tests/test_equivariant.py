from collections.abc import Callable
from typing import Any

import keras
import keras_tuner
import numpy as np
import numpy.typing as npt
import pytest

from search import GalaxyHyperModel
from trainer import TURNS, TurnConvolution, TurnNormalization
from trainer.answering.views import differing_turns, view_average
from trainer.final.portable import portable
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


@pytest.mark.parametrize(
    ("layer", "channels"),
    [
        (lambda: TurnConvolution(6, 3), 8),
        (lambda: TurnConvolution(8, 3), 6),
        (lambda: TurnNormalization(), 6),
    ],
)
def test_what_does_not_divide_into_turns_is_refused(layer: Callable[[], keras.Layer], channels: int) -> None:
    with pytest.raises(ValueError, match="multiple of 4, got 6"):
        layer()(np.zeros((1, 8, 8, channels), np.float32))


@pytest.mark.parametrize(("size", "strides"), [(4, 1), (3, 2), (1, 3)])
def test_a_kernel_whose_centre_would_move_is_refused(size: int, strides: int) -> None:
    with pytest.raises(ValueError, match=f"got {size} and strides of {strides}"):
        TurnConvolution(8, size, strides=strides)


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


def test_mirrored_alone_is_averaged_over_where_turns_change_nothing(trained: keras.Model) -> None:
    model = portable(trained)
    turns = differing_turns(model, IMAGES)
    assert turns == 1
    averaged = view_average(model, turns=turns)
    expected = (model(IMAGES).numpy() + model(np.ascontiguousarray(IMAGES[:, :, ::-1])).numpy()) / 2
    assert averaged(IMAGES).numpy() == pytest.approx(expected, abs=1e-6)
    assert averaged(turned(IMAGES, blocks=False)).numpy() == pytest.approx(expected, abs=1e-6)


def built_in(side: int, **values: Any) -> keras.Model:
    """Build the space's default network; its normalisation has learnt."""
    keras.utils.set_random_seed(1)
    hp = keras_tuner.HyperParameters()
    hp.values |= values
    model = GalaxyHyperModel(input_shape=(side, side, 3), num_classes=5).build(hp)
    for _ in range(5):
        model(np.random.default_rng(1).random((4, side, side, 3), np.float32), training=True)
    return model


@pytest.mark.parametrize(("side", "excite"), [(32, True), (64, True), (64, False)])
def test_the_built_in_network_says_the_same_in_all_turns(side: int, excite: bool) -> None:
    model = built_in(side, squeeze_excite=excite)
    images = np.random.default_rng(1).random((2, side, side, 3), np.float32)
    found = model(turned(images, blocks=False)).numpy()
    assert found == pytest.approx(model(images).numpy(), abs=1e-5)
    assert np.ptp(found, axis=0).max() > 1e-4  # it tells images apart at all


def test_it_does_so_no_more_where_maps_of_odd_size_are_halved() -> None:
    model = built_in(36)
    images = np.random.default_rng(1).random((2, 36, 36, 3), np.float32)
    assert np.abs(model(turned(images, blocks=False)).numpy() - model(images).numpy()).max() > 1e-4


@keras.saving.register_keras_serializable("theirs")
class Block(keras.layers.Layer):  # type: ignore[misc]
    """A layer of a user's own with ours in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.convolution, self.normalisation = TurnConvolution(16, 3, lifting=True), TurnNormalization()

    def build(self, shape: tuple[int, ...]) -> None:
        self.convolution.build(shape)
        self.normalisation.build((*shape[:-1], 16))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.normalisation(self.convolution(inputs), training=training)


@keras.saving.register_keras_serializable("theirs", name="TurnNormalization")
class Namesake(keras.layers.Layer):  # type: ignore[misc]
    """Another layer of the same name."""

    def call(self, inputs: Any) -> Any:
        return 2 * inputs


def test_layers_of_users_stay_what_they_are() -> None:
    keras.utils.set_random_seed(1)
    images = keras.Input((12, 12, 3))
    features = Namesake()(Block()(images))
    features = TurnNormalization()(TurnConvolution(16, 3)(features))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(features))
    changed = portable(model)
    assert [type(layer).__name__ for layer in changed.layers[1:5]] == [
        "Block",
        "Namesake",
        "Conv2D",
        "BatchNormalization",
    ]
    assert changed(IMAGES).numpy() == pytest.approx(model(IMAGES).numpy(), abs=1e-5)


@pytest.mark.parametrize("layer", [TurnConvolution(16, 4, strides=2, lifting=True), TurnNormalization(momentum=0.5)])
def test_a_configuration_makes_the_same_layer(layer: keras.Layer) -> None:
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_the_layers_are_saved_and_loaded(trained: keras.Model, tmp_path: Any) -> None:
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded(IMAGES).numpy() == pytest.approx(trained(IMAGES).numpy(), abs=1e-6)
