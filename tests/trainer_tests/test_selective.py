import numpy as np
import pytest

from trainer.answering.selective import Answers


def answers(count: int, seed: int, slope: float = 1.0) -> Answers:
    """Calibrated answers: right as often as their confidence, 0.5 to 1, says."""
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.5, 1, count) ** slope
    return Answers(confidence.astype(np.float32), generator.random(count) < confidence)


def error_from(threshold: float) -> float:
    """The true error rate from a confidence on: the mean of 1 − c for c uniform from it to 1."""
    return (1 - threshold) / 2


def test_the_promise_is_kept() -> None:
    thresholds = [answers(4000, seed).threshold(0.1) for seed in range(200)]
    errors = [error_from(threshold) for threshold in thresholds if threshold is not None]
    assert len(errors) > 190
    assert np.mean(np.array(errors) > 0.1) <= 0.05
    assert np.median(errors) > 0.05  # nor is it kept by saying nothing


def test_a_lower_error_rate_needs_more_confidence() -> None:
    found = [answers(4000, 1).threshold(rate) for rate in (0.2, 0.1, 0.05)]
    assert None not in found
    assert found == sorted(found)  # type: ignore[type-var]


def test_few_images_promise_nothing() -> None:
    assert Answers(np.ones(20, np.float32), np.ones(20, bool)).threshold(0.02) is None
    assert Answers(np.ones(2000, np.float32), np.ones(2000, bool)).threshold(0.02) == 1.0


def test_an_error_rate_above_the_models_own_is_always_kept() -> None:
    found = answers(1000, 2)
    assert found.threshold(0.9) == found.confidence.min()


def test_equal_confidences_are_taken_together() -> None:
    confidence = np.repeat(np.float32([0.6, 0.9]), 500)
    right = np.concatenate([np.tile([True, False], 250), np.ones(500, bool)])
    assert Answers(confidence, right).threshold(0.05) == pytest.approx(0.9)


def test_the_confidence_is_the_probability_of_the_class_decided_for() -> None:
    probabilities = np.float32([[0.7, 0.3], [0.6, 0.4]])
    found = Answers.of(np.array([0, 1]), probabilities, np.array([0, 1]))
    assert found.confidence == pytest.approx([0.7, 0.4])
    assert found.right.tolist() == [True, True]
