import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from ui_tests.conftest import Galaxy
from ui_tests.fabricated import RECORDS, specification, view, write_search

import cluster
from cluster import TrainSettings
from cluster.jobs.settings import commands
from datasets import Dataset
from search import SearchError, SearchSettings, SearchState, SearchView
from ui.cli.commands.leaderboard import next_after


class FakeRun:
    """Stands in for `cluster.run_search`: remembers its call, reports two trials, returns a search."""

    def __init__(self) -> None:
        self.called: dict[str, Any] = {}

    def __call__(self, dataset: str, settings: SearchSettings, *, watch: Any, **places: object) -> SearchView:
        self.called = {"dataset": dataset, "settings": settings, **places}
        for known in (1, 2, 2):
            watch(view(RECORDS[:known]))
        return view(state=SearchState.FINISHED)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    fake = FakeRun()
    monkeypatch.setitem(cluster.__dict__, "run_search", fake)
    return fake


def test_search_hands_on_what_was_given(galaxy: Galaxy, run: FakeRun) -> None:
    result = galaxy(
        "search", "d", "--name", "a", "--trials", 3, "--gpus-per-trial", 0.5, "--address", "in-process", "--seed", 9
    )
    assert result.exit_code == 0
    assert run.called == {
        "dataset": "d",
        "settings": SearchSettings(name="a", trials=3, gpus_per_trial=0.5, seed=9),
        "storage": "runs",
        "address": "in-process",
        "preflight": True,
        "already": 0.0,
    }


def test_the_command_that_a_bundle_records_searches_alike(galaxy: Galaxy, run: FakeRun) -> None:
    settings = SearchSettings(
        name="a", time_limit=5400, gpus_per_trial=0.5, patience=2, objective="val_loss:min", oracle="grid"
    )
    recorded = specification().model_copy(update={"settings": settings, "dataset": "/a b"})
    search, _ = commands(recorded, TrainSettings(epochs=2), storage="/my runs")
    assert galaxy(*shlex.split(search)[1:]).exit_code == 0
    assert (run.called["dataset"], run.called["storage"], run.called["settings"]) == ("/a b", "/my runs", settings)


def test_the_time_is_handed_on_in_seconds_and_no_count_with_it(galaxy: Galaxy, run: FakeRun) -> None:
    assert galaxy("search", "d", "--name", "a", "--time-limit", "1h30m").exit_code == 0
    settings = run.called["settings"]
    assert (settings.time_limit, settings.trials) == (5400.0, None)
    wrong = galaxy("search", "d", "--name", "a", "--time-limit", "30")
    assert wrong.exit_code == 2
    assert "expected a time above 0 such as 90s, 30m or 1h30m, found '30': write 30s, 30m, 30h" in wrong.stderr


def test_search_reads_a_file_below_the_command_line(galaxy: Galaxy, run: FakeRun, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('name = "b"\ntrials = 5\nepochs = 2\n')
    assert galaxy("search", "d", "--config", file, "--epochs", 3).exit_code == 0
    assert run.called["settings"] == SearchSettings(name="b", trials=5, epochs=3)


def test_points_of_all_files_are_handed_on_in_order(galaxy: Galaxy, run: FakeRun, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"units": 7, "rate": 1.0}')
    (tmp_path / "two.json").write_text('[{"units": 8}, {"head": "flatten", "deep": true}]')
    tries = ["--try", tmp_path / "one.json", "--try", tmp_path / "two.json"]
    assert galaxy("search", "d", "--name", "a", *tries, "--warm-start", "b").exit_code == 0
    settings = run.called["settings"]
    assert settings.points == ({"units": 7, "rate": 1.0}, {"units": 8}, {"head": "flatten", "deep": True})
    assert settings.warm_start == "b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[3]", "expected an object of hyperparameters by name, or a list of such, found 3"),
        ("{", "expected JSON such as {"),
        ('{"filters": 1, "filters": 2}', "filters' is there twice"),
        ('{"units": null}', "invalid value for --try"),
    ],
)
def test_a_file_that_holds_no_point_is_wrong_use(
    text: str, message: str, galaxy: Galaxy, run: FakeRun, tmp_path: Path
) -> None:
    (tmp_path / "point.json").write_text(text)
    result = galaxy("search", "d", "--name", "a", "--try", tmp_path / "point.json")
    assert (result.exit_code, run.called) == (2, {})
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_search_with_an_unknown_key_runs_nothing(galaxy: Galaxy, run: FakeRun, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('name = "b"\nepocs = 2\n')
    result = galaxy("search", "d", "--config", tmp_path / "s.toml")
    assert (result.exit_code, run.called) == (2, {})
    assert "unknown key 'epocs'; the nearest is 'epochs'" in result.stderr


def test_a_log_has_one_line_a_trial_that_ended(galaxy: Galaxy, run: FakeRun) -> None:
    lines = galaxy("search", "d", "--name", "a").stderr.splitlines()
    # How fast it is follows, once two looks are apart.
    assert [" · ".join(line.split(" · ")[:2]) for line in lines] == [
        "[1/6] trial 0001 completed: val_macro_f1 0.8125 after 3 epochs in 10 s · best 0.8125 by 0001",
        "[2/6] trial 0002 completed: val_macro_f1 0.9375 after 3 epochs in 20 s · best 0.9375 by 0002",
    ]


def test_search_prints_the_leaderboard_or_its_json(galaxy: Galaxy, run: FakeRun) -> None:
    assert "Best: trial 0002" in galaxy("search", "d", "--name", "a").stdout
    assert json.loads(galaxy("search", "d", "--name", "a", "--json").stdout)["best"] == "0002"


def test_a_class_that_nothing_is_chosen_by_is_said_before(
    galaxy: Galaxy, run: FakeRun, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    description = Path(shutil.copytree(tiny_dataset.info.path, tmp_path / "d")) / "dataset.json"
    known = json.loads(description.read_text())
    known["counts"]["validation"][known["classes"][1]] = 0
    description.write_text(json.dumps(known))
    said = f"no validation image of '{known['classes'][1]}': what is chosen by scores says nothing of it"
    first, *_ = galaxy("search", tmp_path / "d", "--name", "a").stderr.splitlines()
    assert first.startswith(said)
    assert said not in galaxy("search", tiny_dataset.info.path, "--name", "a").stderr


def test_a_refused_search_is_one_line(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> SearchView:
        raise SearchError("a search named 'a' exists already")

    monkeypatch.setitem(cluster.__dict__, "run_search", refuse)
    result = galaxy("search", "d", "--name", "a", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "galaxy: error: a search named 'a' exists already\n"


def test_an_interrupted_search_is_status_130(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> SearchView:
        raise KeyboardInterrupt

    monkeypatch.setitem(cluster.__dict__, "run_search", interrupt)
    result = galaxy("search", "d", "--name", "a")
    assert (result.exit_code, result.stderr) == (130, "galaxy: interrupted\n")


def test_searches_lists_them(galaxy: Galaxy, storage: str) -> None:
    write_search(storage, "second", RECORDS[:1], state=SearchState.RUNNING)
    found = json.loads(galaxy("searches", "--storage", storage, "--json").stdout)["searches"]
    # The second one has no live driver.
    assert [(item["name"], item["state"]) for item in found] == [("first", "finished"), ("second", "interrupted")]
    assert found[1]["trials"] == {"completed": 1}
    shown = galaxy("searches", "--storage", storage).stdout
    assert "interrupted" in shown
    assert "/data/galaxies" in shown


def test_a_damaged_one_is_a_row_with_its_reason_and_hides_no_other(galaxy: Galaxy, storage: str) -> None:
    layout = write_search(storage, "damaged")
    layout.root.write_whole("specification.json", b"{")
    result = galaxy("searches", "--storage", storage)
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()[3:5]] == [
        ["damaged", "damaged"],
        ["first", "finished"],
    ]
    assert f"damaged: {storage}/damaged/specification.json: expected a specification" in " ".join(result.stdout.split())
    found = json.loads(galaxy("searches", "--storage", storage, "--json").stdout)
    assert [one["name"] for one in found["searches"]] == ["first"]
    (damaged,) = found["damaged"]
    refused = galaxy("leaderboard", "damaged", "--storage", storage)
    assert (refused.exit_code, refused.stderr) == (1, f"galaxy: error: {damaged['reason']}\n")


def test_no_search_yet_says_how_to_start_one(galaxy: Galaxy, tmp_path: Path) -> None:
    result = galaxy("searches", "--storage", tmp_path / "none")
    assert result.exit_code == 0
    assert "Next: galaxy search DATASET --name first" in result.stdout
    assert json.loads(galaxy("searches", "--storage", tmp_path / "none", "--json").stdout) == {
        "searches": [],
        "damaged": [],
    }


def test_a_submitted_search_says_what_to_ask_of_it_from_here(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = cluster.Submitted("a", "galaxy-a-1", "http://127.0.0.1:8265", has_begun=True)
    asked: list[object] = []
    for name in ("submit_search", "submit_resume"):
        monkeypatch.setitem(cluster.__dict__, name, lambda *given, **named: asked.append((given, named)) or sent)
    place = ("--storage", "s3://b/runs", "--submit")
    result = galaxy("search", "s3://b/d", "--name", "a", *place)
    assert "galaxy stop a --storage s3://b/runs" in result.stdout
    assert "ray job logs galaxy-a-1 --address http://127.0.0.1:8265 --follow" in result.stdout
    assert result.stdout.endswith("Next: galaxy leaderboard a --watch --storage s3://b/runs\n")
    assert json.loads(galaxy("resume", "a", "--trials", 9, "--no-preflight", *place, "--json").stdout) == sent.as_json()
    (given, named), (resumed, more) = asked
    assert (given, named.pop("preflight")) == (("s3://b/d", SearchSettings(name="a")), True)
    assert named == {"storage": "s3://b/runs", "address": "local"}
    assert (resumed, more["trials"], more["storage"], more["preflight"]) == (("a",), 9, "s3://b/runs", False)


@pytest.mark.parametrize("state", [SearchState.STOPPED, SearchState.FINISHED])
def test_what_is_advised_after_a_search_elsewhere_goes_on_there(state: SearchState) -> None:
    shown = next_after(view(RECORDS[:1], state=state), "/elsewhere/runs", "h:6379")
    verb = "train" if state is SearchState.FINISHED else "resume"
    assert shown == f"galaxy {verb} first --address h:6379 --storage /elsewhere/runs"
