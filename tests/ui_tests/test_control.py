"""What a page that is served with control lets its reader do, and what one without does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from ui_tests.fabricated import RECORDS, write_search
from ui_tests.views import open_view

from datasets import Dataset
from search import SearchState, SettingsError, driver_heartbeat
from ui import launching
from ui.launching import Launched, launch, launched
from ui.pages import control
from ui.pages.site import Site


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, ...]]]:
    """The commands that were started, which do nothing."""
    words: list[tuple[str, ...]] = []

    def launch(*given: str) -> Launched:
        words.append(given)
        return launching.launch("--version")

    monkeypatch.setattr(control, "launch", launch)
    yield words
    for one in launched():
        one.wait(60)


@pytest.mark.parametrize("view", ["search", "searches"])
def test_without_control_there_is_nothing_to_press(view: str, storage: str) -> None:
    page = open_view(view, storage)
    assert not page.exception
    assert not page.button


def test_a_search_is_begun_from_what_is_offered(
    tiny_dataset: Dataset, storage: str, started: list[tuple[str, ...]]
) -> None:
    folder = Path(tiny_dataset.info.path)
    page = open_view("searches", storage, folder.parent, control=True)
    assert page.selectbox[0].options == [folder.name]
    page.text_input[0].input("third")
    page.number_input[0].set_value(90)
    page.button[0].click().run()
    assert not page.exception
    assert started == [("fit", str(folder), "--name=third", "--time-limit=90m", f"--storage={storage}")]


@pytest.mark.parametrize("name", ["", "--help", "a/b", "..", "x" * 101, "a b"])
def test_what_is_no_name_begins_nothing(name: str) -> None:
    with pytest.raises(SettingsError):
        control.search_words(Site("runs"), "/d", name, minutes=5, is_fit=True, space=None)


def test_spaces_are_those_that_the_modules_define(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("own_spaces")
    text = "from os.path import join\ndef space(): ...\ndef _hidden(): ...\nclass Wide: ..."
    exec(text, vars(module))
    monkeypatch.setitem(sys.modules, "own_spaces", module)
    assert control.spaces(["own_spaces", "absent"]) == ["own_spaces:space", "own_spaces:Wide"]
    words = control.search_words(Site("runs"), "/d", "x", minutes=5, is_fit=False, space="own_spaces:Wide")
    assert words == ("search", "/d", "--name=x", "--time-limit=5m", "--hypermodel=own_spaces:Wide", "--storage=runs")


def test_what_can_be_done_follows_from_the_state(tmp_path: Path, started: list[tuple[str, ...]]) -> None:
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        page = open_view("search", str(tmp_path), control=True)
        assert [button.label for button in page.button] == ["Stop"]
        page.button[0].click().run()
    assert started[-1] == ("stop", "live", f"--storage={tmp_path}")
    page = open_view("search", str(tmp_path), control=True)
    assert [button.label for button in page.button] == ["Resume", "Train", "Rename", "Delete"]
    page.button[0].click().run()
    assert started[-1] == ("resume", "live", f"--storage={tmp_path}")


def test_what_no_command_can_is_no_button(tmp_path: Path) -> None:
    write_search(str(tmp_path), "cells", state=SearchState.STOPPED, hypermodel="<build>")
    page = open_view("search", str(tmp_path), control=True)
    assert [button.label for button in page.button] == ["Rename", "Delete"]


def test_a_search_is_deleted_only_by_its_name(storage: str, started: list[tuple[str, ...]]) -> None:
    page = open_view("search", storage, control=True)
    page.button[-1].click().run()
    delete = page.button[-1]
    assert (delete.label, delete.disabled) == ("Delete", True)
    assert started == []


def test_a_command_that_is_started_says_what_it_says_and_its_log_is_its_users_alone() -> None:
    command = launch("leaderboard", "none", "--storage=/nowhere")
    assert command.wait(60) == 1
    assert "galaxy: error: " in command.last_words()
    assert command.log.stat().st_mode & 0o077 == 0
    assert command in launched()


def test_a_page_outlives_the_logs_of_its_commands(storage: str) -> None:
    command = launch("--version")
    assert command.wait(60) == 0
    command.log.unlink()
    assert command.last_words() == f"what it said cannot be read: No such file or directory: {command.log}"
    page = open_view("searches", storage, control=True)
    assert any("what it said cannot be read" in each.value for each in page.markdown)
    assert list(page.dataframe[0].value["search"]) == ["first"]


def test_a_command_that_said_nothing_is_not_starting(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        silent = Launched(("stop", "first"), tmp_path / "log", process)
        assert silent.last_words() == ""
    assert silent.last_words() == "it ended with status 1, and said nothing"
