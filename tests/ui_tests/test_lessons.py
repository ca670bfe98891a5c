"""What a search teaches, as figures in one look with sentences and numbers."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from search_tests.test_insight import LOSS, trials
from ui_tests.fabricated import F1

from search import Finals, Record, Unclear
from trainer import Objective
from ui.findings import lessons
from ui.findings.lessons import Lesson, Trials


def asked(records: list[Record], objective: Objective = F1, finals: Finals | None = None) -> Trials:
    return Trials(records, objective, finals, "random", "", "")


def lesson(found: Lesson | Unclear) -> Lesson:
    assert isinstance(found, Lesson)
    return found


def test_bars_have_the_largest_share_on_top() -> None:
    found = lessons.importance(asked(trials(40)))
    assert not isinstance(found, Unclear)
    shares, drawn = found
    (bars,) = drawn.figure.data
    assert bars.y[-1] == next(iter(shares)) == "blocks"
    assert [row["share"] for row in drawn.table] == list(shares.values())
    assert "From 34 trials." in drawn.says
    assert "R²" in drawn.says


def test_a_slice_says_how_few_have_it() -> None:
    drawn = lesson(lessons.one_by_one(asked(trials(40)), "momentum"))
    (points,) = drawn.figure.data
    assert len(points.x) == len(drawn.table)
    assert f"From {len(points.x)} trials. Only these of 34 have it at all." in drawn.says


@pytest.mark.parametrize("objective", [F1, LOSS])
def test_bright_is_good_whatever_the_direction(objective: Objective) -> None:
    drawn = lesson(lessons.two_at_once(asked(trials(40), objective), "rate", "optimizer"))
    field = drawn.figure.data[0]
    dark, bright = field.colorscale[0][1], field.colorscale[-1][1]
    assert (dark, bright) == ("#00224e", "#fee838")
    assert bool(field.reversescale) is (objective.direction == "min")


@pytest.mark.parametrize(("objective", "best"), [(F1, max), (LOSS, min)])
def test_the_best_lines_stand_out_in_the_order_of_what_matters(
    objective: Objective, best: Callable[[list[float]], float]
) -> None:
    drawn = lesson(lessons.all_at_once(asked(trials(40), objective), ["rate", "blocks", "momentum"]))
    others, blue = drawn.figure.data
    names = [note.text for note in drawn.figure.layout.annotations if note.xref == "paper"]
    assert names[1:] == ["rate", "blocks"]
    scores, rest = ([x for x, y in zip(line.x, line.y, strict=True) if y == 0] for line in (blue, others))
    assert len(scores) == 7
    assert best(scores) == best(scores + rest)
    assert "Left out is what only some of the 34 trials have: momentum" in drawn.says


def test_of_thousands_a_sample_is_looked_at_and_said() -> None:
    known = asked(trials(700))
    points = lesson(lessons.one_by_one(known, "rate"))
    field = lesson(lessons.two_at_once(known, "rate", "blocks"))
    assert "From 500 of 584 trials: the best one and a random choice of the others." in points.says
    assert (len(points.table), len(field.table)) == (500, 100)
    assert "From 100 of 584 trials" in field.says


def test_that_an_oracle_chose_is_said_of_few_of_its_trials_too() -> None:
    long, short = ([one.but(epochs=epochs) for one in trials(40)] for epochs in (9, 3))
    known = replace(asked([*long[:8], *short[8:]]), oracle="tpe").of_epochs(9)
    found = lessons.evidence(known)
    assert found.scored <= 8
    assert "The oracle tpe chose" in " ".join(found.doubts())


def test_names_and_values_are_no_html() -> None:
    evil = '<a href="http://x">x</a>'
    records = [
        one.but(hyperparameters={evil: f"<b>{number % 3}", "n": number}) for number, one in enumerate(trials(20))
    ]
    known = asked(records)
    found = lessons.importance(known)
    assert not isinstance(found, Unclear)
    for each in (
        found[1],
        lesson(lessons.one_by_one(known, evil)),
        lesson(lessons.two_at_once(known, evil, "n")),
        lesson(lessons.all_at_once(known, [evil, "n"])),
    ):
        assert "<a" not in each.figure.to_json().replace("\\u003c", "<")
        assert "<b>" not in each.figure.to_json().replace("\\u003c", "<")


def test_too_little_is_said() -> None:
    found = lessons.importance(asked(trials(3)))
    assert isinstance(found, Unclear)
    assert "at least 4 trials" in found.reason
