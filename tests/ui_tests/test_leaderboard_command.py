import contextlib
import csv
import errno
import io
import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from ui_tests.conftest import Galaxy
from ui_tests.fabricated import RECORDS, SENTENCE, finals, record, rows, write_search

import search
from search import (
    DRIVERS,
    TRAINERS,
    FitRecord,
    Ledger,
    SearchLayout,
    SearchState,
    TrialState,
    driver_heartbeat,
    note_fit,
    write_finals,
)
from ui.cli.display import leaderboard


def test_the_best_trial_is_first_and_its_differing_hyperparameters_below(galaxy: Galaxy, storage: str) -> None:
    shown = galaxy("leaderboard", "first", "--storage", storage).stdout
    trials = [line.split()[:2] for line in shown.splitlines() if line.strip()[:1] in "12345–" and "000" in line]
    assert trials == [["1", "0002"], ["2", "0001"], ["3", "0005"], ["4", "0003"], ["–", "0004"]]
    assert "Best: trial 0002, val_macro_f1 0.9375" in shown
    assert "learning rate  0.002" in shown
    assert "optimizer" not in shown
    assert "trial 0004 infeasible: ValueError: the image is too small for 6 blocks" in shown


def test_a_promotion_names_its_parent(galaxy: Galaxy, tmp_path: Path) -> None:
    write_search(str(tmp_path), "promoted", [record(1, scores=[0.5]), record(2, scores=[0.5, 0.75], parent="0001")])
    heading, _, first, second, *_ = galaxy("leaderboard", "promoted", "--storage", tmp_path).stdout.splitlines()[2:]
    assert "parent" in heading
    assert (first.split().count("0001"), second.split().count("0001")) == (1, 1)
    assert first.split()[1] == "0002"
    found = json.loads(galaxy("leaderboard", "promoted", "--storage", tmp_path, "--json").stdout)
    assert [trial["parent"] for trial in found["trials"]] == ["0001", None]


def test_the_next_command_can_be_pasted(galaxy: Galaxy, storage: str) -> None:
    shown = galaxy("leaderboard", "first", "--storage", storage).stdout
    assert shown.splitlines()[-1] == f"Next: galaxy train first --storage {storage}"


@pytest.mark.parametrize(
    ("made", "is_asked"), [("2026-01-02T03:08:30+00:00", True), ("2026-01-02T03:05:00+00:00", False)]
)
def test_next_is_the_model_where_it_is_of_all_trials(
    galaxy: Galaxy, storage: str, bundle: Path, made: str, is_asked: bool
) -> None:
    write_search(storage, "second", RECORDS[:3])
    model = Path(shutil.copytree(bundle, Path(storage) / "second" / "model"))
    manifest = json.loads((model / "bundle.json").read_text())
    (model / "bundle.json").write_text(json.dumps(manifest | {"created": made}))
    last = galaxy("leaderboard", "second", "--storage", storage).stdout.splitlines()[-1]
    train, ask = f"train second --storage {storage}", f"classify {storage}/second/model IMAGE.jpg"
    assert last == f"Next: galaxy {ask if is_asked else train}"


def test_a_narrow_terminal_leaves_columns_out_and_never_trials(
    galaxy: Galaxy, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    shown = galaxy("leaderboard", "first", "--storage", storage).stdout
    assert all(found.trial_id in shown for found in RECORDS)
    assert max(map(len, shown.splitlines()[:8])) <= 70


def test_a_column_of_the_ranking_is_never_cut(galaxy: Galaxy, tmp_path: Path) -> None:
    wide = {f"hyper_parameter_{number}": number for number in range(12)}
    slow = [record(n, scores=[0.5], seconds=9000.0, hyperparameters=wide | {"n": n}) for n in (1, 2)]
    varied = [found.but(hyperparameters={k: v * i for k, v in wide.items()}) for i, found in enumerate(slow, start=1)]
    write_search(str(tmp_path), "wide", varied)
    shown = galaxy("leaderboard", "wide", "--storage", tmp_path).stdout
    assert "…" not in shown
    assert "val_macro_f1" in shown
    assert "2 h 30 min" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_json(galaxy: Galaxy, storage: str) -> None:
    found = json.loads(galaxy("leaderboard", "first", "--storage", storage, "--json").stdout)
    assert (found["search"], found["state"], found["best"]) == ("first", "finished", "0002")
    assert found["objective"] == {"name": "val_macro_f1", "direction": "max"}
    assert [trial["rank"] for trial in found["trials"]] == [1, 2, 3, 4, None]
    assert all("history" not in trial for trial in found["trials"])


def test_json_with_history(galaxy: Galaxy, storage: str) -> None:
    found = json.loads(galaxy("leaderboard", "first", "--storage", storage, "--json", "--history").stdout)
    assert found["trials"][0]["history"]["val_macro_f1"] == [0.25, 0.9375, 0.875]


def test_csv(galaxy: Galaxy, storage: str) -> None:
    lines = list(csv.DictReader(io.StringIO(galaxy("leaderboard", "first", "--storage", storage, "--csv").stdout)))
    assert [line["trial_id"] for line in lines] == ["0002", "0001", "0005", "0003", "0004"]


def test_history_is_a_curve_in_the_table_and_rows_in_csv(galaxy: Galaxy, storage: str) -> None:
    assert "▁█▇" in galaxy("leaderboard", "first", "--storage", storage, "--history").stdout
    table = galaxy("leaderboard", "first", "--storage", storage, "--csv", "--history").stdout
    assert table.splitlines()[:2] == ["trial_id,epoch,loss,val_loss,val_macro_f1", "0002,1,0.875,1.25,0.25"]


def test_a_search_without_a_score_says_so(galaxy: Galaxy, tmp_path: Path) -> None:
    failed = record(1, scores=[], state=TrialState.FAILED, score=None, reason="the worker was lost")
    write_search(str(tmp_path), "none", [failed])
    result = galaxy("leaderboard", "none", "--storage", tmp_path)
    assert result.exit_code == 0
    assert "no trial has a score yet" in result.stdout
    assert "trial 0001 failed: the worker was lost" in result.stdout


def test_an_unknown_search_is_one_line(galaxy: Galaxy, storage: str) -> None:
    result = galaxy("leaderboard", "secnd", "--storage", storage, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("galaxy: error: no search at ")


def test_watching_ends_when_the_search_does(galaxy: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.cli.commands.leaderboard._SECONDS_BETWEEN_LOOKS", 0.05)
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)

    def go_on() -> None:
        Ledger(layout).write_record(RECORDS[1])
        Ledger(layout).write_state(SearchState.FINISHED)

    with driver_heartbeat(layout.root):
        threading.Timer(0.5, go_on).start()
        result = galaxy("leaderboard", "live", "--storage", tmp_path, "--watch", "--json")
    assert [line.split()[:3] for line in result.stderr.splitlines()] == [
        ["[1/6]", "trial", "0001"],
        ["[2/6]", "trial", "0002"],
    ]
    found = json.loads(result.stdout)
    assert (found["state"], found["best"]) == ("finished", "0002")


def test_while_finalists_are_trained_it_is_said_and_watched(
    galaxy: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.cli.commands.leaderboard._SECONDS_BETWEEN_LOOKS", 0.05)
    layout = write_search(str(tmp_path), "live", RECORDS[:1])
    place = ("--storage", tmp_path)
    with driver_heartbeat(layout.root, drivers=TRAINERS):
        shown = galaxy("leaderboard", "live", *place).stdout
        assert "finished  1 completed  its best are being trained" in shown
        assert "galaxy leaderboard live --watch" in shown
        assert "training" in galaxy("searches", *place).stdout
        (listed,) = json.loads(galaxy("searches", *place, "--json").stdout)["searches"]
        assert (listed["state"], listed["training"]) == ("finished", True)
        threading.Timer(0.5, lambda: write_finals(layout.root, finals())).start()
        ended = threading.Timer(1.0, lambda: [layout.root.child(TRAINERS).delete(one) for one in trainers(layout)])
        ended.start()
        result = galaxy("leaderboard", "live", *place, "--watch", "--json")
    found = json.loads(result.stdout)
    assert (found["training"], bool(found["finalists"])) == (False, True)


def test_a_fit_that_was_cut_is_followed_into_its_second_half_and_goes_on(
    galaxy: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.cli.commands.leaderboard._SECONDS_BETWEEN_LOOKS", 0.05)
    layout = write_search(str(tmp_path), "live", RECORDS[:1], time_limit=300)
    note_fit(layout, FitRecord(time_limit=600, search_seconds=300, epochs=2, max_slower=8))
    place = ("--storage", tmp_path)
    assert "Next: galaxy resume live" in galaxy("leaderboard", "live", *place).stdout
    seen: list[bool] = []
    read = search.read_search

    def between(storage: str, name: str, *, history: bool) -> search.SearchView:
        # Its search ends, for a moment nothing runs, its finalists are trained, and it is cut.
        runs = [DRIVERS, None, TRAINERS][len(seen) :]
        with contextlib.ExitStack() as held:
            if runs and runs[0] is not None:
                held.enter_context(driver_heartbeat(layout.root, drivers=runs[0]))
            view = replace(read(storage, name, history=history), is_training=bool(runs and runs[0]))
        seen.append(view.is_live)
        return view

    monkeypatch.setattr(search, "read_search", between)
    found = json.loads(galaxy("leaderboard", "live", *place, "--watch", "--json").stdout)
    assert seen == [True, False, True, False, False]
    assert found["state"] == "interrupted"


def trainers(layout: SearchLayout) -> list[str]:
    return layout.root.child(TRAINERS).names()


def test_watching_waits_for_a_storage_that_is_away(
    galaxy: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.cli.commands.leaderboard._SECONDS_BETWEEN_LOOKS", 0.05)
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)
    read, away = Path.read_bytes, [False]

    def refused(path: Path) -> bytes:
        if away[0]:
            away[0] = False
            Ledger(layout).write_state(SearchState.FINISHED)
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    with driver_heartbeat(layout.root):
        threading.Timer(0.5, lambda: away.__setitem__(0, True)).start()
        result = galaxy("leaderboard", "live", "--storage", tmp_path, "--watch", "--json")
    assert (result.exit_code, away) == (0, [False])
    assert json.loads(result.stdout)["state"] == "finished"
    # Who has just begun is told at once.
    away[0] = True
    assert galaxy("leaderboard", "live", "--storage", tmp_path, "--watch").exit_code == 1


def test_of_many_trials_the_best_are_drawn_and_equal_reasons_are_one_line(galaxy: Galaxy, tmp_path: Path) -> None:
    many = [record(1, scores=[number / 1000], trial_id=f"{number:04d}") for number in range(120)]
    lost = {"scores": [], "state": TrialState.FAILED, "score": None, "reason": "the worker was lost"}
    write_search(str(tmp_path), "many", many + [record(1, trial_id=f"9{n:03d}", **lost) for n in range(5)])
    shown = galaxy("leaderboard", "many", "--storage", tmp_path).stdout
    assert shown.count(" completed ") == 100
    assert "… and 25 trials more: --csv lists them all" in shown
    assert "trials 9000, 9001, 9002 and 2 more failed: the worker was lost" in shown
    assert len(galaxy("leaderboard", "many", "--storage", tmp_path, "--csv").stdout.splitlines()) == 1 + 125


@pytest.mark.parametrize("objective", ["time", "state", "epochs"])
def test_an_objective_called_like_a_column_has_its_own(objective: str) -> None:
    drawn = Console(width=100, file=io.StringIO())
    drawn.print(leaderboard._table(rows(), objective, {}, history=False))
    heading = drawn.file.getvalue().splitlines()[1]
    assert heading.split().count(objective) == 2
    assert "0.9375" in drawn.file.getvalue()


def test_the_finalist_that_was_chosen_is_the_best_and_it_is_said_what_it_was_worth(
    galaxy: Galaxy, tmp_path: Path
) -> None:
    layout = write_search(str(tmp_path), "first")
    write_finals(layout.root, finals())
    shown = galaxy("leaderboard", "first", "--storage", tmp_path).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert any(line.startswith("2 0001 ★ completed 0.8125 0.7800 ± 0.0283 2 3 ") for line in lines)
    assert any(line.startswith("– defaults completed – 0.7400 ± 0.0141 2 0 ") for line in lines)
    assert "Best: trial 0001, mean val_macro_f1 0.7800 ± 0.0283 over 2 beginnings" in lines
    assert f"B{SENTENCE[1:]}." in lines
    assert "4 completed" not in shown  # the defaults are no trial
    found = json.loads(galaxy("leaderboard", "first", "--storage", tmp_path, "--json").stdout)
    assert (found["best"], found["worth"]["sentence"]) == ("0001", SENTENCE)
    assert [one["trial_id"] for one in found["finalists"] if one["chosen"]] == ["0001"]
    assert [(row["trial_id"], row["rank"], row["beginnings"], row["chosen"]) for row in found["trials"]] == [
        ("0002", 1, 2, False),
        ("0001", 2, 2, True),
        ("0005", 3, 0, False),
        ("0003", 4, 0, False),
        ("0004", None, 0, False),
        ("defaults", None, 2, False),
    ]
    text = galaxy("leaderboard", "first", "--storage", tmp_path, "--csv").stdout
    table = {line["trial_id"]: line for line in csv.DictReader(text.splitlines())}
    assert (table["0001"]["mean"], table["0001"]["chosen"], table["0003"]["mean"]) == ("0.78", "True", "")
