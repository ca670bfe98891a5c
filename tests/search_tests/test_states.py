"""A fit is finished when its finalists are, not when its search is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from search_tests import examples
from search_tests.examples import ended

from search import (
    DRIVERS,
    TRAINERS,
    FitRecord,
    Followed,
    Follower,
    Ledger,
    SearchLayout,
    SearchSettings,
    SearchState,
    SearchView,
    create_search,
    driver_heartbeat,
    note_fit,
    read_search,
)

Look = Callable[[str, str], SearchView | Followed]
LOOKS: list[Look] = [read_search, lambda storage, name: Follower(storage, name).look()]
FIT = FitRecord(time_limit=600.0, search_seconds=300.0, epochs=2, max_slower=8.0)


def searched(storage: str, *, score: float | None = 0.5, fit: FitRecord | None = FIT) -> SearchLayout:
    """Leave a search that has ended, of a fit or not."""
    layout = SearchLayout.of(storage, "first")
    settings = SearchSettings(name="first", trials=2, time_limit=300.0)
    create_search(layout, examples.specification(settings))
    note_fit(layout, fit)
    Ledger(layout).write_record(ended("0000", score))
    Ledger(layout).write_state(SearchState.FINISHED, "the space is exhausted")
    return layout


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return str(tmp_path)


@pytest.mark.parametrize("look", LOOKS, ids=["once", "again"])
def test_a_fit_that_was_cut_while_its_finalists_trained_is_interrupted(storage: str, look: Look) -> None:
    layout = searched(storage)
    for drivers in (DRIVERS, TRAINERS):
        with driver_heartbeat(layout.root, drivers=drivers):
            assert look(storage, "first").state is SearchState.FINISHED
    found = look(storage, "first")
    assert (found.state, found.is_live, found.is_open) == (SearchState.INTERRUPTED, False, True)
    if isinstance(found, Followed):
        assert found.reason == "the training of its finalists has not come to its end"
    Ledger(layout).request_stop()
    assert look(storage, "first").state is SearchState.STOPPED
    note_fit(layout, FIT.model_copy(update={"is_done": True}))
    assert look(storage, "first").state is SearchState.FINISHED


@pytest.mark.parametrize("look", LOOKS, ids=["once", "again"])
def test_a_search_by_itself_has_finished_and_so_has_a_fit_that_came_to_nothing(storage: str, look: Look) -> None:
    layout = searched(storage, fit=None)
    assert look(storage, "first").state is SearchState.FINISHED
    layout.root.delete_tree()
    searched(storage, score=None)
    assert look(storage, "first").state is SearchState.FINISHED


@pytest.mark.parametrize("look", LOOKS, ids=["once", "again"])
def test_a_training_of_another_time_shows_none_that_is_left(storage: str, look: Look) -> None:
    layout = searched(storage, fit=None)
    assert look(storage, "first").left == 300.0
    with driver_heartbeat(layout.root, drivers=TRAINERS):
        assert look(storage, "first").left is None
        note_fit(layout, FIT)
        assert look(storage, "first").left == 600.0
        note_fit(layout, FIT.model_copy(update={"is_done": True}))
        assert look(storage, "first").left is None
