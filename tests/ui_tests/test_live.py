import fcntl
import io
import pty
import struct
import termios

import pytest
from rich.console import Console
from ui_tests.fabricated import RECORDS, record, specification, view

from search import SearchState, SearchView, TrialState
from ui import wording
from ui.cli.display import live
from ui.cli.display.live import Pace, ended_line, picture, search_display
from ui.cli.terminal import Terminal


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock_view() -> SearchView:
    """A search that has taken 6 of its 30 minutes."""
    timed = specification(trials=None, time_limit=1800.0)
    return SearchView.of(timed, SearchState.RUNNING, RECORDS, spent=360.0)


def drawn(pace: Pace, *records: int) -> str:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(picture(view([RECORDS[number] for number in records]), pace))
    return capture.get()


def test_the_pace_counts_from_the_first_look() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.per_minute(view(RECORDS[:1])) is None
    clock.now += 30
    assert pace.per_minute(view(RECORDS[:2])) == 2.0
    # Four of the six planned trials are left at two a minute.
    assert pace.left(view(RECORDS[:2])) == 120.0


def test_with_a_time_what_is_left_of_it_is_shown_and_no_count(clock_view: SearchView) -> None:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(picture(clock_view, Pace()))
    assert "4 trials  24 min 00 s left" in capture.get()
    assert ended_line(clock_view, RECORDS[0], number=1).startswith("[1] trial 0001 completed:")


def test_the_picture_shows_running_trials_the_best_and_the_time_left() -> None:
    clock = Clock()
    pace = Pace(clock)
    drawn(pace, 0)
    clock.now += 60
    shown = drawn(pace, 0, 1, 4)
    assert "2 of 6 trials" in shown
    assert "1.0 trials/min, 4 min 00 s left" in shown
    assert "0005" in shown
    assert "2/4" in shown
    assert "best so far: 0.9375 by trial 0002" in shown


def test_a_trial_that_the_oracle_ends_early_is_shown_with_its_own_last_epoch() -> None:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(picture(view([RECORDS[4].but(until=3)]), Pace()))
    assert "2/3" in capture.get()
    assert wording.bar(2 / 3, 12) in capture.get()


def test_a_trial_in_its_first_epoch_is_shown_as_running() -> None:
    waiting = record(7, scores=[], state=TrialState.PENDING)
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(picture(view([waiting]), Pace()))
    assert "0007" in capture.get()
    assert "0/4" in capture.get()
    assert "best so far: none yet" in capture.get()


def test_the_line_of_an_infeasible_trial_says_why() -> None:
    assert ended_line(view(), RECORDS[3], number=4) == (
        "[4/6] trial 0004 infeasible: val_macro_f1 – after 0 epochs in 40 s "
        "(ValueError: the image is too small for 6 blocks) · best 0.9375 by 0002"
    )


def test_on_a_terminal_a_table_is_drawn_and_taken_away() -> None:
    screen = io.StringIO()
    terminal = Terminal(Console(file=io.StringIO()), Console(file=screen, force_terminal=True, width=100), False)
    with search_display(terminal) as watch:
        watch(view())
    assert "best so far" in screen.getvalue()
    assert "[1/6]" not in screen.getvalue()


def test_the_picture_says_why_trials_failed_each_reason_once() -> None:
    lost = [record(number, scores=[], state=TrialState.FAILED, reason="the worker was lost") for number in (7, 8)]
    console = Console(file=io.StringIO(), width=60)
    with console.capture() as capture:
        console.print(picture(view([*RECORDS, *lost]), Pace()))
    lines = capture.get().splitlines()
    assert "trials 0007, 0008 failed: the worker was lost" in lines
    assert any(line.startswith("trial 0004 infeasible: ValueError: the image") and line.endswith("…") for line in lines)
    assert max(map(len, lines)) <= 60


def test_in_a_log_are_plain_lines_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, log = Clock(), io.StringIO()
    monkeypatch.setattr(live, "Pace", lambda: Pace(clock))
    terminal = Terminal(Console(file=io.StringIO()), Console(file=log, width=80), False)
    with search_display(terminal) as watch:
        watch(view(RECORDS[:1]))
        clock.now += 30
        watch(view(RECORDS[:2]))
    trials = log.getvalue().splitlines()
    assert [line.split(" · ")[0].split(":")[0] for line in trials] == [
        "[1/6] trial 0001 completed",
        "[2/6] trial 0002 completed",
    ]
    assert trials[1].endswith("· best 0.9375 by 0002 · 2.0 trials/min, 2 min 00 s left")
    assert "\x1b" not in log.getvalue()


def test_what_trials_wait_for_is_shown_beside_why_others_failed_and_said_once_in_a_log() -> None:
    waiting = [RECORDS[4].but(trial_id="0007", reason="waits for memory, which carries 1 trial at a time")]
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(picture(view([*RECORDS, *waiting]), Pace()))
    assert "trial 0007 running: waits for memory, which carries 1 trial" in capture.get()
    err = io.StringIO()
    with search_display(Terminal(Console(file=io.StringIO()), Console(file=err, width=200), False)) as watch:
        for _ in range(2):
            watch(view(waiting))
        watch(view([RECORDS[4].but(trial_id="0007")]))
        watch(view(waiting))
    assert err.getvalue().splitlines() == 2 * ["trial 0007 waits for memory, which carries 1 trial at a time"]


@pytest.mark.parametrize(("columns", "term"), [(0, "xterm"), (100, "dumb"), (100, "xterm")])
def test_a_terminal_that_nobody_looks_at_gets_lines(columns: int, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ray exec` makes one, of no size where its own output goes to a file."""
    monkeypatch.setenv("TERM", term)
    person, ours = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with open(person, "rb", buffering=0) as seen, open(ours, "w") as stream:  # noqa: PTH123
        terminal = Terminal(Console(file=io.StringIO()), Console(file=stream), False)
        with search_display(terminal) as watch:
            watch(view())
        stream.flush()
        shown = seen.read(65536).decode()
    assert ("[1/6]" in shown) is (columns == 0 or term == "dumb")
    assert ("\x1b[" in shown) is not (columns == 0 or term == "dumb")
