"""What log loss to expect of an average."""

import numpy as np
import numpy.typing as npt
import pytest

from trainer.final.choosing import log_loss
from trainer.final.expecting import Expecting, saved_by

TRUE = np.tile(np.arange(2), 5000)


def answers(wrong: int, times: int) -> npt.NDArray[np.float64]:
    """Return what names the true class, but for one of ``wrong`` images."""
    right = np.arange(times) % wrong > 0
    return np.where((np.arange(2) == TRUE[:times, None]) == right[:, None], 0.9, 0.1)


@pytest.mark.parametrize(("images", "measured"), [(20, 0.1), (10_000, 0.8)])
def test_many_images_are_believed_and_few_are_not(images: int, measured: float) -> None:
    true, alone, better = TRUE[:images], answers(7, images), answers(11, images)
    level, least = log_loss(true, alone), log_loss(true, better)
    expected = Expecting(true, [alone]).loss(better, saved=0.0)
    share = (level - expected) / (level - least)
    assert (share < measured) if images < 100 else (share > measured)


def test_what_is_plainly_worse_is_believed_to_be_however_good_the_others_are() -> None:
    true, nearly_right, poor = TRUE[:100], answers(101, 100), answers(5, 100)
    expecting = Expecting(true, [nearly_right])
    assert expecting.loss(poor, saved=0.05) > 3 * expecting.loss(nearly_right, saved=0.0)


def test_configurations_that_differ_beyond_chance_are_not_taken_for_equal() -> None:
    true, good, poor = TRUE[:100], answers(20, 100), answers(2, 100)
    expecting = Expecting(true, [good, poor])
    assert expecting.loss(good, saved=0.0) < expecting.loss((good + poor) / 2, saved=0.035)


def test_an_image_counts_once_however_often_it_is_answered_and_a_single_one_says_nothing() -> None:
    rows = np.arange(40)
    once = Expecting(TRUE[:40], [answers(7, 40)], rows).loss(answers(11, 40), saved=0.0)
    again = [np.tile(one, (8, 1)) for one in (answers(7, 40), answers(11, 40))]
    assert Expecting(np.tile(TRUE[:40], 8), again[:1], np.tile(rows, 8)).loss(again[1], saved=0.0) == pytest.approx(
        once, rel=0.01
    )
    alone, better = np.array([[0.6, 0.4]]), np.array([[0.9, 0.1]])
    expecting = Expecting(TRUE[:1], [alone])
    assert expecting.loss(better, saved=0.05) == pytest.approx(0.95 * expecting.loss(alone, saved=0.0))


def test_what_differs_in_no_image_saves_nothing() -> None:
    alone = answers(7, 20)
    assert Expecting(TRUE[:20], [alone]).loss(alone, saved=0.5) == pytest.approx(log_loss(TRUE[:20], alone))


def test_an_average_saves_the_more_the_more_parts_it_has() -> None:
    assert saved_by([1.0]) == 0.0
    assert saved_by([0.5, 0.5]) == pytest.approx(0.035)  # half of what endlessly many do
    assert saved_by([0.9, 0.1]) < saved_by([0.5, 0.5]) < saved_by([0.25] * 4)
