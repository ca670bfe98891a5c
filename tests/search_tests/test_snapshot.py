"""The snapshot: never trusted over the ledger, cheap to keep, quick to read."""

import json
import math
from pathlib import Path

import pytest
from search_tests.examples import ended

from datasets import Folder, StorageError, open_folder
from search import (
    Ledger,
    Record,
    SearchLayout,
    SearchSpecification,
    SearchState,
    TrialState,
    create_search,
    now,
    read_search,
)
from search.ledger.records import Suggestion, pending
from search.ledger.snapshot import SnapshotWriter, read_snapshot

HISTORY = {"val_macro_f1": [0.25, 0.5]}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def read_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that the name of each file read from now on is added to."""
    names: list[str] = []
    real = Folder.read

    def read(folder: Folder, name: str) -> bytes:
        names.append(name)
        return real(folder, name)

    monkeypatch.setattr(Folder, "read", read)
    return names


def finished(ledger: Ledger, count: int = 30) -> None:
    for number in range(count):
        score = None if number % 7 == 6 else math.inf if number == 5 else number % 4 / 4
        ledger.write_record(ended(f"{number:04d}", score, history=HISTORY, metrics={"loss": math.nan}))
    ledger.write_state(SearchState.FINISHED)


def test_the_ranking_from_the_snapshot_is_the_ledgers(
    ledger: Ledger, specification: SearchSpecification, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_search(ledger.layout, specification)
    finished(ledger)
    ledger.write_suggestion(Suggestion(trial_id="0098", values={"x": 1}, seed=1, suggested=now()))
    ledger.write_progress(Record(trial_id="0099", state=TrialState.RUNNING, hyperparameters={}, score=0.3, epochs=1))
    read = read_names(monkeypatch)
    quick = read_search(str(tmp_path / "runs"), "first", history=False)
    assert [name for name in read if name.startswith("00")] == ["0099.json", "0098.json"]
    whole = read_search(str(tmp_path / "runs"), "first")
    assert json.dumps(quick.as_json()) == json.dumps(whole.as_json())
    assert {len(row.history) for row in quick.rows} == {0}
    assert whole.rows[0].history == HISTORY


def test_records_that_the_snapshot_lacks_are_read_from_the_ledger(ledger: Ledger, layout: SearchLayout) -> None:
    finished(ledger, 3)
    layout.records.write_whole("0003.json", ended("0003", 0.5).model_dump_json().encode())
    assert sorted(read_snapshot(layout.root)) == ["0000", "0001", "0002"]
    assert [record.trial_id for record in ledger.records(history=False)] == ["0000", "0001", "0002", "0003"]


def test_what_the_ledger_does_not_hold_is_not_believed(ledger: Ledger, layout: SearchLayout) -> None:
    finished(ledger, 3)
    layout.records.delete("0001.json")
    assert [record.trial_id for record in ledger.records(history=False)] == ["0000", "0002"]


@pytest.mark.parametrize(
    ("found", "replacement"),
    [
        (b"galaxy-tuner-snapshot/1", b"galaxy-tuner-snapshot/2"),
        (b'"score":0.25', b'"score":0.75'),
        (b"}]", b"}"),
        (b'{"format"', b"{"),
        (b'{"format"', b"\xff"),
    ],
)
def test_a_damaged_or_foreign_snapshot_is_passed_over(
    found: bytes, replacement: bytes, ledger: Ledger, layout: SearchLayout
) -> None:
    finished(ledger)
    before = ledger.records(history=False)
    data = layout.root.read("snapshot.json")
    assert found in data
    layout.root.write_whole("snapshot.json", data.replace(found, replacement))
    assert read_snapshot(layout.root) == {}
    assert repr(ledger.records(history=False)) == repr(before)


def test_keeping_it_costs_a_trial_the_same_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(Folder, "write_whole", lambda _folder, _name, data: written.append(len(data)))
    writer = SnapshotWriter(open_folder(tmp_path), lambda: (), Clock())
    for number in range(2000):
        writer.add(ended(f"{number:04d}", 0.5))
    assert sum(written) <= 12 * written[-1]
    assert max(written) == written[-1] > 0.9 * sum(len(ended(f"{n:04d}", 0.5).model_dump_json()) for n in range(1800))


def test_it_is_never_more_than_half_a_minute_behind(tmp_path: Path) -> None:
    clock = Clock()
    known = [ended(f"{number:04d}", 0.5) for number in range(100)]
    writer = SnapshotWriter(open_folder(tmp_path), lambda: known, clock)
    writer.write()
    writer.add(ended("0100", 0.5))
    assert len(read_snapshot(open_folder(tmp_path))) == 100
    clock.now = 30.0
    writer.add(ended("0101", 0.5))
    assert len(read_snapshot(open_folder(tmp_path))) == 102


def test_a_storage_that_refuses_it_does_not_end_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def refuse(_folder: Folder, name: str, _data: bytes) -> None:
        tried.append(name)
        raise StorageError("cannot write: quota exceeded")

    monkeypatch.setattr(Folder, "write_whole", refuse)
    writer = SnapshotWriter(open_folder(tmp_path), lambda: (), Clock())
    for number in range(25):
        writer.add(ended(f"{number:04d}", 0.5))
    writer.write()
    assert tried == ["snapshot.json"] * 2


def test_a_damaged_record_does_not_keep_the_state_from_being_said(ledger: Ledger, layout: SearchLayout) -> None:
    layout.records.write_whole("0000.json", b"{")
    ledger.write_state(SearchState.FAILED, "something else")
    assert ledger.state() is SearchState.FAILED


def test_one_trial_is_read_with_its_history_wherever_it_stands(ledger: Ledger) -> None:
    suggestion = Suggestion(trial_id="0000", values={"x": 1}, seed=1, suggested=now())
    ledger.write_suggestion(suggestion)
    assert ledger.record("0000") == pending(suggestion)
    running = Record(trial_id="0000", state=TrialState.RUNNING, hyperparameters={}, history=HISTORY)
    ledger.write_progress(running)
    assert ledger.record("0000") == running
    ledger.write_record(ended("0000", 0.5, history=HISTORY))
    assert ledger.record("0000") == ended("0000", 0.5, history=HISTORY)
