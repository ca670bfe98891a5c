"""What holds for any scores, objective, temperature and schedule."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from trainer import Objective, TrainingOptions, score_predictions
from trainer.answering.calibration import apply_temperature

modest = settings(max_examples=60, derandomize=True, deadline=None)
values = st.lists(st.floats(allow_infinity=True, allow_nan=True), max_size=20)
probabilities = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 30), st.integers(2, 5)), elements=st.floats(1e-3, 1)
).map(lambda rows: rows / rows.sum(axis=1, keepdims=True))


@modest
@given(values, st.sampled_from(["max", "min"]))
def test_nothing_is_better_than_the_best(found: list[float], direction: str) -> None:
    objective = Objective.parse(f"metric:{direction}")
    best = objective.best(found)
    if best is None:
        assert all(math.isnan(value) for value in found)
    else:
        assert not any(objective.better(value, found[best]) for value in found)
        assert not any(value == found[best] for value in found[:best])


@modest
@given(probabilities, st.randoms(use_true_random=False))
def test_scores_agree_with_the_confusion_matrix(found: np.ndarray, random: object) -> None:
    classes = tuple("abcde"[: found.shape[1]])
    true = np.array([random.randrange(len(classes)) for _ in found])  # type: ignore[attr-defined]
    scores = score_predictions(true, found, classes)
    matrix = np.array(scores.confusion_matrix)
    assert matrix.sum() == scores.count == len(found)
    assert matrix.sum(axis=1).tolist() == [scores.per_class[name].support for name in classes]
    assert scores.accuracy == pytest.approx(np.trace(matrix) / len(found))
    assert scores.balanced_accuracy == pytest.approx(scores.macro["recall"])
    assert 0 <= scores.ece <= 1
    assert all(0 <= value <= 1 for value in scores.macro.values())


@modest
@given(probabilities, st.floats(1 / 8, 8))
def test_temperature_keeps_the_order_of_the_classes(found: np.ndarray, temperature: float) -> None:
    calibrated = apply_temperature(found, temperature)
    assert calibrated.sum(axis=1) == pytest.approx(np.ones(len(found)), abs=1e-5)
    most = np.take_along_axis(calibrated, found.argmax(axis=1)[:, None], axis=1)[:, 0]
    assert most == pytest.approx(calibrated.max(axis=1), rel=1e-6)


@modest
@given(
    st.integers(1, 50),
    st.integers(1, 40),
    st.floats(0, 10),
    st.sampled_from(["cosine", "constant"]),
)
def test_the_learning_rate_is_positive_and_at_most_the_models_own(
    epochs: int, steps: int, warmup: float, schedule: str
) -> None:
    options = TrainingOptions(epochs=epochs, warmup_epochs=warmup, schedule=schedule)  # type: ignore[arg-type]
    found = [options.learning_rate_factor(step, steps_per_epoch=steps) for step in range(epochs * steps)]
    assert all(0 < factor <= 1 for factor in found)
