import json

import numpy as np
import pytest

from trainer import score_predictions

CLASSES = ("a", "b", "c")


def one_hot(predicted: list[int], confidence: float = 1.0) -> np.ndarray:
    rest = (1 - confidence) / (len(CLASSES) - 1)
    return np.where(np.eye(len(CLASSES), dtype=bool)[predicted], confidence, rest)


def test_scores_worked_out_by_hand() -> None:
    scores = score_predictions(np.array([0, 0, 0, 1, 1, 2]), one_hot([0, 0, 1, 1, 1, 0]), CLASSES)
    assert scores.count == 6
    assert scores.accuracy == pytest.approx(4 / 6)
    assert scores.confusion_matrix == ((2, 1, 0), (0, 2, 0), (1, 0, 0))
    assert scores.balanced_accuracy == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores.macro["precision"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert scores.macro["f1"] == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert scores.per_class["b"].recall == 1
    assert scores.per_class["c"].precision == 0  # never predicted
    assert scores.per_class["a"].support == 3


def test_a_class_without_images_has_no_recall_and_is_left_out_of_means() -> None:
    scores = score_predictions(np.array([0, 0, 1]), one_hot([0, 0, 1]), CLASSES)
    assert scores.per_class["c"].recall is None
    assert scores.per_class["c"].f1 is None
    assert scores.macro == {"precision": 1, "recall": 1, "f1": 1}
    assert scores.balanced_accuracy == 1


def test_images_are_counted_in_whole_numbers_where_no_answer_is_right() -> None:
    scores = score_predictions(np.array([0, 0]), one_hot([1, 1]), CLASSES)
    assert str([score.support for score in scores.per_class.values()]) == "[2, 0, 0]"


def test_ece_is_the_gap_between_confidence_and_accuracy() -> None:
    always_90 = one_hot([0] * 10, 0.9)
    assert score_predictions(np.array([0] * 9 + [1]), always_90, CLASSES).ece == pytest.approx(0)
    assert score_predictions(np.array([0] * 5 + [1] * 5), always_90, CLASSES).ece == pytest.approx(0.4)


def test_ece_does_not_cancel_over_bins() -> None:
    # Half of the images too sure by 0.4, half too unsure by 0.4.
    probabilities = np.concatenate([one_hot([0] * 10, 0.9), one_hot([0] * 10, 0.6)])
    true = np.array([0] * 5 + [1] * 5 + [0] * 10)
    assert score_predictions(true, probabilities, CLASSES).ece == pytest.approx(0.4)


def test_reliability_worked_out_by_hand() -> None:
    found = score_predictions(np.array([0] * 9 + [1] * 11), one_hot([0] * 10 + [1] * 10, 0.9), CLASSES).reliability
    assert [one.count for one in found] == [0] * 13 + [20, 0]
    assert (found[13].low, found[13].high) == pytest.approx((13 / 15, 14 / 15))
    assert (found[13].confidence, found[13].accuracy) == pytest.approx((0.9, 19 / 20))
    assert found[0].confidence is None
    assert found[0].accuracy is None


def test_json_has_the_documented_keys_and_no_nan() -> None:
    printed = score_predictions(np.array([0, 1]), one_hot([0, 2]), CLASSES).as_json()
    assert list(printed) == [
        "count",
        "accuracy",
        "balanced_accuracy",
        "macro",
        "per_class",
        "confusion_matrix",
        "classes",
        "ece",
        "reliability",
        "macro_f1_interval",
    ]
    assert printed["per_class"]["c"] == {"precision": 0.0, "recall": None, "f1": None, "support": 0}
    json.dumps(printed, allow_nan=False)


@pytest.mark.parametrize(("true", "shape"), [([], (0, 3)), ([0], (1, 2)), ([0, 1], (1, 3))])
def test_refuses_probabilities_of_another_shape(true: list[int], shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"shape \({len(true)}, 3\) with at least one row are needed"):
        score_predictions(np.array(true, np.int64), np.zeros(shape), CLASSES)
