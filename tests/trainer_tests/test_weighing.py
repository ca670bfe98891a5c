"""How much each configuration weighs in an ensemble."""

import numpy as np
import numpy.typing as npt
import pytest

from trainer.final.weighing import ensemble_weights

TRUE = np.tile(np.arange(3), 400)
NUMBERS = np.arange(len(TRUE))


def member(right: npt.NDArray[np.bool_], sure: float = 0.8) -> npt.NDArray[np.float64]:
    """Return probabilities: ``sure`` for the true class where ``right``, else for the next one."""
    answers = np.where(right, TRUE, (TRUE + 1) % 3)
    probabilities = np.full((len(TRUE), 3), (1 - sure) / 2)
    probabilities[np.arange(len(TRUE)), answers] = sure
    return probabilities


GOOD, OTHER, POOR = member(NUMBERS % 5 > 0), member(NUMBERS % 4 > 0), member(NUMBERS % 2 > 0)


def test_the_better_of_two_that_help_each_other_counts_more() -> None:
    good, other, poor = ensemble_weights(TRUE, [GOOD, OTHER, POOR])
    assert good > other > poor == 0


@pytest.mark.parametrize("copies", [1, 3])
def test_what_adds_nothing_has_no_weight(copies: int) -> None:
    assert ensemble_weights(TRUE, [GOOD] * copies) == (1, *[0] * (copies - 1))


def test_weights_are_in_smallest_numbers() -> None:
    assert ensemble_weights(TRUE, [member(NUMBERS % 4 != 1), member(NUMBERS % 4 != 2)]) == (1, 1)


def test_what_few_images_say_of_a_member_counts_little() -> None:
    good, other = member(NUMBERS % 5 > 0)[:20], member(NUMBERS % 4 > 0)[:20]
    better, worse = ensemble_weights(TRUE[:20], [good, other])
    assert worse <= better < 1.5 * worse
    poor = member(NUMBERS % 20 == 0)[:20]  # which shows in twenty
    assert ensemble_weights(TRUE[:20], [good, poor]) == (1, 0)
