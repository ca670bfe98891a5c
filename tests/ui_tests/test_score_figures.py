import numpy as np
import pytest

from trainer import Scores, score_predictions
from trainer.scores import wilson_interval
from ui.figures import classes, scores as figures

NAMES = ("3", "<b>bold</b>", "never seen")


@pytest.fixture(scope="module")
def scores() -> Scores:
    """Four images of the first class, all named rightly, and four of the second, one of them named so."""
    true = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    decided = np.array([0, 0, 0, 0, 1, 0, 0, 2])
    probabilities = np.full((8, 3), 0.1, np.float32)
    probabilities[np.arange(8), decided] = 0.8
    return score_predictions(true, probabilities, NAMES)


def test_each_class_has_its_shares_with_wilsons_intervals(scores: Scores) -> None:
    right, bold, absent = figures.recalls(scores)
    assert (right.right, right.images, right.share) == (4, 4, 1.0)
    assert (bold.low, bold.high) == wilson_interval(1, 4)
    assert (absent.images, absent.share, absent.low) == (0, None, None)
    assert [(each.right, each.images) for each in figures.precisions(scores)] == [(4, 6), (1, 1), (0, 1)]


def test_a_class_without_images_has_no_point(scores: Scores) -> None:
    recall, precision = figures.intervals(figures.recalls(scores), figures.precisions(scores)).data
    assert list(recall.x) == [1.0, 0.25]
    assert list(recall.error_x.arrayminus)[1] == pytest.approx(0.25 - (wilson_interval(1, 4) or (0, 0))[0])
    assert len(precision.x) == 3


def test_a_cell_is_its_share_of_the_true_class_and_has_its_count(scores: Scores) -> None:
    right, wrong, numbers = figures.confusion(scores).data
    assert [list(row) for row in right.z] == [[1.0, None, None], [None, 0.25, None], [None, None, None]]
    assert list(wrong.z[1]) == [0.5, None, 0.25]
    assert list(zip(numbers.x, numbers.y, numbers.text, strict=True)) == [
        (0, 0, "4"),
        (0, 1, "2"),
        (1, 1, "1"),
        (2, 1, "1"),
    ]


def test_many_classes_have_no_numbers_in_their_cells() -> None:
    names = tuple(map(str, range(40)))
    many = score_predictions(np.arange(40), np.eye(40, dtype=np.float32), names)
    figure = figures.confusion(many)
    assert [trace.type for trace in figure.data] == ["heatmap", "heatmap"]
    # Each name keeps a line of its own.
    assert figure.layout.height >= 40 * 16


def test_only_bins_with_images_are_circles(scores: Scores) -> None:
    ideal, model = figures.reliability(scores.reliability).data
    assert list(ideal.x) == list(ideal.y)
    assert list(model.x) == pytest.approx([0.8])
    assert list(model.y) == [5 / 8]


def test_names_are_neither_tags_nor_numbers(scores: Scores) -> None:
    drawn = [
        figures.intervals(figures.recalls(scores), figures.precisions(scores)),
        figures.confusion(scores),
        classes.shares_of_classes(NAMES, {"train": [1, 2, 3]}, axis="images"),
    ]
    for figure in drawn:
        assert "<b>" not in figure.to_json()
        assert list(figure.layout.yaxis.ticktext) == ["3", "&lt;b&gt;bold&lt;/b&gt;", "never seen"]
        # The first class is above.
        assert list(figure.layout.yaxis.range) == [2.5, -0.5]
