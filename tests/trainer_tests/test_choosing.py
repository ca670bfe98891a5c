"""Which trained members a bundle is made of."""

import numpy as np
import numpy.typing as npt
import pytest

from trainer.final.choosing import choose_best, choose_ensemble, is_worth_twice_the_work

TRUE = np.tile(np.arange(3), 400)


def member(right: npt.NDArray[np.bool_], sure: float = 0.8) -> npt.NDArray[np.float32]:
    """Return probabilities: ``sure`` for the true class where ``right``, else for the next one."""
    answers = np.where(right, TRUE, (TRUE + 1) % 3)
    probabilities = np.full((len(TRUE), 3), (1 - sure) / 2, np.float32)
    probabilities[np.arange(len(TRUE)), answers] = sure
    return probabilities


NUMBERS = np.arange(len(TRUE))
GOOD, OTHER, POOR = member(NUMBERS % 5 > 0), member(NUMBERS % 4 > 0), member(NUMBERS % 2 > 0)


def test_the_best_is_the_likeliest_once_calibrated() -> None:
    assert choose_best(TRUE, [POOR, OTHER, GOOD]) == (2,)
    # As often right, but far too sure of itself: calibration takes that back.
    assert choose_best(TRUE, [OTHER, member(NUMBERS % 5 > 0, sure=0.9999)]) == (1,)


def test_an_ensemble_is_of_those_that_help_each_other() -> None:
    assert choose_ensemble(TRUE, [POOR, OTHER, GOOD]) == (1, 2)


def test_few_images_leave_no_member_out() -> None:
    few = slice(0, 20)
    assert choose_ensemble(TRUE[few], [OTHER[few], GOOD[few]]) == (0, 1)


@pytest.mark.parametrize("copies", [1, 3])
def test_a_member_that_adds_nothing_is_left_out(copies: int) -> None:
    assert choose_ensemble(TRUE, [GOOD] * copies) == (0,)


def test_twice_the_work_is_for_a_percent_of_the_loss() -> None:
    assert is_worth_twice_the_work((TRUE, OTHER), (TRUE, GOOD))
    assert not is_worth_twice_the_work((TRUE, GOOD), (TRUE, OTHER))
    barely = 0.9995 * GOOD + 0.0005 * member(np.ones_like(NUMBERS, bool))
    assert choose_best(TRUE, [GOOD, barely]) == (1,)
    assert not is_worth_twice_the_work((TRUE, GOOD), (TRUE, barely))
