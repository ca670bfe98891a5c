"""Work that takes long, in a log and on a terminal."""

import io

from rich.console import Console
from rich.progress import Progress

from ui.cli.display.progress import Line, Log, stages
from ui.cli.terminal import Terminal


def test_a_log_says_what_begins_then_each_tenth_or_minute_what_is_done_and_left() -> None:
    said: list[str] = []
    now = [0.0]
    log = Log(said.append, "Training", "batches", lambda: now[0])
    for second in range(1, 201):
        now[0] = float(second)
        log(1000 + 10 * second, 3000)  # an earlier command had done 1,000
    assert said[0] == "Training …"
    assert said[1] == "Training: 1,310 of 3,000 batches (44 %), 10 batches/s, 2 min 49 s left"
    assert len(said) == 1 + 6
    quick: list[str] = []
    log = Log(quick.append, "Answering", "batches", lambda: 0.0)
    for done in range(1, 101):
        log(done, 100)
    assert quick == ["Answering …"]
    slow: list[str] = []
    now[0] = 0.0
    log = Log(slow.append, "Training", "batches", lambda: now[0])
    for second in range(0, 200, 20):
        now[0] = float(second)
        log(second // 20, None)
    assert slow[1:] == [f"Training: {done} batches, 0.1 batches/s" for done in (3, 6, 9)]


def test_redirected_and_watched() -> None:
    err = io.StringIO()
    with stages(Terminal(Console(file=io.StringIO()), Console(file=err, width=100), False)) as begin:
        begin("Training", "batches")(1, 2)
        begin("Calibrating", "steps")
    assert err.getvalue().splitlines() == ["Training …", "Calibrating …"]
    screen = io.StringIO()
    with stages(
        Terminal(Console(file=io.StringIO()), Console(file=screen, force_terminal=True, width=100), False)
    ) as begin:
        training, answering = begin("Training", "batches"), begin("Answering [test]", "batches")
        answering(1, 2)
        training(1, 4)
    assert "Answering [test]" in screen.getvalue()
    assert screen.getvalue().rindex("Training") > screen.getvalue().rindex("Answering [test]")


def test_no_number_of_a_bar_is_cut_at_any_width() -> None:
    for width in range(40, 161):
        console = Console(file=io.StringIO(), width=width)
        progress = Progress(console=console, disable=True)
        doing = "Answering validation images, 16 views each (0000)"
        progress.add_task(doing, total=12345, completed=2000, unit="batches")
        drawn = Line(console).render(progress.tasks[0]).plain
        assert len(drawn) + 2 <= width
        assert drawn.endswith("  2,000/12,345")
        assert drawn.startswith("Answering valid")
        assert ("█" in drawn) == (width >= 75)
