import numpy as np
import pytest

from trainer.answering.decision import Decide, decided, fit_factors

CLASSES = ("common", "rare")


def drawn(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities of two overlapping classes, one of them 5 % of the images."""
    generator = np.random.default_rng(1)
    true = (generator.random(count) < 0.05).astype(np.int64)
    place = generator.normal(2.0 * true, 1.0)
    odds = 0.05 / 0.95 * np.exp(2.0 * place - 2.0)
    rare = odds / (1 + odds)
    return true, np.stack([1 - rare, rare], axis=1)


def recalls(true: np.ndarray, numbers: np.ndarray) -> list[float]:
    return [float((numbers[true == label] == label).mean()) for label in (0, 1)]


def test_balanced_finds_more_of_the_rare_class_for_at_most_a_point_of_accuracy() -> None:
    true, probabilities = drawn()
    factors = fit_factors(true, probabilities, CLASSES)
    assert factors["common"] == 1.0
    assert factors["rare"] > 1.5
    plain, balanced = (decided(probabilities, CLASSES, factors, each) for each in (Decide.ACCURACY, Decide.BALANCED))
    assert recalls(true, balanced)[1] > recalls(true, plain)[1] + 0.1
    assert (plain == true).mean() - 0.01 <= (balanced == true).mean() < (plain == true).mean()
    # What would find more of them costs more.
    more = decided(probabilities, CLASSES, {"rare": 1.3 * factors["rare"]}, Decide.BALANCED)
    assert (more == true).mean() < (plain == true).mean() - 0.01


def test_where_nothing_is_to_be_gained_probabilities_stay() -> None:
    true = np.array([0, 0, 0, 1])
    assert fit_factors(true, np.eye(2)[true], CLASSES) == {"common": 1.0, "rare": 1.0}


@pytest.mark.parametrize(("decide", "factors"), [(Decide.ACCURACY, {"rare": 9.0}), (Decide.BALANCED, {})])
def test_accuracy_and_a_bundle_without_factors_take_the_most_probable(
    decide: Decide, factors: dict[str, float]
) -> None:
    probabilities = np.array([[0.8, 0.2]])
    assert decided(probabilities, CLASSES, factors, decide).tolist() == [0]


def test_factors_belong_to_names() -> None:
    assert decided(np.array([[0.8, 0.2]]), CLASSES, {"rare": 9.0}, Decide.BALANCED).tolist() == [1]


def test_an_operating_point_may_be_named_by_its_word() -> None:
    probabilities = np.array([[0.9, 0.1]])
    assert decided(probabilities, CLASSES, {"rare": 50.0}, "balanced").tolist() == [1]  # type: ignore[arg-type]
    assert decided(probabilities, CLASSES, {"rare": 50.0}, "accuracy").tolist() == [0]  # type: ignore[arg-type]
