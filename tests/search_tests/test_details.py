"""All of one trial: its attempts, its traceback, and a note that leaves the record as it is."""

from pathlib import Path

import pytest
from search_tests.examples import ended, specification

from datasets import open_folder
from search import (
    LONGEST_NOTE,
    Ledger,
    LedgerError,
    Retry,
    SearchLayout,
    SearchSettings,
    SettingsError,
    TrialState,
    create_search,
    now,
    read_details,
    write_note,
)

REASON = "ValueError: too small"


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    layout = SearchLayout(open_folder(tmp_path / "runs").child("first"))
    create_search(layout, specification(SearchSettings(name="first", trials=2)))
    Ledger(layout).write_record(ended("0001", None, reason=REASON))
    layout.write_traceback("0001", "Traceback …\nValueError: too small")
    return layout


def test_a_traceback_belongs_to_an_infeasible_attempt(layout: SearchLayout, tmp_path: Path) -> None:
    first = read_details(str(tmp_path / "runs"), "first", "0001")
    assert (first.traceback, first.earlier) == ("Traceback …\nValueError: too small", ())
    ledger = Ledger(layout)
    ledger.write_retry(Retry(trial_id="0001", attempt=2, asked=now()))
    # Nor is it shown of an attempt that fails of something else.
    assert layout.traceback("0001") is None
    ledger.write_record(ended("0001", 0.5, attempts=2))
    again = read_details(str(tmp_path / "runs"), "first", "0001")
    assert (again.record.state, again.traceback) == (TrialState.COMPLETED, None)
    assert [(one.attempts, one.reason) for one in again.earlier] == [(1, REASON)]


def test_a_note_is_a_file_of_its_own(layout: SearchLayout, tmp_path: Path) -> None:
    storage, records = str(tmp_path / "runs"), Path(tmp_path / "runs/first/records/0001.json")
    before = records.read_bytes()
    write_note(storage, "first", "0001", " ün <b>\nzwei ")
    assert read_details(storage, "first", "0001").note == "ün <b>\nzwei"
    assert Path(tmp_path / "runs/first/notes/0001.txt").read_text("utf-8") == "ün <b>\nzwei"
    write_note(storage, "first", "0001", "")
    assert read_details(storage, "first", "0001").note == ""
    assert list(Path(tmp_path / "runs/first/notes").iterdir()) == []
    assert records.read_bytes() == before


def test_a_note_has_a_trial_and_an_end(layout: SearchLayout, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no trial 0009"):
        write_note(str(tmp_path / "runs"), "first", "0009", "x")
    with pytest.raises(SettingsError, match="at most 4,000 characters, but got 4,001"):
        write_note(str(tmp_path / "runs"), "first", "0001", "x" * (LONGEST_NOTE + 1))
