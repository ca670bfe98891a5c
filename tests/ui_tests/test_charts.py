import math

import pytest
from ui_tests.fabricated import F1, RECORDS, record, rows

from search import best_so_far
from ui.figures import curves, progress


def test_every_ended_scored_trial_is_a_point_and_the_best_a_line() -> None:
    points, line = progress.best_over_time(rows(), best_so_far(RECORDS, F1), F1.name).data
    assert list(points.y) == [0.9375, 0.8125, 0.3125]
    assert list(line.y) == [0.8125, 0.9375, 0.9375]
    assert line.line.shape == "hv"


def test_one_trial_alone_is_shown_over_its_own_time() -> None:
    figure = progress.best_over_time(rows(RECORDS[:1]), best_so_far(RECORDS[:1], F1), F1.name)
    start, end = figure.layout.xaxis.range
    assert (end - start).total_seconds() == pytest.approx(5 * 60 * 1.06)
    assert list(figure.layout.yaxis.range) == pytest.approx([0.7625, 0.8625])


def test_training_and_validation_share_a_chart() -> None:
    assert curves.curve_names(RECORDS[0].history | {"val_worst_class": [1.0]}) == ["loss", "macro_f1"]
    training, validation = curves.curves(RECORDS[0].history, "loss", best_epoch=3).data
    assert (training.name, validation.name) == ("training", "validation")
    assert list(training.x) == [1, 2, 3]
    assert list(validation.y) == RECORDS[0].history["val_loss"]


def test_a_metric_of_validation_alone_is_one_curve() -> None:
    (validation,) = curves.curves(RECORDS[0].history, "macro_f1", best_epoch=None).data
    assert list(validation.y) == [0.5, 0.75, 0.8125]


def test_a_curve_has_a_gap_where_a_value_is_not_finite() -> None:
    diverged = record(1, scores=[], history={"loss": [1.0, math.nan]})
    (training,) = curves.curves(diverged.history, "loss", best_epoch=None).data
    assert list(training.y) == [1.0, None]


def test_epochs_are_whole_numbers_on_the_axis() -> None:
    figure = curves.curves({"loss": [1.0] * 45}, "loss", best_epoch=None)
    assert figure.layout.xaxis.dtick == 5
