"""`galaxy stop` while finalists train: it is asked, heard, and ends their time."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from search_tests import examples

from cluster import stop_search
from cluster.jobs import running, submission, trainers
from cluster.jobs.trainers import read_again, training_place
from search import (
    Ledger,
    LedgerError,
    Place,
    SearchLayout,
    SearchSettings,
    TimeBudget,
    create_search,
    extended,
    keep_changes,
    read_search,
)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchLayout:
    monkeypatch.setattr(trainers, "_LOOK_SECONDS", 0.01)
    layout = SearchLayout.of(str(tmp_path), "first")
    create_search(layout, examples.specification(SearchSettings(name="first")))
    return layout


def test_it_ends_their_time(layout: SearchLayout, tmp_path: Path) -> None:
    Ledger(layout).request_stop()  # of an earlier command
    whole = TimeBudget(600.0)
    budget = whole.part(500.0)
    with training_place(layout, budget):
        assert not Ledger(layout).stop_requested()
        assert not budget.stopped
        assert submission._is_at_work(layout, os.getpid())
        stop_search("first", storage=str(tmp_path))
        while not budget.stopped:
            pass
    assert (budget.left(), whole.stopped) == (0.0, False)
    with pytest.raises(LedgerError, match="is not running: there is nothing to stop"):
        stop_search("first", storage=str(tmp_path))


@pytest.mark.parametrize("before", [False, True], ids=["the first", "another before"])
def test_it_is_heard_by_a_command_that_has_just_begun(
    layout: SearchLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    if before:
        Ledger(layout).request_stop()
    for module, place in (
        (trainers, partial(training_place, layout, TimeBudget(600.0))),
        (running, partial(running.driving, layout)),
    ):
        real = module.driver_heartbeat

        @contextmanager
        def heartbeat(*arguments: Any, real: Any = real, **named: Any) -> Iterator[Place]:
            with real(*arguments, **named) as held:
                stop_search("first", storage=str(tmp_path))
                yield held

        monkeypatch.setattr(module, "driver_heartbeat", heartbeat)
        with place():
            assert Ledger(layout).stop_requested()


def test_a_search_that_is_gone_or_changed_by_the_time_that_its_place_is_held_is_not_trained(
    layout: SearchLayout, tmp_path: Path
) -> None:
    gone = SearchLayout.of(str(tmp_path), "gone")
    with pytest.raises(LedgerError, match=r"no search at .*gone"), training_place(gone):
        raise AssertionError("it trains")
    before = read_search(str(tmp_path), "first")
    assert read_again(before, str(tmp_path)).specification == before.specification
    keep_changes(layout, before.specification, extended(before.specification, 99))
    with pytest.raises(LedgerError, match="search 'first' was changed by another command just now"):
        read_again(before, str(tmp_path))


def test_winners_that_have_no_time_are_interrupted_while_they_wait_too(layout: SearchLayout, tmp_path: Path) -> None:
    def train() -> None:
        with training_place(layout):
            stop_search("first", storage=str(tmp_path))
            threading.Event().wait(300)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            train()
    finally:
        signal.signal(signal.SIGINT, before)
