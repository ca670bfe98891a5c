"""Work that takes long, in a log and on a terminal."""

import io

from rich.console import Console

from ui.cli.display.progress import Log, stages
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
