from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import RECORDS, SENTENCE, finals, record, write_search

from search import Ledger, SearchState, driver_heartbeat, write_finals


def opened(storage: str | Path) -> AppTest:
    def script(storage: str) -> None:
        from ui.pages import search
        from ui.pages.site import Site

        search.page(Site(storage))

    return AppTest.from_function(script, args=(str(storage),), default_timeout=30).run()


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_without_a_search_the_page_says_how_to_start_one(tmp_path: Path) -> None:
    page = opened(tmp_path / "none")
    assert not page.exception
    assert "There is no search in" in page.info[0].value
    assert page.code[0].value == f"galaxy fit DATASET --name first --storage {tmp_path / 'none'}"


def test_the_headline_says_state_progress_and_best(storage: str) -> None:
    page = opened(storage)
    assert not page.exception
    assert metrics(page) == {
        "State": "finished",
        "Trials ended": "4 of 6",
        "Best validation macro F1": "0.9375",
        "Best trial": "0002",
    }


def test_the_trials_are_ranked(storage: str) -> None:
    table = opened(storage).dataframe[0].value
    assert list(table["trial"]) == ["0002", "0001", "0005", "0003", "0004"]
    assert list(table["score"])[:4] == [0.9375, 0.8125, 0.625, 0.3125]
    assert "learning rate" in table.columns
    assert "optimizer" not in table.columns


def test_of_finalists_the_chosen_one_is_the_best(storage: str, tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "first")
    write_finals(layout.root, finals())
    page = opened(tmp_path)
    assert not page.exception
    assert {"Mean validation macro F1": "0.7800", "Best trial": "0001"}.items() <= metrics(page).items()
    assert page.caption[0].value.replace("\\", "") == SENTENCE
    assert list(page.dataframe[0].value["trial"]) == ["0002", "0001 ★", "0005", "0003", "0004", "defaults"]


def test_at_first_the_best_trial_is_shown_with_its_hyperparameters(storage: str) -> None:
    page = opened(storage)
    assert page.selectbox(key="trial-first").value == "0002"
    assert page.selectbox(key="metric-first").value == "macro_f1"
    table = page.dataframe[1].value
    assert dict(zip(table["hyperparameter"], table["value"], strict=True)) == {
        "blocks": "4",
        "learning rate": "0.002",
        "optimizer": "adamw",
    }


def test_another_trial_says_why_it_has_no_curves(storage: str) -> None:
    page = opened(storage)
    page.selectbox(key="trial-first").select("0004").run()
    assert not page.exception
    assert page.warning[0].value.replace("\\", "") == "ValueError: the image is too small for 6 blocks"
    assert [select.label for select in page.selectbox] == ["Search", "Trial, best first"]


def test_another_search_can_be_chosen(storage: str) -> None:
    write_search(storage, "second", [record(7, scores=[0.25])])
    page = opened(storage)
    page.selectbox(key="search").select("second").run()
    assert metrics(page)["Best trial"] == "0007"


def test_a_running_search_is_read_again(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        page = opened(tmp_path)
        assert metrics(page)["State"] == "running"
        page.selectbox(key="trial-live").select("0001").run()
        Ledger(layout).write_record(RECORDS[1])
        page.run()
    assert metrics(page)["Best trial"] == "0002"
    # What the reader looks at stays, whoever leads now.
    assert page.selectbox(key="trial-live").value == "0001"


def test_a_search_without_trials_yet(tmp_path: Path) -> None:
    write_search(str(tmp_path), "early", [])
    page = opened(tmp_path)
    assert not page.exception
    assert page.info[0].value == "No trial has started yet."


@pytest.mark.parametrize("content", ['{"format": "other"}', "no json"])
def test_a_search_of_another_version_is_one_line(storage: str, content: str) -> None:
    (Path(storage) / "first" / "specification.json").write_text(content)
    page = opened(storage)
    assert not page.exception
    assert "specification" in page.error[0].value
