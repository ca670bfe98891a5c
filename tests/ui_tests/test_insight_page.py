"""What matters: the page over fabricated searches."""

from functools import partial
from pathlib import Path

from search_tests.test_insight import trials
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import write_search
from ui_tests.views import open_view

from search import Ledger

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
