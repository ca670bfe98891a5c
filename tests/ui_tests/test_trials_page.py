"""Trials: the page over fabricated searches."""

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import RECORDS, SENTENCE, finals, record, write_search
from ui_tests.views import open_view

from search import Ledger, SearchState, driver_heartbeat, read_details, write_finals, write_note

opened = partial(open_view, "trials")


def chosen(page: AppTest) -> list[str]:
    return list(page.multiselect[0].value)


def said(page: AppTest) -> str:
    shown = (*page.markdown, *page.caption, *page.warning, *page.info, *page.error)
    return " ".join(each.value for each in shown).replace("\\", "")


def test_the_best_trial_is_chosen_and_stands_in_the_address(storage: str) -> None:
    page = opened(storage)
    assert chosen(page) == ["0002"]
    assert page.query_params["trial"] == "0002"
    assert "**trial 0002** · completed" in said(page)


def test_the_chosen_finalist_is_preselected_not_the_first_rank(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "first")
    write_finals(layout.root, finals())
    page = opened(tmp_path)
    assert chosen(page) == ["0001"]
    assert page.multiselect[0].options[0] == "0001 ★ · 0.7800 ± 0.0283"
    assert f"Chosen by the mean: ★. {SENTENCE[:1].upper()}{SENTENCE[1:]}" in said(page)
    # The space's defaults are a finalist that is no trial.
    page.multiselect[0].select("defaults").run()
    assert not page.exception
    assert "**the space's defaults** · completed" in said(page)
    assert "No curves: the space's defaults." in said(page)


def test_the_address_has_up_to_five_side_by_side(storage: str) -> None:
    page = opened(storage, trial=["0001", "0003", "0004"])
    assert chosen(page) == ["0001", "0003", "0004"]
    assert "ValueError: the image is too small for 6 blocks" in said(page)
    names = ["≠", "hyperparameter", "trial 0001", "trial 0003", "trial 0004"]
    assert any(list(table.value.columns) == names for table in page.dataframe)
    page.toggle(key="differing").set_value(True).run()
    (table,) = (table.value for table in page.dataframe if list(table.value.columns) == names)
    assert list(table["hyperparameter"]) == ["blocks", "learning rate"]


def test_what_is_no_trial_in_the_address_is_a_line(storage: str) -> None:
    page = opened(storage, trial=["0001", "77", "../<b>"])
    assert "first has no trial 77, ../<b>: it has 5 trials." in said(page)
    assert "**trial 0001** · completed" in said(page)
    many = opened(storage, trial=[f"{number:04d}" for number in range(1, 8)])
    assert "At most 5 fit side by side: these are the first of 7." in said(many)


def test_the_choice_follows_the_address_and_the_search(storage: str) -> None:
    write_search(storage, "second", [record(7, scores=[0.25]), record(8, scores=[0.5])])
    page = opened(storage, search="first", trial=["0001"])
    page.multiselect[0].select("0003").run()
    assert page.query_params["trial"] == ["0001", "0003"]
    page.selectbox[0].select("second").run()
    assert chosen(page) == ["0008"]
    assert page.query_params["trial"] == "0008"
    page.query_params["trial"] = ["0007"]
    page.run()
    assert chosen(page) == ["0007"]


def test_a_link_opens_its_trial_though_another_search_has_one_of_that_number(storage: str) -> None:
    write_search(storage, "second")
    page = opened(storage, search="first", trial="0003")
    page.query_params["search"], page.query_params["trial"] = "second", ["0003"]
    page.run()
    assert (page.selectbox[0].value, chosen(page)) == ("second", ["0003"])
    assert page.query_params["search"] == "second"
    # Who chooses another search has asked for none of its trials.
    page.selectbox[0].select("first").run()
    assert (page.query_params["search"], chosen(page)) == ("first", ["0002"])


def test_a_trial_of_a_search_that_is_gone_is_none_of_another(storage: str) -> None:
    assert chosen(opened(storage, search="gone", trial="0003")) == ["0002"]


def test_a_traceback_is_shown_as_it_is(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "first")
    layout.write_traceback("0004", 'Traceback\n  File "<a>"\nValueError: *x*')
    page = opened(tmp_path, trial="0004")
    assert 'Traceback\n  File "<a>"\nValueError: *x*' in [code.value for code in page.code]


def test_a_running_trial_comes_on(tmp_path: Path) -> None:
    layout = write_search(str(tmp_path), "live", RECORDS[:1], state=SearchState.RUNNING)
    ledger = Ledger(layout)
    ledger.write_progress(RECORDS[4])
    with driver_heartbeat(layout.root):
        page = opened(tmp_path, trial="0005")
        assert "· running" in said(page)
        ledger.write_record(record(5, scores=[0.5, 0.625, 0.7]))
        page.run()
    assert "**trial 0005** · completed" in said(page)


@pytest.mark.parametrize("control", [False, True])
def test_notes_are_written_with_control_alone(storage: str, control: bool) -> None:
    page = opened(storage, control=control)
    assert bool(page.text_area) is control
    assert "Notes" not in said(page)
    write_note(storage, "first", "0002", "<b>good</b>\n*second* line")
    page = opened(storage, control=control)
    if not control:
        assert "&lt;b&gt;" not in said(page)
        assert r"\<b\>good\<\/b\>" in page.markdown[-1].value
        assert "  \n" in page.markdown[-1].value
        return
    page.text_area[0].set_value("better")
    page.button[0].click().run()
    assert not page.exception
    assert read_details(storage, "first", "0002").note == "better"
