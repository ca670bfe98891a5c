"""How the command's process ends."""

import math
import subprocess
import sys

import pytest

from ui.cli import entry

_PRESSED_AT_THE_END = """
import atexit, os, signal, sys, time
from ui.cli.main import main
atexit.register(time.sleep, 30)
atexit.register(os.kill, os.getpid(), signal.SIGINT)
sys.argv = ["galaxy", "--version"]
main()
"""


def test_ctrl_c_while_the_interpreter_ends_leaves_at_once_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", _PRESSED_AT_THE_END], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (130, "")
    assert done.stdout.startswith("galaxy ")


_STUCK = """
import sys, time
from ui.cli import entry
entry._began = time.monotonic()
entry.end_within(0.5, "galaxy resume first")
time.sleep(30)
"""


def test_a_command_with_a_time_limit_ends_with_it_whatever_it_is_in() -> None:
    done = subprocess.run([sys.executable, "-c", _STUCK], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "galaxy: error: the time was up in the middle of what could not be cut short, as a storage that gives no "
        "answer: what is written stands, and `galaxy resume first` goes on with it\n"
    )


def test_a_command_with_too_little_time_for_anything_is_let_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[float] = []
    monkeypatch.setattr(entry, "end_within", lambda seconds, _command: ends.append(seconds))
    for left in (math.inf, 600.0, 14.0, 0.0, -3.0):
        entry.end_in_time(left, "galaxy resume first")
    assert ends == [600.0]
