"""Home: all searches at a glance, whatever one of them is."""

from functools import partial
from pathlib import Path

import pytest
from ui_tests.fabricated import RECORDS, finals, write_search
from ui_tests.views import open_view

from search import Ledger, SearchState, driver_heartbeat, write_finals

opened = partial(open_view, "searches")


def test_without_a_search_it_says_how_to_start_one(tmp_path: Path) -> None:
    page = opened(tmp_path / "none")
    assert not page.exception
    assert page.code[0].value == f"galaxy fit DATASET --name first --storage {tmp_path / 'none'}"


def test_each_search_is_a_row_with_its_best_value(storage: str) -> None:
    write_finals(write_search(storage, "second").root, finals())
    table = opened(storage).dataframe[0].value
    assert list(table["search"]) == ["first", "second"]
    assert list(table["best"]) == [0.9375, 0.78]
    assert list(table["best trial"]) == ["0002", "0001"]
    assert list(table["trials"]) == [4, 4]
    assert list(table["dataset"]) == ["galaxies", "galaxies"]
    assert list(table["rate"]) == [pytest.approx(4 / 8), pytest.approx(4 / 8)]


@pytest.mark.parametrize("content", ['{"format": "other"}', "no json", ""])
@pytest.mark.parametrize("name", ["specification.json", "state.json", "finals.json", "records/0001.json"])
def test_a_damaged_one_is_a_row_with_its_reason(storage: str, name: str, content: str) -> None:
    write_search(storage, "second")
    (Path(storage) / "second" / name).write_text(content)
    (Path(storage) / "second" / "snapshot.json").unlink(missing_ok=True)
    page = opened(storage)
    assert not page.exception
    table = page.dataframe[0].value.set_index("search")
    assert table["best"]["first"] == 0.9375
    assert list(table["state"]["second"]) == ["damaged"]
    assert name.split("/")[-1] in table["reason"]["second"]


def test_a_new_one_and_a_new_state_appear(storage: str) -> None:
    page = opened(storage)
    layout = write_search(storage, "second", RECORDS[:1], state=SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        page.run()
        table = page.dataframe[0].value.set_index("search")
        assert list(table["state"]["second"]) == ["running"]
    Ledger(layout).write_state(SearchState.FAILED, "no disk")
    page.run()
    table = page.dataframe[0].value.set_index("search")
    assert (list(table["state"]["second"]), table["reason"]["second"]) == (["failed"], "no disk")


def test_why_a_search_failed_is_said_however_many_trials_had_ended(tmp_path: Path) -> None:
    for state in (SearchState.FAILED, SearchState.FINISHED):
        layout = write_search(str(tmp_path), str(state), RECORDS[:2], trials=2)
        Ledger(layout).write_state(state, "all alike")
    reasons = opened(tmp_path).dataframe[0].value.set_index("search")["reason"]
    assert list(reasons.dropna().items()) == [("failed", "all alike")]


def test_a_search_that_takes_the_name_of_another_is_itself(storage: str) -> None:
    import shutil

    page = opened(storage)
    shutil.rmtree(Path(storage) / "first")
    write_search(storage, "first", RECORDS[:1])
    page.run()
    assert list(page.dataframe[0].value["best"]) == [0.8125]


def test_searches_are_found(storage: str) -> None:
    write_search(storage, "second")
    page = opened(storage)
    page.text_input(key="find").input("SECOND galax").run()
    assert list(page.dataframe[0].value["search"]) == ["second"]
