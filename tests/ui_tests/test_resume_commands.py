import json
from pathlib import Path

import pytest
from ui_tests.conftest import Galaxy
from ui_tests.fabricated import view, write_search

import cluster
from search import TRAINERS, FitRecord, SearchState, note_fit
from search.layout import SearchLayout
from search.ledger.heartbeat import driver_heartbeat


@pytest.mark.parametrize("command", ["resume", "stop"])
def test_of_no_search_it_is_one_line(galaxy: Galaxy, command: str, tmp_path: Path) -> None:
    result = galaxy(command, "absent", "--storage", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("galaxy: error: no search at ")


def test_what_does_not_run_is_not_stopped(galaxy: Galaxy, tmp_path: Path) -> None:
    write_search(tmp_path, "first")
    result = galaxy("stop", "first", "--storage", tmp_path)
    assert result.exit_code == 1
    assert "search 'first' is not running: there is nothing to stop" in result.stderr


def test_what_runs_is_asked_to_stop(galaxy: Galaxy, tmp_path: Path) -> None:
    write_search(tmp_path, "first")
    with driver_heartbeat(SearchLayout.of(str(tmp_path), "first").root):
        result = galaxy("stop", "first", "--storage", tmp_path, "--json")
    assert result.exit_code == 0
    assert set(json.loads(result.stdout)) == {"search", "state"}
    assert (tmp_path / "first" / "stop.json").exists()


def test_what_was_asked_to_stop_goes_on_with_what_began_it(galaxy: Galaxy, tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "first", time_limit=300)
    place = ("--storage", tmp_path)
    with driver_heartbeat(layout.root, drivers=TRAINERS):
        shown = galaxy("stop", "first", *place).stdout
        assert "the same `galaxy train` goes on" in shown
        assert "Next:" not in shown
        note_fit(layout, FitRecord(time_limit=600, search_seconds=300, epochs=2, max_slower=8))
        assert "Next: galaxy resume first" in galaxy("stop", "first", *place).stdout


@pytest.mark.parametrize(("state", "status"), [(SearchState.FINISHED, 0), (SearchState.STOPPED, 130)])
def test_resume_hands_on_what_was_given_and_says_how_it_ended(
    galaxy: Galaxy, state: SearchState, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: dict[str, object] = {}

    def resume(name: str, **given: object) -> object:
        called.update(given, name=name)
        return view(state=state)

    monkeypatch.setitem(cluster.__dict__, "resume_search", resume)
    given = ("--trials", 60, "--time-limit", "2h", "--address", "in-process", "--dataset", "moved", "--accept-space")
    given += ("--retry", "failed", "--retry", "0004")
    result = galaxy("resume", "first", *given)
    assert result.exit_code == status
    del called["watch"]
    known = {"name": "first", "storage": "runs", "address": "in-process", "preflight": True, "already": 0.0}
    known |= {"time_limit": 7200.0}
    assert called == known | {"trials": 60, "dataset": "moved", "accept_space": True, "retry": ["failed", "0004"]}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, (None, None)),
        ({"trials": 2, "time_limit": "1m"}, (None, None)),
        ({"trials": 900}, (900, None)),
        ({"time_limit": "2h"}, (None, 7200.0)),
    ],
)
@pytest.mark.parametrize("in_file", [True, False], ids=["in a file", "by options"])
def test_a_search_that_may_be_there_already_goes_on_or_begins(
    options: dict[str, object], more: tuple[object, object], in_file: bool, galaxy: Galaxy, tmp_path: Path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    called: list[object] = []
    monkeypatch.setitem(
        cluster.__dict__, "run_search", lambda dataset, settings, **_: called.append(settings.name) or view()
    )
    monkeypatch.setitem(cluster.__dict__, "resume_search", lambda name, **given: called.append((name, given)) or view())
    options = {"name": "the-first", "storage": str(tmp_path), **options}
    file = tmp_path / "s.toml"
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items()))
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    given = ("search", "d", *(("--config", file) if in_file else words), "--or-resume", "--address", "h:1")
    galaxy(*given)
    write_search(tmp_path, "the-first", time_limit=3600.0)
    result = galaxy(*given)
    begun, (name, resumed) = called  # type: ignore[misc]
    assert begun == name == "the-first"
    assert {key: resumed[key] for key in ("storage", "address", "dataset", "trials", "time_limit")} == {
        "storage": str(tmp_path),
        "address": "h:1",
        "dataset": "d",
        "trials": more[0],
        "time_limit": more[1],
    }
    assert "is there already and goes on" in result.stderr


def test_of_a_fit_trials_are_tried_again_and_an_edited_space_is_accepted(
    galaxy: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = FitRecord(time_limit=3600.0, search_seconds=1800.0, epochs=4, max_slower=8.0)
    note_fit(write_search(tmp_path, "best", time_limit=1800.0), fit)
    called: dict[str, object] = {}

    def resume(name: str, **given: object) -> object:
        called.update(given, name=name)
        return cluster.FitResult(view(), None, 1.0, 3600.0)

    monkeypatch.setitem(cluster.__dict__, "resume_fit", resume)
    words = ("resume", "best", "--storage", tmp_path, "--retry", "failed", "--retry", "infeasible", "--accept-space")
    assert galaxy(*words).exit_code == 0
    asked = {key: called[key] for key in ("name", "retry", "accept_space")}
    assert asked == {"name": "best", "retry": ["failed", "infeasible"], "accept_space": True}
    refused = galaxy(*words, "--trials", 60)
    assert refused.exit_code == 2
    assert "--trials: a fit has one limit, its time: leave this out" in " ".join(refused.stderr.split())


@pytest.mark.parametrize("more", [(), ("--submit",)])
def test_a_search_does_not_go_on_with_a_fit(galaxy: Galaxy, tmp_path: Path, more: tuple[str, ...]) -> None:
    fit = FitRecord(time_limit=3600.0, search_seconds=1800.0, epochs=4, max_slower=8.0)
    note_fit(write_search(tmp_path, "best", time_limit=1800.0), fit)
    refused = galaxy("search", "d", "--name", "best", "--storage", tmp_path, "--or-resume", *more)
    assert (refused.exit_code, refused.stdout) == (1, "")
    end = "".join(f" {word}" for word in (*more, "--storage", tmp_path))
    assert refused.stderr == (
        "galaxy: error: 'best' was begun by `galaxy fit`, not by `galaxy search`: choose another --name, or go on with "
        f"it: `galaxy resume best{end}`, or in a job that is requeued "
        f"`galaxy fit d --name best --time-limit 1h --or-resume{end}`\n"
    )


def test_a_fit_does_not_go_on_with_a_search(galaxy: Galaxy, storage: str) -> None:
    words = ("fit", "d", "--name", "first", "--time-limit", "1h", "--storage", storage, "--or-resume")
    refused = galaxy(*words)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "galaxy: error: 'first' was begun by `galaxy search`, not by `galaxy fit`: choose another --name, or go on "
        f"with it: `galaxy resume first --storage {storage}`\n"
    )


def test_a_stopped_search_is_shown_with_the_way_on(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cluster.__dict__, "resume_search", lambda name, **given: view(state=SearchState.STOPPED))
    assert "Next: galaxy resume " in galaxy("resume", "first").stdout
