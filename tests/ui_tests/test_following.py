"""A search that is looked at again and again is, each time, what a reader who comes new finds."""

import random
from collections.abc import Callable

import pytest
from ui_tests.fabricated import RECORDS, finals, record, write_search

from datasets import Folder
from search import (
    Follower,
    Ledger,
    LedgerError,
    Record,
    SearchLayout,
    SearchState,
    TrialState,
    driver_heartbeat,
    read_search,
    write_finals,
)
from search.ledger import following


@pytest.fixture
def layout(storage: str) -> SearchLayout:
    return SearchLayout.of(storage, "first")


def running(number: int, score: float) -> Record:
    return record(number, scores=[score], state=TrialState.RUNNING)


def ended(number: int, score: float) -> Record:
    return record(number, scores=[score])


class Elsewhere:
    def is_unchanged(self) -> bool:
        return False


elsewhere = Elsewhere()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("is_local", [True, False])
def test_it_finds_what_a_new_reader_does(
    storage: str, layout: SearchLayout, seed: int, is_local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_local:
        monkeypatch.setattr(following, "_Age", lambda *_: elsewhere)
    chance, ledger, follower = random.Random(seed), Ledger(layout), Follower(storage, "first")
    ledger.write_state(SearchState.RUNNING)
    with driver_heartbeat(layout.root):
        for number in range(10, 40):
            for trial in (number, number + 1):
                ledger.write_progress(running(trial, chance.random()))
            ledger.write_record(ended(number, chance.random()))
            found, new = follower.look(), read_search(storage, "first", history=False)
            assert found.rows(range(len(found.ranked))) == new.rows
            assert (found.best, found.counts, found.state, found.is_live) == (new.best, new.counts, new.state, True)
    assert follower.look().state is SearchState.INTERRUPTED


def test_finalists_have_what_they_came_to(storage: str, layout: SearchLayout) -> None:
    follower = Follower(storage, "first")
    before = follower.look()
    assert before.winner is not None
    assert (before.winner.trial_id, before.winner.chosen, before.scored, before.ended) == ("0002", False, 4, 4)
    write_finals(layout.root, finals())
    found, new = follower.look(), read_search(storage, "first", history=False)
    assert (found.rows(range(5)), found.finalists[-1]) == (new.rows, new.board[-1])
    assert found.winner is not None
    assert (found.winner.trial_id, found.winner.chosen, found.best) == ("0001", True, new.best)


def test_what_has_not_changed_is_not_read(storage: str, layout: SearchLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(original: Callable[[Folder, str], object]) -> Callable[[Folder, str], object]:
        def call(folder: Folder, name: str) -> object:
            read.append(f"{folder.uri.rsplit('/', 1)[-1]}/{name}")
            return original(folder, name)

        return call

    monkeypatch.setattr(Folder, "read", reading(Folder.read))
    follower = Follower(storage, "first")
    first, settled = follower.look(), follower.look()
    read.clear()
    assert follower.look() is settled is first
    assert read == []
    Ledger(layout).write_record(ended(9, 0.5))
    read.clear()
    assert follower.look().version != first.version
    assert [name for name in read if name.startswith("records/")] == ["records/0009.json"]


def test_time_that_passes_alone_is_no_other_version(
    storage: str, layout: SearchLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = iter([5.0, 10.0])
    monkeypatch.setattr(following, "spent_so_far", lambda _: next(spent))
    limited = write_search(storage, "limited", RECORDS[:1])
    limited.root.write_whole("budget.json", b'{"trials": null, "time_limit": 60.0}')
    follower = Follower(storage, "limited")
    first, second = follower.look(), follower.look()
    assert (first.left, second.left, first.version == second.version) == (55.0, 50.0, True)


def test_another_reason_is_another_version(storage: str, layout: SearchLayout) -> None:
    ledger, follower = Ledger(layout), Follower(storage, "first")
    versions = set()
    for reason in ("no disk", "no network"):  # and nobody looked as it went on in between
        ledger.write_state(SearchState.RUNNING)
        ledger.write_state(SearchState.INTERRUPTED, reason)
        found = follower.look()
        assert found.reason == reason
        versions.add(found.version)
    assert len(versions) == 2


def test_one_that_is_gone_or_damaged_is_one_line(storage: str, layout: SearchLayout) -> None:
    follower = Follower(storage, "first")
    follower.look()
    layout.root.write_whole("specification.json", b"no json")
    for _ in range(3):  # again and again: it does not go back to what it was before
        with pytest.raises(LedgerError, match="specification"):
            follower.look()
    with pytest.raises(LedgerError):
        Follower(storage, "none").look()
