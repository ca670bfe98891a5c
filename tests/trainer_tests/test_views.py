from collections.abc import Sequence
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from trainer.answering.views import TWO_SIZES, differing_turns, view_average

IMAGES = np.random.default_rng(1).random((3, 40, 40, 3), np.float32)
VIEWS = [np.rot90(view, turns, axes=(1, 2)) for view in (IMAGES, IMAGES[:, :, ::-1]) for turns in range(4)]


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential([layers.Input((40, 40, 3)), layers.Flatten(), layers.Dense(4, activation="softmax")])


def mean_over(model: keras.Model, views: Sequence[np.ndarray]) -> np.ndarray:
    found: np.ndarray = np.mean([model(np.ascontiguousarray(view)).numpy() for view in views], axis=0)
    return found


def test_is_the_mean_over_the_eight_views(model: keras.Model) -> None:
    assert len({view.tobytes() for view in VIEWS}) == 8
    assert view_average(model)(IMAGES).numpy() == pytest.approx(mean_over(model, VIEWS), abs=1e-6)
    assert view_average(model, turns=1)(IMAGES).numpy() == pytest.approx(mean_over(model, VIEWS[::4]), abs=1e-6)


def test_two_sizes_are_what_a_zoom_of_as_much_shows(model: keras.Model) -> None:
    """To whole pixels: 40 / 0.85 and 40 / 1.15 are 47.1 and 34.8, so 4 at each side come and 3 go."""
    smaller = [np.pad(image, ((4, 4), (4, 4), (0, 0)), mode="reflect") for image in IMAGES]
    resized = [[cv2.resize(image, (40, 40)) for image in images] for images in (smaller, IMAGES[:, 3:-3, 3:-3])]
    views = [np.rot90(np.stack(images), k, axes=(1, 2)) for images in resized for k in range(4)]
    expected = mean_over(model, [*views, *(view[:, :, ::-1] for view in views)])
    assert view_average(model, scales=TWO_SIZES)(IMAGES).numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("scales", [(1.0,), TWO_SIZES])
def test_no_turn_or_flip_changes_it(model: keras.Model, scales: Sequence[float]) -> None:
    averaged = view_average(model, scales=scales)
    upright = averaged(IMAGES).numpy()
    for view in VIEWS:
        assert averaged(np.ascontiguousarray(view)).numpy() == pytest.approx(upright, abs=1e-6)


def test_tells_a_network_that_says_the_same_in_all_turns() -> None:
    layers = keras.layers
    pooled = keras.Sequential([layers.Input((40, 40, 3)), layers.GlobalAveragePooling2D(), layers.Dense(4, "softmax")])
    assert differing_turns(pooled, IMAGES) == 1


@pytest.mark.parametrize("logits", [True, False])
def test_a_saturated_network_differs_in_turns(logits: bool) -> None:
    """Its probabilities are all 0 or 1 for these images, and yet it is not the same in all turns."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    bias = keras.initializers.Constant([0.0, -40, -40, -40])
    outputs = layers.Dense(4, activation=None if logits else "softmax", bias_initializer=bias)
    model = keras.Sequential([layers.Input((40, 40, 3)), layers.Flatten(), outputs])
    probabilities = keras.ops.softmax(model(IMAGES)) if logits else model(IMAGES)
    assert probabilities.numpy()[:, 0].min() > 1 - 1e-6
    assert differing_turns(model, IMAGES, logits=logits) == 4


@pytest.mark.parametrize("scales", [(1.0,), TWO_SIZES])
def test_a_network_for_images_of_any_size_is_one_for_those_there_are(scales: Sequence[float]) -> None:
    layers = keras.layers
    free = keras.Sequential(
        [layers.Input((None, None, 3)), layers.GlobalAveragePooling2D(), layers.Dense(4, "softmax")]
    )
    averaged = view_average(free, image_shape=(40, 40, 3), scales=scales)
    assert averaged.input_shape == (None, 40, 40, 3)
    assert averaged(IMAGES).numpy().sum(axis=1) == pytest.approx(1)


def test_loads_without_our_code(model: keras.Model, tmp_path: Path) -> None:
    averaged = view_average(model, scales=TWO_SIZES)
    averaged.save(tmp_path / "averaged.keras")
    loaded = keras.saving.load_model(tmp_path / "averaged.keras", safe_mode=True)
    assert loaded(IMAGES).numpy() == pytest.approx(averaged(IMAGES).numpy(), abs=1e-6)
