import math
from pathlib import Path

import pytest

from datasets import open_folder
from search import FitRecord, LedgerError, SearchLayout, SettingsError, TimeBudget
from search.ledger import time_budget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def layout(tmp_path: Path) -> SearchLayout:
    return SearchLayout(open_folder(tmp_path).child("first"))


def test_start_up_counts(clock: Clock) -> None:
    budget = TimeBudget(60.0, already=8.0, clock=clock)
    clock.now += 10
    assert (budget.spent(), budget.left()) == (18.0, 42.0)
    clock.now += 100
    assert budget.left() == 0.0


def test_without_a_limit_there_is_no_end(clock: Clock) -> None:
    assert TimeBudget(clock=clock).left() == math.inf


def test_a_part_ends_earlier_on_the_same_clock(clock: Clock) -> None:
    whole = TimeBudget(60.0, already=10.0, clock=clock)
    clock.now += 5
    part = whole.part(40.0)
    assert (part.spent(), part.left(), whole.left()) == (15.0, 25.0, 45.0)
    assert whole.part(90.0).left() == 45.0
    assert TimeBudget(already=10.0, clock=clock).part(40.0).left() == 30.0


def test_a_part_goes_on_while_it_is_prolonged_and_ends_with_its_whole(clock: Clock) -> None:
    whole, wanted = TimeBudget(60.0, clock=clock), [True]
    part = whole.part(50.0).part(20.0)
    trials = part.short_of(5.0)
    assert (part.left(), trials.left(), trials.limit) == (20.0, 15.0, 15.0)
    part.prolong(lambda: wanted[0])
    clock.now += 30
    assert (part.left(), trials.left(), trials.limit) == (20.0, 15.0, 45.0)
    assert (trials.left(prolonged=False), part.whole is whole, trials.is_part) == (0.0, True, True)
    wanted.clear()
    wanted.append(False)
    assert (part.left(), trials.left(), whole.left()) == (0.0, 0.0, 30.0)


def test_one_that_is_stopped_has_nothing_left_and_its_whole_has(clock: Clock) -> None:
    whole = TimeBudget(60.0, clock=clock)
    part = whole.part(40.0)
    part.stop()
    assert (part.left(), part.short_of(1.0).left(), whole.left()) == (0.0, 0.0, 60.0)
    assert (part.stopped, part.short_of(1.0).stopped, whole.stopped) == (True, True, False)


def test_of_two_that_keep_what_is_spent_the_inner_one_does(clock: Clock, layout: SearchLayout) -> None:
    budget = TimeBudget.open(layout, 60.0, clock=clock)
    with budget.kept():
        clock.now += 7
        with budget.part(30.0).kept():
            assert TimeBudget.open(layout, 60.0, clock=clock).spent() == 12.0
        clock.now += 3
        assert TimeBudget.open(layout, 60.0, clock=clock).spent() == 12.0  # the outer one goes on
    assert TimeBudget.open(layout, 60.0, clock=clock).spent() == 10.0


def test_what_is_spent_outlasts_a_command_and_time_away_does_not_count(clock: Clock, layout: SearchLayout) -> None:
    budget = TimeBudget.open(layout, 60.0, 2.0, clock=clock)
    with budget.kept():
        clock.now += 20
    clock.now += 10_000
    again = TimeBudget.open(layout, 60.0, 3.0, clock=clock)
    assert again.spent() == 25.0


def test_after_a_kill_what_may_have_been_spent_since_it_was_written_counts(clock: Clock, layout: SearchLayout) -> None:
    with TimeBudget.open(layout, 60.0, clock=clock).part(30.0).kept():
        clock.now += 4
        # As a resume after a kill at this moment would find it.
        assert TimeBudget.open(layout, 60.0, clock=clock).spent() == 5.0


def test_it_is_written_again_and_again(clock: Clock, layout: SearchLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_budget, "_EVERY_SECONDS", 0.01)
    with TimeBudget.open(layout, 60.0, clock=clock).kept():
        clock.now += 30
        while TimeBudget.open(layout, 60.0, clock=clock).spent() < 30:
            pass


def test_what_is_spent_without_a_limit_counts_in_one_that_is_given_later(clock: Clock, layout: SearchLayout) -> None:
    for seconds in (20, 30):
        with TimeBudget.open(layout, None, 1.0, clock=clock).kept():
            clock.now += seconds
    assert TimeBudget.open(layout, 60.0, clock=clock).left() == 8.0


def test_one_that_somebody_has_changed_is_refused(layout: SearchLayout) -> None:
    layout.root.write_whole("time.json", b'{"spent":')
    with pytest.raises(LedgerError, match=r"time\.json: expected a spent time, found none"):
        TimeBudget.open(layout, 60.0)


def test_of_the_time_that_a_fit_is_given_beside_the_search_gets_a_share() -> None:
    record = FitRecord(time_limit=600.0, search_seconds=300.0, epochs=20, max_slower=8.0, is_done=True)
    assert record.extended(None, spent=10.0, share=0.5) == record.extended(600.0, spent=10.0, share=0.5) == record
    longer = record.extended(1000.0, spent=600.0, share=0.25)
    assert (longer.search_seconds, longer.is_done) == (700.0, False)
    assert record.extended(700.0, spent=100.0, share=0.25).search_seconds == 300.0
    with pytest.raises(SettingsError, match="--time-limit 8m20s: the fit was to have 10m already"):
        record.extended(500.0, spent=10.0, share=0.5)
