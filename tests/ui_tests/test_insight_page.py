"""What matters: the page over fabricated searches."""

from functools import partial
from pathlib import Path

import pytest
from search_tests.test_insight import trials
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import write_search
from ui_tests.views import open_view

from search import Ledger
from ui.pages.site import Site

opened = partial(open_view, "insight")


def said(page: AppTest) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption, *page.warning, *page.info)).replace("\\", "")


def test_each_figure_says_from_how_many_trials_it_is(tmp_path: Path) -> None:
    write_search(str(tmp_path), "first", trials(40))
    page = opened(tmp_path)
    assert [each.value for each in page.subheader] == [
        "How much each matters",
        "One by one",
        "Two at once",
        "All at once",
    ]
    assert "34 trials with a score" in said(page)
    assert said(page).count("From 34 trials.") == 7  # bars, four slices, map, lines
    assert "6 of 40 ended trials have no score (6 infeasible)" in said(page)
    assert page.multiselect[0].value[0] == "blocks"
    # The numbers of each figure are a table, sent at once where it is short: the importance has few rows.
    assert [box.label for box in page.expander].count("Numbers") == 7
    assert len(page.dataframe) == 1


def test_what_was_promoted_is_looked_at_once(tmp_path: Path) -> None:
    known = [one.but(epochs=2) for one in trials(20)]
    promoted = [one.but(trial_id=f"1{one.trial_id}", parent=one.trial_id, epochs=9) for one in known[:5]]
    write_search(str(tmp_path), "first", [*known, *promoted])
    page = opened(tmp_path, hyperparameter=["bias"])
    assert "17 trials with a score, without 5 that one of these goes on from." in said(page)
    assert "From 17 trials." in said(page)
    assert "Only these of" not in said(page)


def test_the_address_chooses(tmp_path: Path) -> None:
    short = [one.but(epochs=2) if number % 2 else one for number, one in enumerate(trials(40))]
    write_search(str(tmp_path), "first", trials(8))
    write_search(str(tmp_path), "second", short)
    page = opened(tmp_path, search="second", hyperparameter=["bias", "odd"], pair=["rate", "bias"], whole="true")
    assert [choice.value for choice in page.multiselect] == [["bias"], ["rate", "bias"]]
    assert page.toggle(key="whole").label == "Only what had all 9 epochs: 20 of 34 trials"
    assert "From 20 trials." in said(page)
    assert "Not all were trained alike" not in said(page)
    # A search that has no such hyperparameter chosen for it goes on with its own.
    page.selectbox[0].select("first").run()
    assert not page.exception


def test_another_search_begins_with_its_own_choice_and_a_link_with_its(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_search(str(tmp_path), name, trials(8))
    page = opened(tmp_path, search="first", hyperparameter="bias")
    page.query_params["search"] = "second"  # by an address that asks for the same of another search
    page.run()
    assert page.multiselect[0].value == ["bias"]
    page.selectbox[0].select("first").run()
    assert len(page.multiselect[0].value) > 1


def test_the_way_to_the_best_trial_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[dict[str, object]] = []
    monkeypatch.setattr(Site, "way", lambda self, name, label, **more: ways.append({"name": name, **more}))
    write_search(str(tmp_path), "first", known := trials(8))
    opened(tmp_path)
    best = max((one for one in known if one.is_scored), key=lambda one: one.score or 0.0)
    (way,) = ways
    assert (way["name"], way["search"], way["trial"]) == ("trials", "first", best.trial_id)


def test_few_trials_are_one_line(tmp_path: Path) -> None:
    write_search(str(tmp_path), "first", trials(3))
    page = opened(tmp_path)
    assert "What matters: this needs at least 4 trials with a score: there are 3." in said(page)
    assert not page.dataframe


def test_what_is_read_does_not_move_until_the_reader_asks(tmp_path: Path) -> None:
    first, *_ = known = trials(42)
    layout = write_search(str(tmp_path), "first", known[:41])
    page = opened(tmp_path)
    Ledger(layout).write_record(known[41].but(state=first.state, score=0.5, reason=None))
    page.run()
    assert "Since you looked 1 more trial ended." in said(page)
    assert "35 trials with a score" in said(page)
    page.button[0].click().run()
    assert "36 trials with a score" in said(page)
    assert "Since you looked" not in said(page)
