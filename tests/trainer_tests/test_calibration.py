import numpy as np
import pytest

from trainer.answering.calibration import apply_temperature, fit_temperature
from trainer.scores import expected_calibration_error


def sample(temperature: float, seed: int = 3, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Classes drawn from softmax(logits), and what a model with `temperature` times those logits says."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (count, 4))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = (right.cumsum(axis=1) > generator.random((count, 1))).argmax(axis=1)
    sharp = np.exp(temperature * logits)
    return true, sharp / sharp.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_finds_the_temperature_that_the_probabilities_were_made_with(temperature: float) -> None:
    assert fit_temperature(*sample(temperature)) == pytest.approx(temperature, rel=0.05)


def test_calibrated_probabilities_mean_what_they_say() -> None:
    true, overconfident = sample(3.0)
    calibrated = apply_temperature(overconfident, fit_temperature(true, overconfident))
    assert expected_calibration_error(true, overconfident) > 0.1
    assert expected_calibration_error(true, calibrated) < 0.015


def test_stays_finite_where_every_image_is_right_or_a_probability_is_0() -> None:
    true, certain = np.array([0, 1]), np.eye(2)
    temperature = fit_temperature(true, certain)
    assert 1 / 8 <= temperature <= 8
    assert apply_temperature(certain, temperature) == pytest.approx(np.eye(2))
    assert 1 / 8 <= fit_temperature(1 - true, certain) <= 8


def test_few_images_that_are_all_right_make_nothing_certain() -> None:
    for count, most in ((5, 0.9), (25, 0.98), (500, 1.0)):
        said = np.full((count, 4), 0.1)
        said[:, 0] = 0.7
        calibrated = apply_temperature(said, fit_temperature(np.zeros(count, int), said))
        assert 0.7 < calibrated[0, 0] < most


def test_temperature_1_changes_nothing() -> None:
    _, probabilities = sample(1.0, count=50)
    assert apply_temperature(probabilities, 1.0) == pytest.approx(probabilities, abs=1e-6)
