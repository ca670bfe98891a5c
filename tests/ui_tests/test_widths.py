"""Every table that a command prints, at every width of a terminal: no number is cut, and what is left out is named."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest
from rich.console import Console, Group, RenderableType
from ui_tests import fabricated
from ui_tests.test_doctor_command import CHECKS
from ui_tests.test_finals_display import STANDING
from ui_tests.test_results import of_many_classes

from datasets import Dataset
from search import DamagedSearch, Survey, TrialState
from trainer import FinalResult
from ui.cli.commands.data import _counts
from ui.cli.display import checks, finals, leaderboard, live, results, searches
from ui.cli.display.tables import Fitting
from ui.predictions.prediction import Prediction

WIDTHS = range(40, 241)
NAMES = ("Cigar-shaped smooth", "completely round smooth", "edge-on")


def board(dataset: Dataset) -> RenderableType:
    """A leaderboard with all columns that there are, and many hyperparameters."""
    values = {f"{letter * 3}_rate": 0.001234567 * number for number, letter in enumerate("abcdefghijklmn", 1)}
    trials = [
        fabricated.record(
            number,
            scores=[0.25, 0.75, 0.2],
            seconds=9000.0 * number,
            hyperparameters={name: value * number for name, value in values.items()} | {"kind": f"kind of {number}"},
            parent="0001",
            attempts=2,
        )
        for number in (1, 2, 3)
    ]
    view = replace(fabricated.view(trials), finals=fabricated.finals())
    return leaderboard.ranked(view, history=True)


def listing(dataset: Dataset) -> RenderableType:
    view = fabricated.view([fabricated.record(number, scores=[0.5]) for number in range(120)])
    return searches.listed(Survey((view,), (DamagedSearch("torn", "/data/torn/state.json: expected 7, found 8"),)))


def trained(dataset: Dataset) -> RenderableType:
    metrics = {f"{split}_{name}": 0.75 for split in ("val", "test") for name in ("accuracy", "macro_f1_decided")}
    return results.trained(FinalResult("/runs/first/model", ("0001",), metrics, (), {}, True))


def evaluated(dataset: Dataset) -> RenderableType:
    scores = of_many_classes(3)
    named = replace(scores, classes=NAMES, per_class=dict(zip(NAMES, scores.per_class.values(), strict=True)))
    return Group(
        results.evaluated(named, decide="accuracy", width=1000),
        results.evaluated(of_many_classes(20), decide="x", width=99),
    )


def classified(dataset: Dataset) -> RenderableType:
    sure = Prediction(f"{'folder/' * 9}a.jpg", NAMES[0], dict(zip(NAMES, (0.75, 0.2, 0.05), strict=True)), (), None)
    return results.classified(fabricated.tally(sure, Prediction("b.txt", None, None, (), "not an image")))


def running(dataset: Dataset) -> RenderableType:
    trials = [fabricated.record(number, scores=[0.5, 0.625], state=TrialState.RUNNING) for number in (5, 6)]
    return live.picture(fabricated.view(trials), live.Pace(lambda: 0.0))


MADE: dict[str, Callable[[Dataset], RenderableType]] = {
    "leaderboard": board,
    "searches": listing,
    "info": lambda dataset: _counts(
        replace(dataset.info, counts={s: dict.fromkeys(c, 12345) for s, c in dataset.info.counts.items()})
    ),
    "doctor": lambda _: checks.checked(CHECKS),
    "train": trained,
    "finals": lambda _: finals.picture(STANDING),
    "evaluate": evaluated,
    "classify": classified,
    "search": running,
}


def tables_in(shown: RenderableType) -> Iterator[Fitting]:
    if isinstance(shown, Fitting):
        yield shown
    for part in shown.renderables if isinstance(shown, Group) else ():
        yield from tables_in(part)


def stands(word: str, drawn: str) -> bool:
    return re.search(rf"(?<!\S){re.escape(word)}(?!\S)", drawn) is not None


@pytest.mark.parametrize("name", MADE)
def test_at_every_width_columns_are_whole_or_named_as_left_out(name: str, tiny_dataset: Dataset) -> None:
    tables = [*tables_in(MADE[name](tiny_dataset))]
    assert tables
    for table, width in product(tables, WIDTHS):
        console = Console(file=io.StringIO(), width=width)
        console.print(table)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert max(map(len, text.splitlines())) <= width
        drawn, _, below = text.partition("left out, for want of width: ")
        named = " ".join(below.split())
        is_all_named = "… and" not in named
        for column in table.columns:
            # A heading may be broken between its words.
            words = [word.strip() for word in re.findall(r"[^\s_]*_+|[^\s_]+", column.heading)]
            is_shown = all(word in drawn for word in words)
            assert is_shown or column.heading in named or not is_all_named, (width, column.heading)
            if is_shown and column.heading not in named and column.heading and not column.folds:
                assert not [each for each in column.cells if str(each) and not stands(str(each), drawn)], width
    assert all(table.is_whole(WIDTHS[-1]) for table in tables) or name == "leaderboard"
