"""One damaged search among others: it is listed with its reason, and hides nothing."""

import json
from pathlib import Path

import pytest
from search_tests.examples import ended, specification

from search import (
    DRIVERS,
    TRAINERS,
    Ledger,
    LedgerError,
    SearchLayout,
    SearchSettings,
    SearchState,
    Suggestion,
    Survey,
    create_search,
    list_searches,
    now,
    read_search,
    survey_searches,
)

DAMAGES = (b"", b"\x00\xff\xfe", b"[]", b"null", b"{}", b'{"format": 7}', b"[" * 100_000, b'{"state": "gone"}')
LISTED = (
    *("specification.json", "budget.json", "dataset.json", "time.json", "state.json", "fit.json", "finals.json"),
    *(f"{DRIVERS}/000001-ab.json", f"{TRAINERS}/000001-ab.json", "snapshot.json"),
    *("suggestions/0001.json", "records/0000.json", "records/0003.json", "progress/0002.json", "retries/0000.2.json"),
)
"""All that listing reads."""


def write_search(storage: Path, name: str) -> SearchLayout:
    layout = SearchLayout.of(str(storage), name)
    create_search(layout, specification(SearchSettings(name=name, trials=4, time_limit=60)))
    ledger = Ledger(layout)
    ledger.write_suggestion(Suggestion(trial_id="0001", values={"blocks": 3}, seed=5, suggested=now()))
    ledger.write_record(ended("0000", 0.5))
    ledger.write_state(SearchState.FINISHED)
    return layout


@pytest.mark.parametrize("file", LISTED)
def test_whatever_is_damaged_the_others_are_listed(tmp_path: Path, file: str) -> None:
    write_search(tmp_path, "good")
    layout = write_search(tmp_path, "bad")
    place = Path(layout.root.uri, file)
    place.parent.mkdir(exist_ok=True)
    for damage in DAMAGES:
        place.unlink(missing_ok=True)
        place.write_bytes(damage)
        survey = survey_searches(str(tmp_path))
        names = [view.name for view in survey.views]
        assert "good" in names
        assert sorted([*names, *(one.name for one in survey.damaged)]) == ["bad", "good"]
        for one in survey.damaged:
            assert len(one.reason.splitlines()) == 1
            with pytest.raises(LedgerError) as error:
                read_search(str(tmp_path), "bad", history=False)
            assert str(error.value) == one.reason
    place.unlink()
    place.mkdir()  # nor anything else that cannot be read as a file
    assert "good" in [view.name for view in survey_searches(str(tmp_path)).views]


def test_a_damaged_one_says_which_file_and_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_search(tmp_path, "good")
    layout = write_search(tmp_path, "bad")
    layout.root.write_whole("specification.json", b'{"format": "galaxy-tuner-search/1", "settings": {"name": "x"')
    (damaged,) = survey_searches(str(tmp_path)).damaged
    assert damaged.reason.startswith(f"{tmp_path}/bad/specification.json: expected a specification of format ")
    assert damaged.reason.endswith(f"put it back, or `galaxy delete bad --storage {tmp_path}`")
    assert damaged.as_json() == {"name": "bad", "reason": damaged.reason}
    assert [view.name for view in list_searches(str(tmp_path))] == ["good"]
    assert f"Search 'bad' is left out: {damaged.reason}" in caplog.text


def test_a_folder_that_was_moved_is_a_search_of_its_new_name(tmp_path: Path) -> None:
    write_search(tmp_path, "old")
    (tmp_path / "old").rename(tmp_path / "new")
    (view,) = survey_searches(str(tmp_path)).views
    assert (view.name, json.loads((tmp_path / "new" / "specification.json").read_text())["settings"]["name"]) == (
        "new",
        "old",
    )


def test_there_may_be_none(tmp_path: Path) -> None:
    assert survey_searches(str(tmp_path / "absent")) == Survey()
    (tmp_path / "notes.txt").write_text("no search")
    (tmp_path / "a folder").mkdir()
    assert survey_searches(str(tmp_path)) == Survey()
