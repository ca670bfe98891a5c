from pathlib import Path

import keras
import numpy as np
import pytest

from trainer.final.symmetry import dihedral_average

IMAGES = np.random.default_rng(1).random((3, 8, 8, 3), np.float32)
VIEWS = [np.rot90(view, turns, axes=(1, 2)) for view in (IMAGES, IMAGES[:, :, ::-1]) for turns in range(4)]


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(4, activation="softmax")])


def test_is_the_mean_over_the_eight_views(model: keras.Model) -> None:
    assert len({view.tobytes() for view in VIEWS}) == 8
    expected = np.mean([model(np.ascontiguousarray(view)).numpy() for view in VIEWS], axis=0)
    assert dihedral_average(model)(IMAGES).numpy() == pytest.approx(expected, abs=1e-6)
    assert dihedral_average(model, IMAGES)(IMAGES).numpy() == pytest.approx(expected, abs=1e-6)


def test_no_turn_or_flip_changes_it(model: keras.Model) -> None:
    averaged = dihedral_average(model)
    upright = averaged(IMAGES).numpy()
    for view in VIEWS:
        assert averaged(np.ascontiguousarray(view)).numpy() == pytest.approx(upright, abs=1e-6)


@pytest.mark.parametrize("logits", [True, False])
def test_a_saturated_network_is_averaged_over_all_views(logits: bool) -> None:
    """Its probabilities are all 0 or 1 for these images, and yet it is not the same in all turns."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    bias = keras.initializers.Constant([0.0, -40, -40, -40])
    outputs = layers.Dense(4, activation=None if logits else "softmax", bias_initializer=bias)
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), outputs])
    probabilities = keras.ops.softmax(model(IMAGES)) if logits else model(IMAGES)
    assert probabilities.numpy()[:, 0].min() > 1 - 1e-6
    averaged = dihedral_average(model, IMAGES, logits=logits)
    expected = np.mean([model(np.ascontiguousarray(view)).numpy() for view in VIEWS], axis=0)
    assert averaged(IMAGES).numpy() == pytest.approx(expected, rel=1e-4)


def test_loads_without_our_code(model: keras.Model, tmp_path: Path) -> None:
    averaged = dihedral_average(model)
    averaged.save(tmp_path / "averaged.keras")
    loaded = keras.saving.load_model(tmp_path / "averaged.keras", safe_mode=True)
    assert loaded(IMAGES).numpy() == pytest.approx(averaged(IMAGES).numpy(), abs=1e-6)
