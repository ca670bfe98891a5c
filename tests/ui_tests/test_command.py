from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner, Result

from datasets import GalaxyTunerError, Option
from ui.cli.command import Given, command
from ui.cli.terminal import Terminal


@dataclass(frozen=True)
class Settings:
    rounds: Annotated[int, Option("How often.", min=1, max=9)] = 3
    share: Annotated[float, Option("How much.", fraction=True)] = 1.0
    limit: Annotated[int | None, Option("How many at most.", default="no limit")] = None
    fast: Annotated[bool, Option("Whether to hurry.")] = False
    points: Annotated[tuple[dict[str, int], ...], Option("What is tried.", "Tried", metavar="FILE", name="--try")] = ()
    inner: int = 0

    def __post_init__(self) -> None:
        if self.rounds == 7:
            raise GalaxyTunerError("seven is taken")


def run(*arguments: object, partly: bool = False) -> tuple[Result, dict[str, object]]:
    """Run a command that has these settings; return how it ended and what its function got."""
    app, got = typer.Typer(), dict[str, object]()

    def whole(terminal: Terminal, where: Annotated[str, typer.Argument()], settings: Settings) -> None:
        """Do it."""
        got.update(settings=settings, where=where, as_json=terminal.as_json)

    def given(terminal: Terminal, settings: Given[Settings]) -> None:
        """Do it."""
        got.update(settings)

    command(app, "galaxy whole here")(given if partly else whole)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "120"}), got


def test_the_function_gets_its_terminal_its_arguments_and_its_settings() -> None:
    result, got = run("here", "--rounds", 2, "--share", 0.5, "--limit", 4, "--fast", "--json")
    assert result.exit_code == 0
    assert got == {"where": "here", "settings": Settings(rounds=2, share=0.5, limit=4, fast=True), "as_json": True}


def test_what_is_not_given_has_the_fields_own_default() -> None:
    assert run("here")[1] == {"where": "here", "settings": Settings(), "as_json": False}


def test_only_what_was_given_is_given_zero_too(tmp_path: Path) -> None:
    assert run(partly=True)[1] == {}
    assert run("--limit", 0, partly=True)[1] == {"limit": 0}
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    assert run("--try", files[0], "--try", files[1], partly=True)[1] == {"points": files}


def test_the_help_says_defaults_bounds_and_panels_and_leaves_other_fields_out() -> None:
    shown = " ".join(run("--help")[0].stdout.replace("│", " ").split())
    for words in (
        "--rounds N How often (1 to 9). [default: 3]",
        "--share FRACTION How much. [default: 1]",
        "--limit N How many at most. [default: no limit]",
        "--fast Whether to hurry.",
        "--try FILE What is tried.",
        "─ Tried ─",
        "Example galaxy whole here",
    ):
        assert words in shown
    assert "inner" not in shown


@pytest.mark.parametrize("wrong", [("--rounds", 0), ("--rounds", 10), ("--share", 0), ("--share", 1.5), ("--inner", 1)])
def test_what_an_option_does_not_take_is_wrong_use(wrong: tuple[object, ...]) -> None:
    result, got = run("here", *wrong)
    assert (result.exit_code, got) == (2, {})


def test_what_the_settings_refuse_is_one_line() -> None:
    result, _ = run("here", "--rounds", 7)
    assert (result.exit_code, result.stderr) == (1, "galaxy: error: seven is taken\n")
