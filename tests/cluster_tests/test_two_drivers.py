"""A driver that was cut off for so long that another one went on with its search, and storage that is away for long."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster import resume_search, run_search, train_winners
from cluster.jobs.settings import TrainSettings
from cluster.workers.trial import TrialSession
from datasets import Dataset, StorageError, open_folder
from search import (
    Conductor,
    Driven,
    FitRecord,
    LedgerError,
    PlaceLostError,
    Record,
    SearchSettings,
    SearchSpecification,
    SearchState,
    create_search,
    driver_heartbeat,
    note_fit,
    read_fit,
)
from search.layout import TRAINERS, SearchLayout
from search.ledger import heartbeat
from trainer import Objective

OTHER = {"token": "other", "host": "elsewhere", "pid": 1, "at": "2020-01-01T00:00:00+00:00"}


def settings(**changes: object) -> SearchSettings:
    known = {"name": "first", "trials": 2, "epochs": 2, "oracle": "random", "hypermodel": "my_models:tiny"}
    return SearchSettings.model_validate(known | {"scheduler": "none"} | changes)


def at_first_end(monkeypatch: pytest.MonkeyPatch, call: Callable[[], None]) -> None:
    """Call before the first trial's record is written."""
    real, called = Conductor.end, []

    def end(conductor: Conductor, record: Record) -> None:
        if not called:
            called.append(True)
            call()
        real(conductor, record)

    monkeypatch.setattr(Conductor, "end", end)


def test_the_one_that_was_cut_off_ends_in_a_line_and_writes_nothing_over_the_other_s(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = SearchLayout.of("runs", "first").root
    monkeypatch.setattr(heartbeat, "_LEASE_SECONDS", -1.0)  # no beat got through

    def go_on_elsewhere() -> None:
        root.child("drivers").write_whole("000002-other.json", json.dumps(OTHER).encode())
        root.write_whole("state.json", b'{"state": "running", "reason": "the other one\'s"}')

    at_first_end(monkeypatch, go_on_elsewhere)
    with pytest.raises(PlaceLostError, match=r"^another driver, process 1 on elsewhere since .*, went on with search"):
        run_search(tiny_dataset.info.path, settings(), address="in-process")
    assert json.loads(root.read("state.json"))["reason"] == "the other one's"
    assert root.child("records").names() == []
    assert root.child("drivers").names() == ["000002-other.json"]


def test_the_one_that_was_cut_off_writes_over_no_checkpoint_of_the_other_s(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = SearchLayout.of("runs", "first")
    monkeypatch.setattr(heartbeat, "_LEASE_SECONDS", -1.0)  # as after a sleep of the machine
    real = TrialSession._note_batch

    def note(session: TrialSession, done: int, total: int | None) -> None:
        if done == total:
            layout.root.child("drivers").write_whole("000002-other.json", json.dumps(OTHER).encode())
        real(session, done, total)

    monkeypatch.setattr(TrialSession, "_note_batch", note)
    with pytest.raises(PlaceLostError, match="went on with search"):
        run_search(tiny_dataset.info.path, settings(), address="in-process")
    assert layout.checkpoints("0000").names() == []


def test_a_record_of_an_earlier_driver_that_came_late_counts(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = SearchLayout.of("runs", "first").records

    def record_late() -> None:
        late = Record(trial_id="0000", state="completed", hyperparameters={"units": 3}, score=0.125, epochs=2)
        records.write_whole("0000.json", late.model_dump_json().encode())

    at_first_end(monkeypatch, record_late)
    view = run_search(tiny_dataset.info.path, settings(), address="in-process")
    assert view.state is SearchState.FINISHED
    assert {row.trial_id: row.score for row in view.rows}["0000"] == 0.125


def test_a_storage_that_is_away_for_too_long_leaves_the_search_interrupted(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_storage() -> None:
        raise StorageError("cannot write 'runs/first/records/0000.json': Transport endpoint is not connected")

    with monkeypatch.context() as patch:
        at_first_end(patch, break_storage)
        with pytest.raises(
            StorageError,
            match=r"Transport endpoint is not connected: what has ended stands, and `galaxy resume first --address in",
        ):
            run_search(tiny_dataset.info.path, settings(), address="in-process")
    state = json.loads(open_folder("runs/first").read("state.json"))
    assert state["state"] == "interrupted"
    assert resume_search("first", address="in-process").counts == {"completed": 2}


def test_a_search_that_was_too_late_for_its_name_leaves_the_fit_that_has_it_as_it_is(
    tiny_dataset: Dataset, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = FitRecord(time_limit=60.0, search_seconds=40.0, epochs=2, max_slower=8.0)

    class Prepared:
        """Takes so long that another command, a fit, takes the name."""

        def __init__(self, dataset: Dataset, settings: SearchSettings, hypermodel: object | None) -> None:
            self._settings = settings
            layout = SearchLayout.of("runs", settings.name)
            note_fit(layout, record)
            create_search(layout, SearchSpecification.of(settings, dataset, Objective.parse(settings.objective)))

        def first_points(self) -> SearchSettings:
            return self._settings

        def warm_start(self, storage: str) -> None:
            return None

        oracle = first_points

    monkeypatch.setattr("cluster.jobs.search.Preparation", Prepared)
    with pytest.raises(LedgerError, match="a search named 'first' exists already"):
        run_search(tiny_dataset.info.path, settings(), address="in-process")
    assert read_fit(SearchLayout.of("runs", "first")) == record


def test_of_two_that_train_the_winners_the_second_is_refused(tiny_dataset: Dataset, here: Path) -> None:
    run_search(tiny_dataset.info.path, settings(trials=1), address="in-process")
    root = SearchLayout.of("runs", "first").root
    driven = Driven("the full training of search 'first'", "wait", "look")
    with (
        driver_heartbeat(root, driven, drivers=TRAINERS),
        pytest.raises(LedgerError, match=r"^the full training of search 'first' has another driver, which is alive"),
    ):
        train_winners("first", TrainSettings(epochs=1), address="in-process")
    assert root.child("training").names() == []
    assert train_winners("first", TrainSettings(epochs=1), address="in-process").members
