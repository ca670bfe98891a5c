from datetime import UTC, datetime

from ui_tests.fabricated import F1, RECORDS, record

from ui.figures import curves, progress, timeline
from ui.figures.look import inked


def test_every_ended_scored_trial_is_a_point_and_the_best_a_line() -> None:
    points, line = progress.best_over_time(progress.scored_points(RECORDS, F1), F1.name).data
    assert list(points.y) == [0.8125, 0.9375, 0.3125]
    assert list(line.y) == [0.8125, 0.9375, 0.9375]
    assert line.line.shape == "hv"


def test_trials_without_a_score_are_counted_among_those_that_ended() -> None:
    records = [record(9, scores=[0.5]), *RECORDS, record(7, scores=[0.25])]  # the fourth is infeasible
    points = progress.scored_points(records, F1)
    assert [(point.trial_id, point.number) for point in points] == [
        ("0001", 1),
        ("0002", 2),
        ("0003", 3),
        ("0007", 5),
        ("0009", 6),
    ]
    figure = progress.best_over_time(points, F1.name, over_trials=True)
    assert (list(figure.data[0].x), figure.layout.xaxis.title.text) == ([1, 2, 3, 5, 6], "trials ended")


def test_of_many_trials_none_that_was_the_best_is_left_out() -> None:
    scores = [*range(10), *([0] * 1990), 99, *([1] * 999)]
    records = [
        record(1, scores=[float(score)]).model_copy(
            update={"trial_id": f"{at:04d}", "ended": f"2026-01-02T03:{at // 60:02d}:{at % 60:02d}+00:00"}
        )
        for at, score in enumerate(scores)
    ]
    points = progress.scored_points(records, F1)
    drawn = progress.thinned(points)
    assert len(points) == 3000
    assert len(drawn) < 450
    assert {0.0, 5.0, 9.0, 99.0} <= {point.best for point in drawn}
    assert drawn[-1] == points[-1]


def test_trials_that_ran_at_once_are_in_rows_of_their_own() -> None:
    records = [record(number, scores=[0.5]) for number in (1, 2, 3, 7)]  # each takes five minutes
    spans = timeline.spans(records, datetime.now(UTC))
    assert [(span.trial_id, span.row) for span in spans] == [("0001", 0), ("0002", 1), ("0003", 2), ("0007", 0)]
    assert [bar.name for bar in timeline.timeline(spans).data] == ["completed"]
    workers = [one.but(worker=f"<b>host {number % 2}") for number, one in enumerate(records)]
    spans = timeline.spans(workers, datetime.now(UTC))
    assert [(span.trial_id, span.row) for span in spans] == [("0001", 0), ("0002", 1), ("0003", 0), ("0007", 1)]
    assert "<b>" not in str(timeline.timeline(spans).data[0].customdata)
    assert [span.row for span in timeline.spans([*workers[:3], records[3]], datetime.now(UTC))] == [0, 1, 2, 0]
    at_once = [one.but(started=records[0].started) for one in records]
    assert [span.trial_id for span in timeline.spans(at_once, datetime.now(UTC))] == [one.trial_id for one in records]


def test_of_many_curves_half_are_the_best_and_half_spread_over_the_others() -> None:
    assert curves.spread_over(5, 60) == [0, 1, 2, 3, 4]
    places = curves.spread_over(10_000, 60)
    assert places[:30] == [*range(30)]
    assert (len(set(places)), places[-1]) == (60, 9999)


def test_all_curves_have_the_highlighted_one_on_top_and_mark_the_stopped() -> None:
    figure = curves.all_curves(RECORDS, F1.name, rungs=(1,), highlighted="0001")
    assert [line.name for line in figure.data][-2:] == ["trial 0001", "stopped early"]
    assert (list(figure.data[-1].x), list(figure.data[-1].y)) == ([1], [0.3125])
    assert figure.layout.shapes[0].x0 == 1


def test_training_and_validation_are_curves_of_one_metric_and_a_class_number_is_none() -> None:
    assert curves.curve_names(RECORDS[0].history | {"val_worst_class": [1.0]}) == ["loss", "macro_f1"]


def test_on_a_light_page_a_copy_is_written_in_what_can_be_read() -> None:
    figure = progress.best_over_time(progress.scored_points(RECORDS, F1), F1.name)
    light = inked(figure)
    assert light.layout.yaxis.tickfont.color == light.layout.xaxis.title.font.color == "#555867"
    assert light.layout.yaxis.title.text == figure.layout.yaxis.title.text
    assert figure.layout.yaxis.tickfont.color is None
    assert light.data == figure.data
