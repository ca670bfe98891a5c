import io

import numpy as np
import pytest
from rich.console import Console, RenderableType
from ui_tests.fabricated import tally

from trainer import score_predictions
from ui.cli.display.results import classified, evaluated
from ui.predictions.prediction import Prediction, prediction_table

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
    lines = [line.split() for line in drawn(evaluated(score_predictions(true, probabilities, CLASSES))).splitlines()]
    assert ["[red]edge-on", "1.0000", "0.5000", "0.6667", "2"] in lines
    assert ["spi[/]ral", "0.5000", "1.0000", "0.6667", "1"] in lines
    assert lines[-3:-1] == [["[red]edge-on", "1", "1"], ["spi[/]ral", "0", "1"]]


def test_a_class_without_images_has_a_dash() -> None:
    shown = drawn(evaluated(score_predictions(np.array([0]), np.array([[0.75, 0.25]]), CLASSES)))
    assert ["spi[/]ral", "0.0000", "–", "–", "0"] in [line.split() for line in shown.splitlines()]


def test_bars_start_in_one_column_whatever_their_length() -> None:
    found = [
        Prediction(f"{number}.jpg", CLASSES[0], {CLASSES[0]: share, CLASSES[1]: 1 - share}, (), None)
        for number, share in enumerate((0.5, 0.9))
    ]
    starts = {line.index("█") for line in drawn(classified(tally(*found), width=100)).splitlines() if "█" in line}
    assert len(starts) == 1


def test_the_class_decided_on_is_shown_where_another_is_more_probable() -> None:
    found = Prediction("a.jpg", "rare", {"frequent": 0.625, "other": 0.0, "rare": 0.375}, (), None)
    [line] = [line.split() for line in drawn(classified(tally(found), width=100)).splitlines() if "a.jpg" in line]
    assert (line[1], line[-5:]) == ("rare", ["37.5", "%", "frequent", "62.5", "%"])
    assert prediction_table([found])[0]["next"] == "frequent"


@pytest.mark.parametrize(
    ("width", "headings"),
    [(120, 4), (100, 4), (80, 3), (70, 3)],  # the bars have no heading
)
def test_a_narrow_terminal_shows_the_name_rather_than_bars_and_what_is_next(width: int, headings: int) -> None:
    chances = {"completely round smooth": 0.625, "In between smooth": 0.375}
    found = [Prediction(f"uploads/sdss-10115{n}.jpg", "completely round smooth", chances, (), None) for n in range(3)]
    lines = drawn(classified(tally(*found), width=width), width=width).splitlines()
    assert len(lines[1].split()) == headings
    assert ("█" in lines[3]) == (width == 120)
    assert [line.split()[0] for line in lines[3:6]] == [one.path for one in found]
    assert all("completely round smooth" in line and "62.5 %" in line for line in lines[3:6])


def test_an_unusable_file_says_why_below_the_table() -> None:
    shown = drawn(classified(tally(Prediction("a[b].txt", None, None, (), "not an image")), width=100))
    assert "cannot be used" in shown
    assert shown.rstrip().endswith("a[b].txt: not an image")
