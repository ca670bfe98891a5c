import json
import math
import os
import socket
from pathlib import Path

import pytest
from search_tests.examples import ended

from datasets import StorageError
from search import (
    Ledger,
    LedgerError,
    Retry,
    SearchLayout,
    SearchState,
    SettingsError,
    Suggestion,
    TrialState,
    create_search,
    driver_heartbeat,
    list_searches,
    now,
    read_search,
    read_specification,
)
from search.ledger.heartbeat import driver_is_alive
from search.ledger.records import Record, pending
from search.ledger.specification import SearchSpecification


@pytest.fixture(params=["local", "s3"])
def layout(request: pytest.FixtureRequest, tmp_path: Path) -> SearchLayout:
    """A search's place, on the local disk and on S3."""
    storage = str(tmp_path / "runs") if request.param == "local" else request.getfixturevalue("s3")
    return SearchLayout.of(storage, "first")


def storage_of(layout: SearchLayout) -> str:
    """Return what the user gives as ``--storage`` for a search called first."""
    return layout.root.uri.replace("/first", "")


def suggestion(trial_id: str = "0000") -> Suggestion:
    values = {"blocks": 3, "tuner/epochs": 9, "tuner/trial_id": "0007"}
    return Suggestion(trial_id=trial_id, values=values, seed=5, suggested=now())


def test_a_trial_is_pending_then_running_then_recorded(ledger: Ledger) -> None:
    ledger.write_suggestion(suggestion())
    assert ledger.records() == [pending(suggestion())]
    running = Record(trial_id="0000", state=TrialState.RUNNING, hyperparameters={}, epochs=1)
    ledger.write_progress(running)
    assert ledger.records() == [running]
    ledger.write_record(ended("0000", 0.5))
    assert ledger.records() == [ended("0000", 0.5)]


def test_bookkeeping_of_the_oracle_is_no_hyperparameter_but_names_the_parent() -> None:
    assert suggestion().hyperparameters == {"blocks": 3}
    assert pending(suggestion()).parent == "0007"


def test_a_metric_that_is_no_number_reads_back(ledger: Ledger) -> None:
    ledger.write_record(ended("0000", None, metrics={"loss": math.inf}, history={"loss": [math.nan, -math.inf]}))
    (record,) = ledger.records()
    assert record.metrics["loss"] == math.inf
    assert math.isnan(record.history["loss"][0])
    assert record.history["loss"][1] == -math.inf


def test_a_record_is_written_once(ledger: Ledger) -> None:
    ledger.write_record(ended("0000", 0.5))
    with pytest.raises(LedgerError, match="trial 0000 is recorded already"):
        ledger.write_record(ended("0000", 0.9))
    assert ledger.records() == [ended("0000", 0.5)]


def test_a_trial_that_is_tried_again_has_not_ended_until_its_new_record(ledger: Ledger) -> None:
    ledger.write_suggestion(suggestion())
    ledger.write_record(ended("0000", None))
    ledger.layout.checkpoints("0000").write_whole("last.npz", b"weights")
    ledger.write_retry(Retry(trial_id="0000", attempt=2, asked=now()))
    assert ledger.records() == [ledger.record("0000")] == [pending(suggestion(), attempts=2)]
    assert not ledger.layout.checkpoints("0000").exists()
    again = ended("0000", 0.5, attempts=2)
    ledger.write_record(again)
    assert ledger.records() == [ledger.record("0000")] == [again]
    assert ledger.layout.records.names() == ["0000.2.json", "0000.json"]
    with pytest.raises(LedgerError, match="trial 0000 is recorded already"):
        ledger.write_record(again)


def test_a_running_trial_is_not_recorded(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="trial 0000 is running: only an ended trial is recorded"):
        ledger.write_record(Record(trial_id="0000", state=TrialState.RUNNING, hyperparameters={}))


def test_a_changed_record_is_refused_with_its_path(ledger: Ledger) -> None:
    ledger.layout.records.write_whole("0000.json", b'{"trial_id": "0000"')
    with pytest.raises(
        LedgerError, match=r"records/0000\.json(\?\S*)?: expected a record, found .* the file was changed"
    ):
        ledger.records()


def test_a_name_is_taken_once_and_the_first_search_stays(
    layout: SearchLayout, specification: SearchSpecification
) -> None:
    create_search(layout, specification)
    other = specification.model_copy(update={"fingerprint": "0" * 64})
    with pytest.raises(LedgerError, match=r"a search named 'first' exists already at .*: choose another --name"):
        create_search(layout, other)
    assert read_specification(layout) == specification


def test_a_specification_of_another_version_is_refused(
    layout: SearchLayout, specification: SearchSpecification
) -> None:
    layout.root.write_whole("specification.json", json.dumps({"format": "galaxy-tuner-search/2"}).encode())
    with pytest.raises(LedgerError, match=r"expected a specification of format galaxy-tuner-search/1, found"):
        read_specification(layout)
    changed = specification.model_dump(mode="json") | {"format": "galaxy-tuner-search/2"}
    layout.root.write_whole("specification.json", json.dumps(changed).encode())
    with pytest.raises(LedgerError, match=r"expected a specification of format galaxy-tuner-search/1, found"):
        read_specification(layout)


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "a" * 101, "a b"])
def test_a_name_that_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a search name is 1-100 letters"):
        SearchLayout.of(str(tmp_path), name)


def test_no_search_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"no search at .*nothing"):
        read_search(str(tmp_path), "nothing")
    assert list_searches(str(tmp_path / "absent")) == ()


def test_a_search_without_a_live_driver_is_interrupted(
    layout: SearchLayout, specification: SearchSpecification
) -> None:
    create_search(layout, specification)
    storage = storage_of(layout)
    with driver_heartbeat(layout.root):
        Ledger(layout).write_state(SearchState.RUNNING)
        assert read_search(storage, "first").state is SearchState.RUNNING
    assert read_search(storage, "first").state is SearchState.INTERRUPTED
    Ledger(layout).write_state(SearchState.FINISHED)
    assert [search.state for search in list_searches(storage)] == [SearchState.FINISHED]


def test_a_dead_driver_on_this_machine_is_known_at_once(layout: SearchLayout) -> None:
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)
    beat = {"host": socket.gethostname(), "pid": process, "at": now()}
    drivers = layout.root.child("drivers")
    drivers.write_whole("000001.json", json.dumps(beat).encode())
    assert not driver_is_alive(layout.root)
    drivers.write_whole("000002.json", json.dumps(beat | {"host": "elsewhere"}).encode())
    assert driver_is_alive(layout.root)
    drivers.write_whole(
        "000003.json", json.dumps(beat | {"host": "elsewhere", "at": "2020-01-01T00:00:00+00:00"}).encode()
    )
    assert not driver_is_alive(layout.root)


def test_a_storage_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        Ledger(SearchLayout.of(str(tmp_path / "file"), "first")).write_suggestion(suggestion())
