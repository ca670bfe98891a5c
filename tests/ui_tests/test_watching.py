"""What is kept of a search while a page is open is of that search, not of one that had its name before."""

import pytest
from ui_tests.fabricated import F1, RECORDS, record, write_search
from ui_tests.views import open_view

from search import delete_search, read_trial, rename_search
from ui.pages.watching import watched

LATER = "2026-03-04T05:00:00.000+00:00"
OTHERS = tuple(record(number, scores=[0.125 * number], hyperparameters={"width": number}) for number in range(1, 5))
"""Of the same numbers as those of `RECORDS` that have ended."""


@pytest.mark.parametrize("is_renamed", [False, True])
def test_one_that_takes_the_name_of_another_has_its_own_curves_and_columns(storage: str, is_renamed: bool) -> None:
    one = watched(storage, "first")
    before = one.look()
    assert [one.whole(before, each).history[F1.name] for each in before.ranked[:1]] == [[0.25, 0.9375, 0.875]]
    assert one.columns(before).differing == ("blocks", "learning_rate")
    if is_renamed:
        rename_search(storage, "first", "kept")
    else:
        delete_search(storage, "first")
    write_search(storage, "first", OTHERS, created=LATER)
    found = one.look()
    histories = [one.whole(found, each).history for each in found.ranked]
    assert histories == [read_trial(storage, "first", each).history for each in ("0004", "0003", "0002", "0001")]
    assert (list(one.columns(found).types), one.columns(found).differing) == (["width"], ("width",))


def test_the_open_page_shows_the_one_that_is_there(storage: str) -> None:
    page = open_view("search", storage)
    assert "learning rate" in page.dataframe[0].value
    delete_search(storage, "first")
    write_search(storage, "first", OTHERS, created=LATER)
    page.run()
    assert not page.exception
    assert list(page.dataframe[0].value["width"]) == [4, 3, 2, 1]
    assert "learning rate" not in page.dataframe[0].value


def test_an_ended_trial_is_read_once(storage: str) -> None:
    one = watched(storage, "first")
    found = one.look()
    ended, running = (next(each for each in found.ranked if each.trial_id == name) for name in ("0001", "0005"))
    assert one.whole(found, ended) is one.whole(found, ended)
    assert one.whole(found, running).history == RECORDS[4].history
