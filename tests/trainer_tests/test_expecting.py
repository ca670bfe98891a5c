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


def test_what_differs_in_no_image_saves_nothing() -> None:
    alone = answers(7, 20)
    assert Expecting(TRUE[:20], [alone]).loss(alone, saved=0.5) == pytest.approx(log_loss(TRUE[:20], alone))


def test_an_average_saves_the_more_the_more_parts_it_has() -> None:
    assert saved_by([1.0]) == 0.0
    assert saved_by([0.5, 0.5]) == pytest.approx(0.035)  # half of what endlessly many do
    assert saved_by([0.9, 0.1]) < saved_by([0.5, 0.5]) < saved_by([0.25] * 4)
