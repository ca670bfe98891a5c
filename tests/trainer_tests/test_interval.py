"""An interval of macro F1, and a score corrected for the choice among finalists."""

import numpy as np
import numpy.typing as npt
import pytest

from trainer import corrected_score, interval_of_confusion
from trainer.estimating.macro_f1 import count_confusion, macro_f1

RARE = np.array([0.02, 0.29, 0.14, 0.28, 0.27])
"""Shares of classes as those of the real galaxies."""
EVEN = np.full(10, 0.1)
CASES = {
    "two rows of a class": (RARE, [0.60, 0.93, 0.88, 0.91, 0.93], 100),
    "a rare class that is seldom found": (RARE, [0.20, 0.93, 0.88, 0.91, 0.93], 200),
    "a rare class that is found": (RARE, [0.95, 0.97, 0.96, 0.97, 0.97], 200),
    "two classes, nearly all right": (np.array([0.9, 0.1]), [0.97, 0.97], 40),
    "ten classes of five rows": (EVEN, np.linspace(0.6, 0.95, 10), 50),
    "ten classes, nearly all right": (EVEN, np.full(10, 0.97), 50),
    "many rows": (RARE, [0.60, 0.93, 0.88, 0.91, 0.93], 2000),
}


@pytest.mark.parametrize("case", CASES)
def test_nine_of_ten_intervals_hold_the_true_macro_f1(case: str) -> None:
    shares, right, rows = CASES[case]
    others = np.tile(shares, (len(shares), 1)) * (1 - np.eye(len(shares)))
    answers = np.diag(right) + (1 - np.array(right))[:, None] * others / others.sum(axis=1, keepdims=True)
    true = macro_f1(count_confusion(answers * shares[:, None]))
    generator = np.random.default_rng(1)
    support = np.maximum(np.round(shares * rows), 1).astype(int)
    held = []
    for seed in range(120):
        low, high = interval_of_confusion(generator.multinomial(support, answers), seed=seed)
        held.append(low <= true <= high)
    assert np.mean(held) >= 0.9


def test_one_row_or_none_of_a_class_is_no_fault() -> None:
    one = np.array([[1, 0], [0, 50]])
    low, high = interval_of_confusion(one, seed=1)
    assert low < 0.8
    assert high == 1
    low, high = interval_of_confusion(np.diag([0, 50, 0]), seed=1)
    assert 0.9 < low < high == 1
    assert interval_of_confusion([[4]], seed=1) == (1, 1)


def test_the_same_seed_has_the_same_interval() -> None:
    matrix = [[8, 2], [1, 30]]
    assert interval_of_confusion(matrix, seed=3) == interval_of_confusion(matrix, seed=3)
    assert interval_of_confusion(matrix, seed=3) != interval_of_confusion(matrix, seed=4)


def finalists(rows: int, seed: int) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.int64]]]:
    """Return true classes and the decisions of four finalists that are equally good: four of five are right."""
    generator = np.random.default_rng(seed)
    true = np.repeat([0, 1, 2], [rows // 20, rows // 2, rows - rows // 20 - rows // 2])
    wrong = (true + 1) % 3
    return true, {str(one): np.where(generator.random(rows) < 0.8, true, wrong) for one in range(4)}


def test_what_the_choice_made_of_luck_is_taken_off() -> None:
    shares = np.array([0.05, 0.5, 0.45])
    expected = macro_f1(np.stack([0.8 * shares, shares, 0.8 * shares + 0.2 * np.roll(shares, 1)]))
    best, corrected, held = [], [], []
    for seed in range(30):
        true, decisions = finalists(200, seed)
        estimate = corrected_score(true, decisions, 3, seed=seed)
        assert estimate is not None
        corrected.append(estimate.value)
        best.append(max(float(macro_f1(count_confusion(_confusion(true, each)))) for each in decisions.values()))
        held.append(estimate.low <= expected <= estimate.high)
    assert np.mean(best) > expected + 0.02
    assert abs(np.mean(corrected) - expected) < 0.01
    assert np.mean(held) >= 0.9


def _confusion(true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.bincount(true * 3 + decided, minlength=9).reshape(3, 3).astype(np.float64)


@pytest.mark.parametrize("rare", [2, 3, 4])
def test_a_class_of_few_rows_that_is_never_found_weighs_as_any_other(rare: int) -> None:
    true = np.repeat(range(5), [60, 60, 60, 60, rare])
    estimate = corrected_score(true, {"only": np.where(true == 4, 0, true)}, 5, seed=1)
    assert estimate is not None
    assert estimate.value == pytest.approx(0.79, abs=0.01)
    # That none of so few was found does not say that none ever is.
    assert 0.7 < estimate.low <= estimate.value < 0.85 < estimate.high < 1


@pytest.mark.parametrize("rare", [2, 3])
@pytest.mark.parametrize("many", [1, 4])
def test_the_corrected_interval_holds_where_a_class_has_two_images_or_three(rare: int, many: int) -> None:
    right, support, generator = [0.5, 0.93, 0.9, 0.9, 0.93], [rare, 45, 21, 45, 36], np.random.default_rng(1)
    answers = np.tile((1 - np.array(right))[:, None] / 4, (1, 5))
    answers[np.arange(5), np.arange(5)] = right
    expected, true = macro_f1(count_confusion(answers * np.array(support)[:, None])), np.repeat(np.arange(5), support)
    cells, held = list(zip(support, answers, strict=True)), []
    for _ in range(40):
        decisions = {
            str(one): np.concatenate([generator.choice(5, count, p=row) for count, row in cells]) for one in range(many)
        }
        estimate = corrected_score(true, decisions, 5, seed=1)
        assert estimate is not None
        held.append(estimate.low <= expected <= estimate.high)
    assert np.mean(held) >= 0.9


def test_a_class_of_one_row_or_none_has_no_estimate() -> None:
    true = np.array([0, *[1] * 20, *[2] * 20])
    assert corrected_score(true, {"only": true}, 3, seed=1) is None
    assert corrected_score(true[1:], {"only": true[1:]}, 3, seed=1) is None
