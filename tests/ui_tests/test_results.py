import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from rich.console import Console, RenderableType
from ui_tests.fabricated import tally

from trainer import FinalResult, Scores, score_predictions
from ui.cli.display.results import classified, evaluated, trained
from ui.predictions.prediction import Prediction
from ui.report.confusion import confusion_file

# Names that Rich would take for markup, if they were not shown as they are.
CLASSES = ("[red]edge-on", "spi[/]ral")


def drawn(renderable: RenderableType, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_scores_name_the_classes_as_they_are() -> None:
    true = np.array([0, 0, 1])
    probabilities = np.array([[0.75, 0.25], [0.25, 0.75], [0.25, 0.75]])
    lines = [
        line.split()
        for line in drawn(
            evaluated(score_predictions(true, probabilities, CLASSES), decide="accuracy", width=100)
        ).splitlines()
    ]
    assert ["[red]edge-on", "1.0000", "0.5000", "0.6667", "2"] in lines
    assert ["spi[/]ral", "0.5000", "1.0000", "0.6667", "1"] in lines
    assert lines[-3:-1] == [["[red]edge-on", "1", "1"], ["spi[/]ral", "0", "1"]]


def test_a_training_that_came_to_an_interim_model_says_so() -> None:
    result = FinalResult("runs/first/model", ("0000",), {"val_accuracy": 0.5}, interim=True)
    assert "An interim model, of the best trial" in drawn(trained(result))
    assert "interim" not in drawn(trained(replace(result, interim=False)))


def test_a_class_without_images_has_a_dash() -> None:
    shown = drawn(
        evaluated(score_predictions(np.array([0]), np.array([[0.75, 0.25]]), CLASSES), decide="accuracy", width=100)
    )
    assert ["spi[/]ral", "0.0000", "–", "–", "0"] in [line.split() for line in shown.splitlines()]


def of_many_classes(count: int) -> Scores:
    """Scores of three images a class, two of them right, the third taken for the next class or the one after that."""
    true = np.arange(count).repeat(3)
    answers = true.copy()
    answers[2::3] = (answers[2::3] + np.arange(count) % 2 + 1) % count
    return score_predictions(true, np.eye(count)[answers], tuple(f"kind {number}" for number in range(count)))


@pytest.mark.parametrize(("classes", "width"), [(9, 200), (40, 200), (8, 60)])
def test_of_many_classes_the_most_confused_are_shown(classes: int, width: int) -> None:
    shown = drawn(evaluated(of_many_classes(classes), decide="accuracy", width=width), width=width)
    assert "rows are true" not in shown
    pairs = [line.split() for line in shown.partition("Most confused")[2].splitlines() if "%" in line]
    assert pairs[0] == ["kind", "0", "kind", "1", "1", "33.3", "%"]
    assert len(pairs) == min(classes, 12)
    assert ("… and 28 more pairs: --confusion FILE.csv" in shown) == (classes == 40)
    assert "rows are true" in drawn(evaluated(of_many_classes(8), decide="accuracy", width=120), width=120)


def test_without_any_confusion_that_is_said() -> None:
    right = score_predictions(np.arange(9), np.eye(9), tuple("abcdefghi"))
    assert "No two classes were confused" in drawn(evaluated(right, decide="accuracy", width=100))


def test_a_confusion_matrix_as_a_table_has_it_all() -> None:
    names = ('a "b", c', "=1+1", "a\rb", *(f"kind {number}" for number in range(3, 40)))
    shown = [name.replace("=1+1", "'=1+1") for name in names]
    scores = replace(of_many_classes(40), classes=names)
    header, *rows = csv.reader(io.StringIO(confusion_file(scores, ".csv").decode(), newline=""))
    assert header == ["true class", *shown]
    assert [row[0] for row in rows] == shown
    assert tuple(tuple(map(int, row[1:])) for row in rows) == scores.confusion_matrix


@pytest.mark.parametrize(("classes", "longest"), [(2, "x" * 300), (60, "É\nÅ")])
def test_a_confusion_matrix_is_drawn_with_a_coloured_cell_where_something_was_counted(
    classes: int, longest: str
) -> None:
    scores = of_many_classes(classes)
    scores = replace(scores, classes=(longest, *scores.classes[1:]))
    picture = Image.open(io.BytesIO(confusion_file(scores, ".png")))
    assert max(picture.size) < 60 * 40
    cell = 56 if classes == 2 else 26
    left, top = picture.width - 8 - classes * cell, picture.height - 8 - classes * cell
    if classes == 60:  # of two classes the caption is wider than the matrix
        corners = [[picture.getpixel((left + 3 + x * cell, top + 3 + y * cell)) for x in range(60)] for y in range(60)]
        found = [[corner != (255, 255, 255) for corner in row] for row in corners]
        assert (np.array(found) == (np.array(scores.confusion_matrix) > 0)).all()


def test_bars_start_in_one_column_whatever_their_length() -> None:
    found = [
        Prediction(f"{number}.jpg", CLASSES[0], {CLASSES[0]: share, CLASSES[1]: 1 - share}, (), None)
        for number, share in enumerate((0.5, 0.9))
    ]
    starts = {line.index("█") for line in drawn(classified(tally(*found))).splitlines() if "█" in line}
    assert len(starts) == 1


def test_the_class_decided_on_is_shown_where_another_is_more_probable() -> None:
    found = Prediction("a.jpg", "rare", {"frequent": 0.625, "other": 0.0, "rare": 0.375}, (), None)
    [line] = [line.split() for line in drawn(classified(tally(found))).splitlines() if "a.jpg" in line]
    assert (line[1], line[-5:]) == ("rare", ["37.5", "%", "frequent", "62.5", "%"])
    said = "1 image: another class is more probable than the one decided for; --decide accuracy names that"
    assert said in drawn(classified(tally(found)))
    assert found.others[0][0] == "frequent"


@pytest.mark.parametrize(
    ("width", "headings"),
    [(120, 4), (100, 4), (80, 3), (70, 3)],  # the bars have no heading
)
def test_a_narrow_terminal_shows_the_name_rather_than_bars_and_what_is_next(width: int, headings: int) -> None:
    chances = {"completely round smooth": 0.625, "In between smooth": 0.375}
    found = [Prediction(f"uploads/sdss-10115{n}.jpg", "completely round smooth", chances, (), None) for n in range(3)]
    lines = drawn(classified(tally(*found)), width=width).splitlines()
    assert len(lines[1].split()) == headings
    assert ("█" in lines[3]) == (width == 120)
    assert [line.split()[0] for line in lines[3:6]] == [one.path for one in found]
    assert all("completely round smooth" in line and "62.5 %" in line for line in lines[3:6])


def test_an_unusable_file_says_why_below_the_table() -> None:
    shown = drawn(classified(tally(Prediction("a[b].txt", None, None, (), "not an image"))))
    assert "cannot be used" in shown
    assert shown.rstrip().endswith("a[b].txt: not an image")
