import pytest
from ui_tests.fabricated import tally

from datasets import ImageError
from ui.predictions.prediction import Prediction
from ui.predictions.tally import SHOWN, Tally

SURE = Prediction("a.jpg", "spiral", {"edge-on": 0.25, "spiral": 0.75}, ("too small",), None)
UNUSABLE = Prediction("b.txt", None, None, (), "not an image")


def test_counts_and_keeps_only_the_first() -> None:
    found = tally(*[SURE] * SHOWN, UNUSABLE, SURE)
    assert (found.total, found.failed, len(found.shown)) == (SHOWN + 2, 1, SHOWN)
    assert found.classes == {"spiral": SHOWN + 1}
    assert found.warnings == {"too small": SHOWN + 1}


def test_each_warning_is_said_once_with_its_number() -> None:
    assert tally(SURE, SURE, UNUSABLE).warnings.most_common() == [("too small", 2)]


def test_one_classified_image_is_enough() -> None:
    tally(UNUSABLE, SURE).require_one()


def test_no_classified_image_is_an_error_that_names_the_first() -> None:
    with pytest.raises(ImageError, match=r"b\.txt cannot be classified: not an image; no other of the 2 files"):
        tally(UNUSABLE, UNUSABLE).require_one()
    with pytest.raises(ImageError, match="found none in these paths"):
        Tally().require_one()
