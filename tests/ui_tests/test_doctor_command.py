"""`galaxy doctor` as it is drawn, and as programs read it."""

import json
import subprocess
import sys

import pytest
from rich.console import Console
from ui_tests.conftest import Galaxy

import cluster
from cluster import Check
from ui.cli.display.checks import checked

CHECKS = (
    Check("head", "code", True, "as here"),
    Check("w1", "code", True, "as here"),
    Check("w2", "code", False, "another cluster/token.py", "`make setup` there", is_grave=True),
    Check("head", "memory", True, "3.0 GB left", margin=1.5),
    Check("w1", "memory", True, "9.0 GB left", margin=4.5),
    Check("w2", "memory", True, "6.0 GB left", margin=3.0),
    Check("head", "clock", False, "600.0 s behind the driver's", "synchronise the nodes' clocks, as by chrony"),
    Check("w1", "clock", False, "600.0 s behind the driver's", "synchronise the nodes' clocks, as by chrony"),
    Check("w2", "clock", True, "the driver's within 0.1 s"),
)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []
    monkeypatch.setitem(cluster.__dict__, "examine", lambda *place, **given: asked.append((place, given)) or CHECKS)
    return asked


@pytest.mark.parametrize("width", [60, 80, 140])
def test_what_is_well_takes_a_line_and_a_fault_its_advice(width: int) -> None:
    console = Console(width=width, record=True, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(checked(CHECKS))
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert all(len(line) <= width for line in capture.get().splitlines())
    assert "✗ code w2 another cluster/token.py" in lines
    assert "✓ code 2 of 3 as here" in lines or "✓ code head, w1 as here" in lines
    assert "→ `make setup` there" in lines
    assert "✓ memory all 3 3.0 GB left (head)" in lines
    assert len([line for line in lines if "600.0 s behind" in line]) == 1


def test_one_machine_is_not_named_on_each_line(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cluster.__dict__, "examine", lambda *_, **__: (Check("here", "token", True, "there"),))
    result = galaxy("doctor")
    assert result.exit_code == 0
    assert "here" not in result.stdout.replace("there", "")


def test_a_fault_is_exit_status_1_and_json_is_whole(galaxy: Galaxy, examined: list[object]) -> None:
    result = galaxy("doctor", "--address", "auto", "--storage", "s3://b/runs", "--hypermodel", "m:build", "--json")
    assert result.exit_code == 1
    assert result.stderr == ""
    first, *_ = json.loads(result.stdout)["checks"]
    assert first == {"node": "head", "check": "code", "ok": True, "found": "as here", "advice": None}
    given = {"storage": "s3://b/runs", "dataset": None, "hypermodel": "m:build", "deep": False}
    assert examined == [(("auto",), given)]


def test_a_ray_that_is_not_there_is_one_line(galaxy: Galaxy) -> None:
    result = galaxy("doctor", "--address", "127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("galaxy: error: --address 127.0.0.1:1: expected a running Ray there, found none")
    assert result.stderr.count("\n") == 1


_LATE = """
import atexit, sys, threading
from cluster.nodes.late import Asked
from ui.cli.main import main
Asked(threading.Event().wait, str)
atexit.register(print, "waited")
sys.argv = ["galaxy", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(("words", "status"), [(("--version",), 0), (("leaderboard", "a", "--storage", "/none"), 1)])
def test_a_command_that_has_left_something_behind_does_not_wait_for_it_at_its_end(
    words: tuple[str, ...], status: int
) -> None:
    done = subprocess.run([sys.executable, "-c", _LATE, *words], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "waited" not in done.stdout
    assert done.stdout + done.stderr  # what it had to say is said
