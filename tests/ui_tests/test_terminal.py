import contextlib
import io
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest
import typer
from rich.text import Text

from datasets import GalaxyTunerError, faults
from ui.cli import main
from ui.cli.terminal import Terminal, session


def test_json_is_one_object_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    with session(as_json=True, debug=False) as terminal:
        terminal.finish({"a": math.nan, "b": [math.inf, 1.5], "c": {"d": (-math.inf,)}}, Text("shown"))
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"a": None, "b": [None, 1.5], "c": {"d": [None]}}
    assert "NaN" not in captured.out


def test_what_is_shown_ends_with_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    with session(as_json=False, debug=False) as terminal:
        terminal.finish({}, Text("shown [b]as it is[/b]"), next_command="galaxy info galaxies")
    assert capsys.readouterr().out == "shown [b]as it is[/b]\n\nNext: galaxy info galaxies\n"


def test_what_a_library_prints_is_not_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with session(as_json=True, debug=False) as terminal:
        print("noise")  # noqa: T201
        terminal.finish({"a": 1})
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ('{"a": 1}\n', "noise\n")


def fail(error: BaseException, *, debug: bool = False) -> int:
    """Return the exit status of a command that raises ``error``."""
    with pytest.raises(typer.Exit) as exit, session(as_json=True, debug=debug):
        raise error
    return exit.value.exit_code


def test_a_users_error_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(GalaxyTunerError("expected [a],\n  found b")) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "galaxy: error: expected [a], found b\n")


@pytest.fixture
def tests_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what a test raises for raised by the project's own code: a test is outside of it, as a user's code is."""
    monkeypatch.setattr(faults, "_NOT_USERS", (*faults._NOT_USERS, str(Path(__file__).parent)))


@pytest.mark.usefixtures("tests_are_ours")
def test_an_error_of_the_system_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(OSError(28, "No space left on device")) == 1
    assert capsys.readouterr().err == "galaxy: error: [Errno 28] No space left on device\n"


@pytest.mark.usefixtures("tests_are_ours")
def test_a_fault_of_ours_says_so_and_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(KeyError("x")) == 1
    assert capsys.readouterr().err == (
        "galaxy: error: unexpected KeyError: 'x' (a fault of Galaxy Tuner; --debug shows where)\n"
    )


def test_a_fault_of_the_users_code_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    for error, said in ((KeyError("x"), "KeyError: 'x'"), (OSError("disc\nfull"), "OSError: disc full")):
        assert fail(error) == 1
        assert re.fullmatch(
            rf"galaxy: error: {said} \(ui_tests/test_terminal.py:\d+; --debug shows how it came there\)\n",
            capsys.readouterr().err,
        )


def test_debug_shows_the_traceback_before_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(GalaxyTunerError("expected a"), debug=True) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert err.endswith("galaxy: error: expected a\n")


def test_an_interruption_is_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "galaxy: interrupted\n"


@pytest.fixture(params=["nobody reads", "disk is full"])
def failing(request: pytest.FixtureRequest) -> Iterator[TextIO]:
    """Return a stream that cannot be written to."""
    if request.param == "disk is full":
        writing = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, writing = os.pipe()
        os.close(reading)
    stream = os.fdopen(writing, "w", buffering=1)
    yield stream
    with contextlib.suppress(OSError):
        stream.close()


def test_a_log_that_cannot_be_written_ends_nothing(failing: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", failing)
    terminal = Terminal.of_process()
    for _ in range(3):
        terminal.note("trial 0000 ended")  # from the thread that hears of `galaxy stop`, too
    assert terminal.err._buffer == []


def test_a_result_that_cannot_be_written_is_a_failure(failing: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", failing)
    with pytest.raises(typer.Exit) as exit, session(as_json=False, debug=False) as terminal:
        terminal.finish({}, Text("shown"))
    assert exit.value.exit_code == 1


def test_without_any_stream_a_command_ends_as_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(os, "_exit", ended.append)
    main._end(0)
    assert ended == [0]


def test_a_log_is_wide_enough_for_a_leaderboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    opened: Terminal
    with session(as_json=False, debug=False) as opened:
        assert opened.out.width == 120


@pytest.mark.parametrize("as_json", [False, True])
def test_what_an_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_json: bool) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    with session(as_json=as_json, debug=False) as terminal:
        terminal.finish({"name": "Žluť 𝛼"}, Text("32×32"), next_command="galaxy info Žluť")
        (tmp_path / "a.json").write_text('"é"', encoding="utf-8")
        terminal.write_file(tmp_path / "a.json")
    text = written.getvalue().decode("ascii")
    assert text.endswith('"\\u00e9"')
    if as_json:
        assert json.loads(text.splitlines()[0]) == {"name": "Žluť 𝛼"}
    else:
        assert text.startswith("32\\u00d732\n\nNext: galaxy info \\u017dlu\\u0165\n")
