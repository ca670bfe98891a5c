"""Macro F1 by probabilities in place of decisions."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import softmax

from trainer.answering.decision import decided_across_folds
from trainer.answering.soft import soft_macro_f1, steady_macro_f1
from trainer.estimating.macro_f1 import count, macro_f1

SHARES = np.array([0.6, 0.36, 0.04])
ONE = np.zeros(4, np.int64)


def answers(skill: float, count: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Draw galaxies and what a network says of them that is so good; of one seed the galaxies are the same."""
    generator = np.random.default_rng(seed)
    true = generator.choice(3, count, p=SHARES)
    looks = generator.normal(0, 1, (count, 3)) + skill * np.eye(3)[true]
    return true, softmax(skill * looks + np.log(SHARES), axis=1)


def test_probabilities_are_counted_in_place_of_decisions() -> None:
    true = np.array([0, 0, 1, 1])
    chances = np.array([[0.9, 0.1, 0.0], [0.5, 0.4, 0.1], [0.2, 0.8, 0.0], [0.0, 1.0, 0.0]])
    first, second = 2 * (0.9 + 0.5) / (2 + 1.6), 2 * (0.8 + 1.0) / (2 + 2.3)
    # No image is of the third class.
    assert soft_macro_f1(true, chances, folds=ONE, shares=SHARES) == pytest.approx((first + second) / 2)
    certain = np.eye(3)[true]
    assert soft_macro_f1(true, certain, folds=ONE, shares=SHARES) == pytest.approx(1)
    assert 0 < soft_macro_f1(true, 1 - certain, folds=np.arange(4) % 2, shares=SHARES) < 0.5


@pytest.mark.parametrize("power", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("tilt", [0.0, 0.8])
def test_neither_how_sure_a_network_is_counts_nor_the_mix_it_was_trained_on(power: float, tilt: float) -> None:
    true, chances = answers(2.0, 4000, 1)
    folds = np.arange(len(true)) % 5
    other = softmax(power * (np.log(chances) - tilt * np.log(SHARES)), axis=1)
    found = [soft_macro_f1(true, each, folds=folds, shares=SHARES) for each in (chances, other)]
    assert found[1] == pytest.approx(found[0], abs=0.01)


def test_of_two_networks_the_better_one_is_told_more_often_than_by_decisions() -> None:
    right = np.zeros(2)
    for seed in range(80):
        folds = np.arange(200) % 5
        scores = []
        for skill in (1.9, 2.0):
            true, chances = answers(skill, 200, seed)
            decided = decided_across_folds(true, chances, folds=folds, shares=SHARES)
            hard = float(macro_f1(count(true, decided, 3)))
            scores.append((hard, soft_macro_f1(true, chances, folds=folds, shares=SHARES)))
        right += np.subtract(scores[1], scores[0]) > 0
    assert right[1] > right[0] + 10


def test_decisions_weigh_more_the_more_images_there_are() -> None:
    few, as_many, many = (steady_macro_f1(0.9, 0.8, np.full(3, rows)) for rows in (4, 150, 10_000))
    assert as_many == pytest.approx(0.85)
    assert 0.8 < few < 0.81
    assert 0.89 < many < 0.9
    # It is the rarest class that leaves decisions to chance; one of which there is no image has no say.
    assert steady_macro_f1(0.9, 0.8, np.array([1000, 1000, 4])) < 0.81
    assert steady_macro_f1(0.9, 0.8, np.array([150, 150, 0])) == pytest.approx(as_many)
