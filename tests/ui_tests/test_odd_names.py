"""Names and values that hold anything: every view stays readable, and JSON and CSV have them whole."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from ui_tests.conftest import Galaxy
from ui_tests.fabricated import record, specification, view, write_search
from ui_tests.test_search_page import opened

from datasets import harmless
from search import Followed, SearchState, TrialState
from ui import ranking
from ui.board import Board, Learner
from ui.cli.display.live import Pace, ended_line, picture
from ui.cli.terminal import session
from ui.predictions.labels import labels_csv

_REASON = "ValueError: [red]bad[/red]\nsecond \x1b[31m<script>"


def odd(number: int) -> dict[str, Any]:
    """Return the hyperparameters of one trial: markup of every kind, line ends, long ones, many."""
    return {
        "[red]name[/red]": f"[bold]{number}[/bold]",
        "two\nlines": f"two\r\nlines {number}",
        "<script>": f"<b>{number}</b>",
        "=cmd": f"=1+{number}",
        "| *x*": f"`{number}` |",
        "long": "x" * 3000 + str(number),
        "n" * 300: number,
        "score": f"\x1b[31m{number}",
        "rank": number,
        "rank_": number,
    } | {f"unit_{i:03d}": 10 * number + i for i in range(200)}


RECORDS = (
    record(1, scores=[0.5, 0.75], hyperparameters=odd(1)),
    record(2, scores=[0.25, 0.5], hyperparameters=odd(2)),
    record(3, scores=[], state=TrialState.INFEASIBLE, reason=_REASON, hyperparameters=odd(3)),
)


@pytest.fixture
def odd_storage(tmp_path: Path) -> str:
    """A storage folder whose name looks like markup, with one search."""
    write_search(str(tmp_path / "[red]"), "first", RECORDS)
    return str(tmp_path / "[red]")


def test_the_board_has_a_line_a_trial_and_says_what_it_shortens(galaxy: Galaxy, odd_storage: str) -> None:
    shown = galaxy("leaderboard", "first", "--storage", odd_storage).stdout
    assert "\x1b" not in shown
    lines = [line.strip() for line in shown.splitlines()]
    below = next(at for at, line in enumerate(lines, 1) if line.startswith("──"))
    assert [line.split()[:2] for line in lines[below : below + 3]] == [["1", "0001"], ["2", "0002"], ["–", "0003"]]
    assert "trial 0003 infeasible: ValueError: [red]bad[/red] second [31m<script>" in lines
    assert any(line.split() == ["two", "lines", "two", "lines", "1"] for line in lines)
    assert any(line.split() == ["rank", "(2)", "1"] for line in lines)
    assert any(line.endswith("xx…") for line in lines)
    assert "… and 170 more: --json has them all" in lines
    assert f"--storage '{odd_storage}'" in shown


def test_each_column_of_the_board_has_a_heading_of_its_own(galaxy: Galaxy, tmp_path: Path) -> None:
    values = ({"rank": number, "": 10 * number} for number in (1, 2))
    records = [record(number, scores=[0.5], hyperparameters=each) for number, each in enumerate(values, 1)]
    write_search(str(tmp_path), "first", records)
    shown = galaxy("leaderboard", "first", "--storage", str(tmp_path)).stdout.splitlines()
    assert [line.split()[-3:] for line in shown[2:3]] == [["rank", "(2)", "''"]]


def test_json_and_csv_have_all_of_it(galaxy: Galaxy, odd_storage: str) -> None:
    written = json.loads(galaxy("leaderboard", "first", "--storage", odd_storage, "--json").stdout)
    assert [trial["hyperparameters"] for trial in written["trials"]] == [odd(1), odd(2), odd(3)]
    assert written["trials"][2]["reason"] == _REASON
    # Not from the command's output: the runner of the test takes the carriage returns out of that.
    table = list(csv.DictReader(io.StringIO(ranking.leaderboard_csv(view(RECORDS).rows), newline="")))
    assert len(table) == 3
    for number, line in enumerate(table, 1):
        assert {name: line[f"hyperparameters.{name}"] for name in odd(1)} == {n: str(v) for n, v in odd(number).items()}


def test_every_line_of_a_csv_is_read_whatever_ends_a_line_in_its_cells() -> None:
    cells = [f"a{end}b" for end in ("\r", "\n", "\r\n", " ")]
    rows = view([record(n, scores=[0.5], hyperparameters={"x": cell}) for n, cell in enumerate(cells, 1)]).rows
    table = list(csv.DictReader(io.StringIO(ranking.leaderboard_csv(rows), newline="")))
    assert [line["hyperparameters.x"] for line in table] == cells
    labels = labels_csv({f"{cell}.png": "spiral" for cell in cells})
    assert labels.endswith("\na b.png,spiral\n")
    assert [path for path, _ in csv.reader(io.StringIO(labels, newline=""))] == ["path", *(f"{c}.png" for c in cells)]


def test_the_pages_csv_has_no_formula() -> None:
    table = list(csv.DictReader(io.StringIO(ranking.leaderboard_csv(view(RECORDS).rows, text=harmless), newline="")))
    assert [line["hyperparameters.=cmd"] for line in table] == ["'=1+1", "'=1+2", "'=1+3"]


def test_the_live_picture_and_the_log_are_a_line_each() -> None:
    drawn = io.StringIO()
    Console(file=drawn, width=100).print(picture(view(RECORDS), Pace(lambda: 0.0)))
    assert any(line.startswith("trial 0003 infeasible: ValueError: [red]bad") for line in drawn.getvalue().splitlines())
    line = ended_line(view(RECORDS), RECORDS[2], number=3)
    assert line.isprintable()


def test_no_column_of_the_page_takes_the_place_of_another() -> None:
    found = Followed(specification(), SearchState.FINISHED, RECORDS, 1)
    columns = Learner().columns(found)
    table = Board(found, columns).page([0, 1, 2], columns.differing)
    assert [(row["rank"], row["rank (2)"], row["score"], row["score (2)"]) for row in table] == [
        (1, 1, 0.75, "[31m1"),
        (2, 2, 0.5, "[31m2"),
        (None, 3, None, "[31m3"),
    ]
    assert len(table[0]) == 10 + len(odd(1))


@pytest.mark.slow
def test_the_page_shows_it_as_it_is(odd_storage: str) -> None:
    page = opened(odd_storage)
    assert not page.exception
    board = page.dataframe[0].value
    assert list(board["[red]name[/red]"]) == ["[bold]1[/bold]", "[bold]2[/bold]", "[bold]3[/bold]"]
    assert board["long"].str.len().max() == 200


def test_what_a_command_says_is_no_markup_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with session(as_json=False, debug=False) as terminal:
        terminal.finish({}, "Report: /tmp/[red]x[/red] :smile:")
        terminal.note("two\nlines \x1b[31mred")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("Report: /tmp/[red]x[/red] :smile:\n", "two lines [31mred\n")
