from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import RECORDS, SENTENCE, finals, record, write_search
from ui_tests.views import open_view

from search import FitRecord, Follower, Ledger, SearchState, driver_heartbeat, note_fit, write_finals
from ui.figures import curves
from ui.ranking import share_done

opened = partial(open_view, "search")
FIT = FitRecord(time_limit=600, search_seconds=300, epochs=2, max_slower=8)


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


def test_the_trials_are_ranked_and_typed(storage: str) -> None:
    table = opened(storage).dataframe[0].value
    assert list(table["trial"]) == ["0002", "0001", "0005", "0003", "0004"]
    assert list(table["score"])[:4] == [0.9375, 0.8125, 0.625, 0.3125]
    assert [str(time) for time in table["time"]][:2] == ["0 days 00:00:20", "0 days 00:00:10"]
    assert table["learning rate"].dtype == float
    assert "optimizer" not in table.columns


def test_of_finalists_the_chosen_one_is_the_best(storage: str, tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "first")
    write_finals(layout.root, finals())
    page = opened(tmp_path)
    assert not page.exception
    assert {"Mean validation macro F1": "0.7800", "Best trial": "0001"}.items() <= metrics(page).items()
    assert SENTENCE[1:] in page.markdown[0].value.replace("\\", "")
    assert list(page.dataframe[0].value["trial"]) == ["0002", "0001 ★", "0005", "0003", "0004"]


@pytest.mark.parametrize(
    ("found", "trials"),
    [("blocks>=4 score>0.5", ["0002", "0005"]), ("too small", ["0004"]), ("adamw state=running", ["0005"])],
)
def test_trials_are_found_by_words_and_comparisons(storage: str, found: str, trials: list[str]) -> None:
    page = opened(storage)
    page.text_input(key="find").input(found).run()
    assert not page.exception
    assert list(page.dataframe[0].value["trial"]) == trials


@pytest.mark.parametrize(("found", "said"), [("depth>3", "none called depth"), ("blocks>many", "expected a number")])
def test_what_cannot_be_compared_is_said(storage: str, found: str, said: str) -> None:
    page = opened(storage)
    page.text_input(key="find").input(found).run()
    assert said in page.error[0].value.replace("\\", "")


@pytest.mark.parametrize("view", ["search", "searches"])
def test_what_an_address_looks_for_has_an_end(view: str, storage: str) -> None:
    page = open_view(view, storage, find="x" * 5_000)
    assert page.text_input(key="find").value == "x" * 300


def test_an_open_page_shows_what_differs_by_now(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        page = opened(tmp_path)
        assert "blocks" not in page.dataframe[0].value
        Ledger(layout).write_record(RECORDS[1])
        page.run()
        assert list(page.dataframe[0].value["blocks"]) == [4, 3]
        chosen = page.multiselect[1].unselect("blocks")
        assert "blocks" not in chosen.run().dataframe[0].value
        # Who has chosen keeps that while no other differs.
        Ledger(layout).write_record(record(3, scores=[0.25]))
        page.run()
        assert "blocks" not in page.dataframe[0].value
        assert len(page.dataframe[0].value) == 3


def test_trials_are_sorted_by_any_column(storage: str) -> None:
    page = opened(storage)
    page.selectbox(key="sort of first").select("learning_rate").run()
    assert list(page.dataframe[0].value["trial"]) == ["0001", "0002", "0003", "0004", "0005"]
    page.toggle(key="reverse").set_value(True).run()
    assert list(page.dataframe[0].value["trial"])[-1] == "0001"


def test_another_search_can_be_chosen_and_is_in_the_address(storage: str) -> None:
    write_search(storage, "second", [record(7, scores=[0.25])])
    write_search(storage, "third", [record(8, scores=[0.25])])
    page = opened(storage, search="first")
    for name, best in (("second", "0007"), ("third", "0008"), ("first", "0002")):  # again and again
        page.selectbox[0].select(name).run()
        assert (metrics(page)["Best trial"], page.query_params["search"]) == (best, name)


def test_the_address_names_a_search(storage: str) -> None:
    write_search(storage, "second", [record(7, scores=[0.25])])
    page = opened(storage, search="first")
    assert metrics(page)["Best trial"] == "0002"
    assert "There is no search none" in opened(storage, search="none").warning[0].value


def test_a_running_search_is_read_again(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        page = opened(tmp_path)
        assert (metrics(page)["State"], [code.value for code in page.code]) == ("running", [])
        Ledger(layout).write_record(RECORDS[1])
        page.run()
        assert metrics(page)["Best trial"] == "0002"
    # What was killed says so, and how it goes on; when it goes on the page follows.
    page.run()
    assert metrics(page)["State"] == "interrupted"
    assert page.code[0].value == f"galaxy resume live --storage {tmp_path}"
    with driver_heartbeat(layout.root):
        page.run()
        assert metrics(page)["State"] == "running"


def test_a_fit_that_was_cut_while_its_finalists_trained_goes_on(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "best", RECORDS[:3], trials=3, time_limit=300)
    note_fit(layout, FIT)
    layout.root.write_whole("time.json", b'{"spent": 450}')
    page = open_view("search", tmp_path, control=True)
    assert metrics(page)["State"] == "interrupted"
    assert "the training of its finalists has not come to its end" in page.warning[0].value
    assert page.code[0].value == f"galaxy resume best --storage {tmp_path}"
    assert "Resume" in [button.label for button in page.button]
    found = Follower(str(tmp_path), "best").look()
    assert share_done(found) == 0.75
    assert share_done(replace(found, is_done=True)) == 1.0


def test_of_an_object_in_python_it_goes_on_from_there(tmp_path: Path) -> None:
    write_search(str(tmp_path), "cells", state=SearchState.STOPPED, hypermodel="<build>")
    write_search(str(tmp_path), "done", hypermodel="<build>")
    page = opened(tmp_path, search="cells")
    assert page.warning[0].value == "It was stopped. Nothing that had ended is lost; it goes on with:"
    assert page.code[0].value == f"resume_search('cells', storage='{tmp_path}', hypermodel=…)"
    note_fit(write_search(str(tmp_path), "fit", time_limit=300, hypermodel="<build>"), FIT)
    expected = f"resume_fit('fit', where=Where(storage='{tmp_path}', hypermodel=…))"
    assert opened(tmp_path, search="fit").code[0].value == expected
    assert opened(tmp_path, search="done").code[0].value == f"train_winners('done', storage='{tmp_path}', hypermodel=…)"


def test_what_has_not_changed_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, draw = [], curves.all_curves
    monkeypatch.setattr(curves, "all_curves", lambda *given, **more: drawn.append(1) or draw(*given, **more))
    layout = write_search(str(tmp_path), "still", RECORDS[:1], state=SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        page = opened(tmp_path).run()
        assert len(drawn) == 1
        Ledger(layout).write_record(RECORDS[1])
        page.run()
        assert len(drawn) == 2


def test_why_it_failed_is_said(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "first")
    Ledger(layout).write_state(SearchState.FAILED, "ValueError: *no* space")
    page = opened(tmp_path)
    assert page.error[0].value.replace("\\", "").startswith("It failed: ValueError: *no* space.")


def test_a_search_without_trials_yet(tmp_path: Path) -> None:
    write_search(str(tmp_path), "early", [])
    page = opened(tmp_path)
    assert not page.exception
    assert "No trial has started yet." in [info.value for info in page.info]


@pytest.mark.parametrize("content", ['{"format": "other"}', "no json"])
def test_a_search_of_another_version_is_one_line_and_hides_no_other(storage: str, content: str) -> None:
    write_search(storage, "second")
    (Path(storage) / "first" / "specification.json").write_text(content)
    page = opened(storage, search="first")
    assert not page.exception
    assert "specification" in page.error[0].value
    assert metrics(opened(storage))["State"] == "finished"
