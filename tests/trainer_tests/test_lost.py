import numpy as np
import pytest

from trainer import FinalResult, LostClass, is_lost, lost_classes
from trainer.estimating.lost import worst_found
from trainer.estimating.macro_f1 import count


@pytest.mark.parametrize(
    ("recall", "images", "expected"),
    [(0.0, 3, False), (0.0, 4, True), (0.1, 10, True), (0.1, 1000, True), (0.11, 1000, False), (0.0, 0, False)],
)
def test_lost_is_a_class_of_low_recall_on_images_enough_to_know(recall, images, expected):
    assert is_lost(recall, images) is expected


def test_lost_classes_are_read_from_the_rows_of_a_confusion_matrix():
    matrix = [[0, 9, 1], [0, 20, 0], [1, 1, 0]]
    classes = ("edge-on", "round", "cigar")
    assert lost_classes(matrix, classes) == (LostClass("edge-on", 0.0, 10),)
    result = FinalResult("model", (), {}, scores={"test": {"confusion_matrix": matrix, "classes": classes}})
    assert result.as_json()["lost"] == {"test": [{"name": "edge-on", "recall": 0.0, "images": 10}]}


def test_of_two_that_were_never_found_the_worst_is_that_of_more_images():
    true = np.repeat([0, 1, 2], [2, 6, 30])
    assert worst_found(count(true, np.full(38, 2), 4)) == (1, 0.0)
    assert worst_found(count(true, true, 4)) == (0, 1.0)
