import json
import math
from pathlib import Path
from threading import Barrier

import pytest
from search_tests.examples import ended
from shared_disk import share

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
from search.conducting.completeness import check_complete
from search.ledger.beats import last_beat
from search.ledger.reading import side_by_side
from search.ledger.records import Record, pending
from search.ledger.specification import SearchSpecification


@pytest.fixture(params=["local", "shared", "s3", "gcs"])
def layout(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchLayout:
    """A search's place, on each kind of storage."""
    if request.param == "shared":
        share(monkeypatch, tmp_path)
    is_folder = request.param in ("local", "shared")
    storage = str(tmp_path / "runs") if is_folder else request.getfixturevalue(request.param)
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


def test_a_record_is_written_once_and_the_first_counts(ledger: Ledger) -> None:
    assert ledger.write_record(ended("0000", 0.5)) == ended("0000", 0.5)
    assert ledger.write_record(ended("0000", 0.9)) == ended("0000", 0.5)
    assert ledger.records() == [ended("0000", 0.5)]


def test_a_suggestion_is_written_once_and_may_be_written_again(ledger: Ledger) -> None:
    first = suggestion()
    ledger.write_suggestion(first)
    ledger.write_suggestion(first)
    with pytest.raises(LedgerError, match="trial 0000 is suggested already at"):
        ledger.write_suggestion(first.model_copy(update={"seed": 6}))
    assert ledger.suggestions() == [first]


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
    assert ledger.write_record(again.but(score=0.9)) == again


@pytest.mark.parametrize("name", [".DS_Store", "._0000.json", ".0000.json.swp", "0000.json~", "@eaDir/0000.json@Syno"])
def test_what_desktops_and_editors_put_beside_a_ledgers_files_is_passed_over(ledger: Ledger, name: str) -> None:
    layout, first = ledger.layout, suggestion()
    ledger.write_suggestion(first)
    ledger.write_record(ended("0000", None))
    ledger.write_retry(Retry(trial_id="0000", attempt=2, asked=now()))
    again = ended("0000", 0.5, attempts=2)
    ledger.write_record(again)
    for folder in (layout.suggestions, layout.retries, layout.progress, layout.records):
        folder.write_whole(name, b"\0 of another kind")
    layout.root.child("drivers").write_whole(name.replace("0000", "000009-ab"), b"\0")
    check_complete(ledger)
    assert ledger.suggestions() == [first]
    assert ledger.attempts() == {"0000": 2}
    assert ledger.records() == ledger.records(history=False) == [again]
    assert last_beat(layout.root.child("drivers")) is None


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


def test_a_storage_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        Ledger(SearchLayout.of(str(tmp_path / "file"), "first")).write_suggestion(suggestion())


def test_several_searches_are_looked_at_at_the_same_time() -> None:
    both = Barrier(2, timeout=30)
    assert [{*side_by_side(lambda _one: both.wait(), items)} for items in ((), range(2), range(4))] == [
        set(),
        {0, 1},
        {0, 1},
    ]
