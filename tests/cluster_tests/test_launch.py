"""Searches from start to end, in this process and on a Ray of their own."""

import json
import os
import socket
import threading
from pathlib import Path

import pytest

from cluster import ClusterError, run_search
from cluster.driving import connection
from datasets import Dataset, FormatError, StorageError, open_folder
from search import (
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    SettingsError,
    SpaceError,
    TrialState,
)
from trainer import ObjectiveError


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 3, "epochs": 2, "concurrency": 2, "hypermodel": "my_models:tiny"}
    return SearchSettings.model_validate(known | {"scheduler": "none"} | changes)


def built(here: Path) -> list[tuple[str, str]]:
    """Return (process, units) of every model built."""
    return [(process, units) for process, units in map(str.split, (here / "built.txt").read_text().splitlines())]


def test_in_process(tiny_dataset: Dataset, here: Path) -> None:
    seen: list[SearchView] = []
    view = run_search(tiny_dataset.info.path, settings(), address="in-process", watch=seen.append)
    assert view.state is SearchState.FINISHED
    assert [row.state for row in view.rows] == [TrialState.COMPLETED] * 3
    assert [row.epochs for row in view.rows] == [2, 2, 2]
    assert view.rows[0].score == max(view.rows[0].history["val_macro_f1_steady"])
    assert len({row.hyperparameters["units"] for row in view.rows}) == 3
    assert {row.worker for row in view.rows} == {f"{socket.gethostname()} {os.getpid()}"}
    assert seen[-1].counts == {"completed": 3}
    assert (here / "runs" / "first" / "checkpoints" / view.rows[0].trial_id / "best.npz").exists()
    assert {int(process) for process, _ in built(here)} == {os.getpid()}


def test_a_watch_that_fails_lets_the_search_hear_of_its_end(
    tiny_dataset: Dataset, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[SearchView] = []

    def failing(view: SearchView) -> None:
        told.append(view)
        threading.Timer(0.5, Ledger(SearchLayout.of("runs", "first")).request_stop).start()
        raise ValueError("its page is gone")

    many = settings(trials=300, epochs=1)
    view = run_search(tiny_dataset.info.path, many, address="in-process", watch=failing)
    assert view.state is SearchState.STOPPED
    assert len(told) == 1
    assert "What watches search 'first' failed" in caplog.text


def test_a_score_that_is_no_number_is_infeasible(tiny_dataset: Dataset, here: Path) -> None:
    points = tuple({"score": score} for score in ("0.5", "inf", "nan", "0.25"))
    odd = settings(trials=4, epochs=1, hypermodel="my_models:scoring", objective="val_mine:max", points=points)
    view = run_search(tiny_dataset.info.path, odd, address="in-process")
    ended = {row.hyperparameters["score"]: (row.state.value, row.score, row.reason) for row in view.rows}
    assert ended == {
        "0.5": ("completed", 0.5, None),
        "0.25": ("completed", 0.25, None),
        "inf": ("infeasible", None, "val_mine is infinite"),
        "nan": ("infeasible", None, "val_mine was never a number"),
    }
    assert [row.hyperparameters["score"] for row in view.rows][:2] == ["0.5", "0.25"]


@pytest.mark.slow
def test_on_ray_with_every_way_to_end(tiny_dataset: Dataset, here: Path) -> None:
    view = run_search(
        tiny_dataset.info.path,
        settings(trials=9, hypermodel="my_models:failing", oracle="my_models:EachFate", max_failures=1),
    )
    assert view.state is SearchState.FINISHED
    ended = {row.trial_id: (row.hyperparameters["fate"], row.state.value, row.rank is None) for row in view.rows}
    assert ended == {
        "0000": ("fine", "completed", False),
        "0001": ("unbuildable", "infeasible", True),
        "0002": ("diverging", "infeasible", True),
        "0003": ("lost", "completed", False),
        "0004": ("lost always", "failed", True),
        "0005": ("too large", "infeasible", True),
        "0006": ("fine", "completed", False),
    }
    reasons = {row.trial_id: row.reason for row in view.rows}
    assert str(reasons["0001"]).startswith("ValueError: Negative dimension size and a second line (my_models.py:")
    assert "diverged" in str(reasons["0002"])
    assert "its worker process has died" in str(reasons["0004"])
    assert str(reasons["0005"]).startswith("out of memory: MemoryError: no 12 GiB left (my_models.py:")
    assert reasons["0000"] is None
    # It went on from its checkpoint.
    assert len(list(here.glob("died *"))) == 1
    assert len(list(here.glob("from scratch *"))) == 1
    met = next(row for row in view.rows if row.trial_id == "0003")
    assert met.hyperparameters["only_here"] == 7
    assert "only_here" in (here / "runs" / "first" / "space.json").read_text()
    processes = {process for process, _ in built(here)} - {str(os.getpid())}
    # One worker a place, and a new one for each that was lost (once, twice): none for a new trial.
    assert len(processes) <= 2 + 3


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"objective": "val_macro_f2"}, ObjectiveError, "direction of the objective 'val_macro_f2' is not known"),
        ({"objective": "val_macro_f2:max"}, ObjectiveError, "no metric is named 'val_macro_f2'"),
        ({"oracle": "rnadom"}, SettingsError, "--oracle rnadom: expected one of"),
        ({"hypermodel": "my_models:absent"}, SpaceError, "cannot be imported"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    changes: dict[str, object], error: type[Exception], message: str, tiny_dataset: Dataset, here: Path
) -> None:
    with pytest.raises(error, match=message):
        run_search(tiny_dataset.info.path, settings(**changes), address="in-process")
    assert open_folder(here / "runs").names() == []


def test_a_taken_name_is_refused_and_its_search_stays(tiny_dataset: Dataset, here: Path) -> None:
    first = here / "runs" / "first"
    first.mkdir(parents=True)
    (first / "specification.json").write_text("{}")
    with pytest.raises(LedgerError, match=r"a search named 'first' exists already"):
        run_search(tiny_dataset.info.path, settings(), address="in-process")
    assert [path.name for path in first.iterdir()] == ["specification.json"]


def test_a_storage_that_cannot_be_written_is_refused(tiny_dataset: Dataset, here: Path) -> None:
    (here / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write in .*file/runs"):
        run_search(tiny_dataset.info.path, settings(), storage="file/runs", address="in-process")


def test_a_dataset_that_is_none_is_refused(here: Path) -> None:
    with pytest.raises(FormatError, match="absent"):
        run_search(str(here / "absent"), settings(), address="in-process")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_an_address_where_no_ray_is_says_so_and_starts_no_search(
    address: str, tiny_dataset: Dataset, here: Path
) -> None:
    with pytest.raises(ClusterError, match=rf"^--address {address}: .*Ray") as caught:
        run_search(tiny_dataset.info.path, settings(), address=address)
    assert "\n" not in str(caught.value)
    assert open_folder(here / "runs").names() == []


def test_where_ray_finds_none_it_is_one_line(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_found(**_given: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nPlease specify the one to connect to.")

    # Not the real one: it would join any Ray that happens to run on this machine, and end with it.
    monkeypatch.setattr(connection, "check_guarded", lambda _address: None)
    monkeypatch.setattr("ray.init", none_found)
    message = r"^--address auto: no Ray could be reached there: Could not find any running Ray instance\.$"
    with pytest.raises(ClusterError, match=message):
        run_search(tiny_dataset.info.path, settings(), address="auto")
    assert open_folder(here / "runs").names() == []


def test_a_ray_that_is_too_slow_to_start_is_one_line(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(**_given: object) -> None:
        raise Exception("The current node timed out during startup. This could happen …")

    monkeypatch.setattr("ray.init", too_slow)
    with pytest.raises(ClusterError, match=r"^Ray did not start on this machine within .*--address in-process$"):
        run_search(tiny_dataset.info.path, settings(), address="local")
    assert open_folder(here / "runs").names() == []


def test_an_interrupted_search_says_so_and_keeps_what_it_has(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cluster.driving import in_process

    real = in_process._train
    monkeypatch.setattr(in_process, "_train", lambda suggestion, *rest: _interrupt_third(real, suggestion, *rest))
    with pytest.raises(KeyboardInterrupt):
        run_search(tiny_dataset.info.path, settings(), address="in-process")
    state = json.loads((here / "runs" / "first" / "state.json").read_text())
    assert state["state"] == "stopped"
    assert len(list((here / "runs" / "first" / "records").iterdir())) == 2


def _interrupt_third(real: object, suggestion: object, *rest: object) -> object:
    if suggestion.trial_id == "0002":  # type: ignore[attr-defined]
        raise KeyboardInterrupt
    return real(suggestion, *rest)  # type: ignore[operator]
