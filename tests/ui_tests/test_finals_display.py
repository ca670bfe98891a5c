"""What is shown while finalists are trained."""

import io
from dataclasses import replace

from rich.console import Console
from ui_tests.fabricated import F1, SENTENCE, finals

from search import EndedBeginning, FinalsStanding
from ui.cli.display.finals import finals_display, picture
from ui.cli.terminal import Terminal

STANDING = FinalsStanding("first", F1, finals(), {("0001", 3): 0.5}, left=130.0)


def test_the_picture_shows_means_what_is_under_way_and_the_time_left() -> None:
    console = Console(file=io.StringIO(), width=100)
    dropped = finals().finalists[1].model_copy(update={"dropped": "behind"})
    with console.capture() as capture:
        console.print(picture(replace(STANDING, finals=finals().but(dropped))))
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert lines[0] == "first 3 finalists, 2 beginnings of 4 epochs each 2 min 10 s left"
    assert "defaults 2 0.7400 ± 0.0141" in lines
    assert "0002 2 0.6750 ± 0.0354 dropped" in lines
    assert "0001 ★ 2 0.7800 ± 0.0283 ██████ 50 %" in lines
    assert lines[-1] == SENTENCE


def test_a_log_has_a_line_for_the_plan_and_for_each_beginning_that_ends_and_finalist_that_is_dropped() -> None:
    err = io.StringIO()
    late = EndedBeginning(number=3, seed=3, score=0.6, seconds=72.0)
    behind = finals().finalists[1].model_copy(update={"dropped": "0.1 behind 0001"})
    with finals_display(Terminal(Console(file=io.StringIO()), Console(file=err, width=200), False)) as watch:
        watch(STANDING)
        watch(replace(STANDING, finals=finals().with_ended("0001", late)))
        watch(replace(STANDING, finals=finals().with_ended("0001", late).but(behind), is_last_step=True))
    assert err.getvalue().splitlines() == [
        "3 finalists, 2 beginnings of 4 epochs each, 2 min 10 s left",
        "trial 0001, beginning 3: val_macro_f1 0.6000 in 1 min 12 s · mean 0.7200 ± 0.1058 of 3 · best 0001 · "
        "2 min 10 s left",
        "trial 0002 is dropped: 0.1 behind 0001",
        "calibrating, testing and writing the model",
    ]
