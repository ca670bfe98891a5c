import json

import pytest
import typer
from ui_tests.conftest import Galaxy

from search import driver_heartbeat, list_searches
from search.layout import SearchLayout


def names(storage: str) -> list[str]:
    return [view.name for view in list_searches(storage)]


def test_a_search_is_deleted_without_a_word_where_yes_is_given(galaxy: Galaxy, storage: str) -> None:
    result = galaxy("delete", "first", "--storage", storage, "--yes", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"search": "first", "deleted": True})
    assert names(storage) == []
    result = galaxy("delete", "first", "--storage", storage)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no search at" in result.stderr


def test_a_search_is_renamed_and_every_command_finds_it(galaxy: Galaxy, storage: str) -> None:
    result = galaxy("rename", "first", "second", "--storage", storage, "--yes", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"search": "second", "renamed_from": "first"})
    assert json.loads(galaxy("leaderboard", "second", "--storage", storage, "--json").stdout)["search"] == "second"
    assert (
        f"Next: galaxy train second --storage {storage}" in galaxy("leaderboard", "second", "--storage", storage).stdout
    )
    assert names(storage) == ["second"]


@pytest.mark.parametrize("words", [("delete", "first"), ("rename", "first", "second")])
def test_what_cannot_be_undone_is_asked_for(
    galaxy: Galaxy, storage: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = galaxy(*words, "--storage", storage)  # nobody sits there
    assert (result.exit_code, result.stdout) == (2, "")
    assert "give --yes" in result.stderr
    asked: list[str] = []

    def refuse(text: str, err: bool) -> bool:
        asked.append(text)
        return False

    monkeypatch.setattr("ui.cli.commands.managing.typer.confirm", refuse)
    monkeypatch.setattr("ui.cli.commands.managing._is_somebody_there", lambda: True)
    result = galaxy(*words, "--storage", storage)
    assert (result.exit_code, result.stderr) == (1, "galaxy: nothing was changed\n")
    assert asked[0].endswith(f"; {storage}/first)?")
    assert "2 completed" in asked[0]
    assert names(storage) == ["first"]


@pytest.mark.parametrize("words", [("delete", "first"), ("rename", "first", "second")])
def test_a_question_can_be_left_unanswered(
    galaxy: Galaxy, storage: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.cli.commands.managing._is_somebody_there", lambda: True)
    left = galaxy(*words, "--storage", storage)  # by Ctrl-D: there is no more input
    assert (left.exit_code, left.stderr.splitlines()[-1]) == (1, "galaxy: nothing was changed")

    def interrupted(text: str, err: bool) -> bool:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise typer.Abort from None

    monkeypatch.setattr("ui.cli.commands.managing.typer.confirm", interrupted)
    left = galaxy(*words, "--storage", storage)
    assert (left.exit_code, left.stderr) == (130, "\ngalaxy: interrupted\n")
    assert names(storage) == ["first"]


def test_what_runs_is_refused(galaxy: Galaxy, storage: str) -> None:
    with driver_heartbeat(SearchLayout.of(storage, "first").root):
        result = galaxy("delete", "first", "--storage", storage, "--yes")
    assert result.exit_code == 1
    assert f"`galaxy stop first --storage {storage}` ends it" in result.stderr
    assert names(storage) == ["first"]


def test_watch_is_leaderboard_watch(galaxy: Galaxy, storage: str) -> None:
    place = ("--storage", storage)
    assert galaxy("watch", "first", *place).stdout == galaxy("leaderboard", "first", "--watch", *place).stdout
