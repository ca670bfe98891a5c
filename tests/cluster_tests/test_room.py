"""Whether there is room for a trial in its node's memory, and whose fault it was that its worker was ended."""

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.nodes import memory as node_memory
from cluster.nodes.memory import NodeMemory, memory_kills, own_bytes, started
from cluster.workers import attempt
from cluster.workers.attempt import Attempt
from cluster.workers.memory_notes import MemoryNotes, Note, Usage
from cluster.workers.room import TooLarge, Wait, judge

GB = 10**9
NODE = NodeMemory(limit=20 * GB, used=0)  # 19 may be used


def note(pid: int = 1, *, own: int | None = None, since: float = 0, ended: tuple[Usage, ...] = ()) -> Note:
    usage = None if own is None else usage_of(own)
    return Note(pid=pid, started=started(pid), is_waiting=own is None, since=since, kills=0, usage=usage, ended=ended)


def usage_of(own: int, *, at: float = 0, others: int = GB, beside: int = 0) -> Usage:
    return Usage(at=at, own=own, others=others, limit=20 * GB, beside=beside)


def judged(mine: Note, *beside: Note, used: int = 0, needs: int | None = None, now: float = 0) -> str:
    others = 3 * GB
    answer = judge(mine, beside, replace(NODE, used=used), own=0, others=others, needs=needs, now=now)
    if answer is None:
        return "begins"
    return "too large" if isinstance(answer, TooLarge) else "is held" if answer.is_held else "waits"


@pytest.mark.parametrize(
    ("running", "used", "needs", "expected"),
    [
        ([], 18 * GB, None, "begins"),  # nothing measures it as well as trying
        ([], 19 * GB + 1, None, "waits"),  # it would be ended at once
        ([3 * GB], 16 * GB, 3 * GB, "begins"),
        ([3 * GB], 16 * GB + 1, 3 * GB, "waits"),
        ([2 * GB], 16 * GB, 3 * GB, "waits"),  # what runs will take another 1 GB
        ([2 * GB], 15 * GB, 3 * GB, "begins"),
        ([GB], 17 * GB, None, "waits"),  # none was measured: 2 GiB each
        ([GB], 15 * GB, None, "begins"),
    ],
)
def test_as_many_begin_as_the_free_memory_carries(
    running: list[int], used: int, needs: int | None, expected: str
) -> None:
    assert judged(note(), *(note(own=own) for own in running), used=used, needs=needs) == expected


def test_one_that_was_ended_goes_on_with_fewer_beside_it() -> None:
    ended = note(ended=(usage_of(GB, beside=2), usage_of(GB, beside=3)))
    assert judged(ended, note(own=GB)) == "begins"
    assert judged(ended, note(own=GB), note(own=GB)) == "waits"
    # Nobody joins it then.
    goes_on = note(own=GB, ended=(usage_of(GB, beside=1),))
    assert judged(note(), goes_on) == "waits"


def test_who_waits_longest_begins_first() -> None:
    assert judged(note(since=2), note(since=1)) == "waits"
    assert judged(note(since=1), note(since=2)) == "begins"


@pytest.mark.parametrize(
    ("ended", "used", "now", "expected"),
    [
        ([usage_of(5 * GB)], 13 * GB, 10, "begins"),  # there is more than it had
        ([usage_of(5 * GB)], 14 * GB, 10, "waits"),
        ([usage_of(5 * GB)], 14 * GB, 60, "begins"),  # a try every minute
        ([usage_of(5 * GB)], 14 * GB, 900, "begins"),  # one try is not many
        ([usage_of(5 * GB), usage_of(5 * GB, at=599)], 14 * GB, 610, "waits"),
        ([usage_of(5 * GB), usage_of(5 * GB, at=600)], 14 * GB, 600, "too large"),
        # Others had more than it: they hold the memory.
        ([usage_of(GB, others=17 * GB), usage_of(GB, others=17 * GB, at=590)], 18 * GB, 599, "waits"),
        ([usage_of(GB, others=17 * GB), usage_of(GB, others=17 * GB, at=590)], 18 * GB, 600, "is held"),
        ([usage_of(5 * GB), usage_of(GB, others=17 * GB, at=590)], 18 * GB, 600, "is held"),
        # Once it was ended early, as others took some: it has shown what it wants.
        ([usage_of(5 * GB), usage_of(GB, others=4 * GB, at=600)], 15 * GB, 600, "too large"),
        # It was not alone.
        ([usage_of(5 * GB, beside=1), usage_of(5 * GB, beside=1, at=600)], 14 * GB, 600, "waits"),
    ],
)
def test_it_is_too_large_only_if_it_was_ended_alone_for_ten_minutes_and_had_more_than_others(
    ended: list[Usage], used: int, now: float, expected: str
) -> None:
    assert judged(note(since=now, ended=tuple(ended)), used=used, now=now) == expected


def test_ten_minutes_begin_again_with_each_epoch_that_it_trains() -> None:
    tried = note(since=601, ended=(usage_of(5 * GB), usage_of(5 * GB, at=600)))
    assert judged(tried, used=14 * GB, now=601) == "too large"
    assert judged(tried.model_copy(update={"trained": 500.0}), used=14 * GB, now=601) == "waits"


def test_who_waits_behind_another_is_held_with_it_unless_a_third_runs() -> None:
    first, second = note(since=1), note(since=2)
    assert judged(second, first, now=601) == "waits"
    assert judged(second, first, now=602) == "is held"
    assert judged(second, first, note(own=GB), now=602) == "waits"


def test_reasons_have_figures_and_no_ids() -> None:
    tries = (usage_of(5 * GB), usage_of(4 * GB, at=600))
    too_large = judge(note(ended=tries), (), NODE, own=0, others=GB, needs=None, now=700)
    assert isinstance(too_large, TooLarge)
    assert too_large.reason == (
        "out of memory: alone on its node it had 5.0 GB and wanted more, of 20.0 GB of which other programs used 1.0 GB"
    )
    full = replace(NODE, used=19 * GB)
    waits = judge(note(), [note(own=GB)], full, own=0, others=GB, needs=3 * GB, now=0)
    assert isinstance(waits, Wait)
    assert waits.reason == (
        "waits for memory, which carries 1 trial at a time on its node: it needs 3.0 GB, and 0.0 GB of 20.0 GB are left"
    )
    unmeasured = judge(note(), [note(own=GB)], full, own=0, others=GB, needs=None, now=0)
    assert isinstance(unmeasured, Wait)
    assert "it may need 2.1 GB" in unmeasured.reason


def lost(folder: Path, *, kills: int = 7, usage: Usage | None = None, waiting: bool = False) -> None:
    """Leave the note of a worker that is gone."""
    gone = Note(pid=2**22 + 1, started=1, is_waiting=waiting, since=5, kills=kills, usage=usage)
    MemoryNotes(folder).write("0000", gone)


@pytest.mark.parametrize("known", [False, True], ids=["", "known"])
@pytest.mark.parametrize("kills", [7, 8], ids=["none ended", "one ended"])
def test_a_worker_that_was_lost_was_ended_for_memory_where_the_system_ended_one_since_or_ray_did(
    kills: int, known: bool, tmp_path: Path
) -> None:
    lost(tmp_path, usage=usage_of(GB))
    again = Attempt(tmp_path, "0000", kills=lambda: kills)
    assert again.was_ended() is (kills == 8)
    assert again.enter(is_known=known) is (kills == 8 or known)
    mine = MemoryNotes(tmp_path).read("0000")
    assert mine is not None
    # Noted when it was found: how memory stood may not have changed for hours before.
    assert [one.own for one in mine.ended] == ([GB] if kills == 8 or known else [])
    assert all(0 <= time.monotonic() - one.at < 60 for one in mine.ended)


def test_one_that_only_waited_was_not_ended_and_waits_on(tmp_path: Path) -> None:
    lost(tmp_path, waiting=True)
    assert not Attempt(tmp_path, "0000", kills=lambda: 8).enter(is_known=True)
    mine = MemoryNotes(tmp_path).read("0000")
    assert mine is not None
    assert mine.since == 5


@pytest.mark.parametrize("ends", [True, False], ids=["ended", "raised"])
def test_an_attempt_is_noted_until_its_worker_leaves(ends: bool, tmp_path: Path) -> None:
    lost(tmp_path, usage=usage_of(GB))
    one = Attempt(tmp_path, "0000", kills=lambda: 8)
    one.enter()
    assert one.ask() is None
    with one.working():
        (seen,) = MemoryNotes(tmp_path).beside("0001")
        assert not seen.is_waiting
        assert seen.usage is not None
        assert 0 < seen.usage.own <= own_bytes() + GB
    assert (MemoryNotes(tmp_path).needs() or 0) > 0
    one.leave(finally_=ends)
    assert MemoryNotes(tmp_path).beside("0001") == []
    # Another attempt knows how the earlier ones went.
    left = MemoryNotes(tmp_path).read("0000")
    assert (left is None) is ends
    assert left is None or [one.own for one in left.ended] == [GB]
    # It has trained since.
    assert left is None or left.ended_alone == []
    assert not Attempt(tmp_path, "0000", kills=lambda: 9).was_ended()


def test_who_rests_as_a_scheduler_has_stopped_its_trial_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(attempt, "_AT_REST_SECONDS", 0.0)
    one = Attempt(tmp_path, "0000")
    one.enter()
    one.ask()
    with one.working():
        pass
    assert eventually(tmp_path, there=False)
    with one.working():
        assert eventually(tmp_path, there=True)
    one.leave(finally_=True)


def eventually(folder: Path, *, there: bool) -> bool:
    end = time.monotonic() + 10
    while bool(MemoryNotes(folder).beside("0001")) is not there and time.monotonic() < end:
        time.sleep(0.01)
    return bool(MemoryNotes(folder).beside("0001")) is there


def test_where_the_system_does_not_say_there_is_room(tmp_path: Path) -> None:
    one = Attempt(tmp_path, "0000", look=lambda: None)
    one.enter()
    assert one.ask() is None
    one.leave(finally_=True)


def test_a_note_that_was_cut_off_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "0000.note").touch()
    assert not Attempt(tmp_path, "0000", kills=lambda: 1).was_ended()


def test_a_trial_needs_what_the_largest_of_the_last_few_did(tmp_path: Path) -> None:
    notes = MemoryNotes(tmp_path)
    assert notes.needs() is None
    for number, size in enumerate([90, 1, 2, 7, 3, 4]):
        notes.measure(f"{number}", size)
    assert notes.needs() == 7


def test_kills_are_those_of_the_own_control_group_else_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "vmstat"
    monkeypatch.setattr(node_memory, "_groups", lambda: [tmp_path])
    monkeypatch.setattr(node_memory, "_WHOLE_SYSTEM", system)
    assert memory_kills() == 0
    system.write_text("nr_free_pages 12\noom_kill 5\nhtlb_buddy_alloc_success 0\n")
    assert memory_kills() == 5
    (tmp_path / "memory.events").write_text("low 0\noom 4\noom_kill 3\noom_group_kill 1\n")
    assert memory_kills() == 3


@pytest.mark.parametrize("version", [1, 2])
def test_a_control_group_is_a_smaller_node(version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, used, prefix = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
        2: ("memory.max", "memory.current", ""),
    }[version]
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.9")
    monkeypatch.setattr(node_memory, "_groups", lambda: [tmp_path])
    whole = NodeMemory.now()
    (tmp_path / used).write_text("600000")
    (tmp_path / "memory.stat").write_text(f"anon 1\n{prefix}active_file 100000\n{prefix}inactive_file 50000\n")
    for unlimited in ("max", "9223372036854771712"):
        (tmp_path / limit).write_text(unlimited)
        assert NodeMemory.now() is not None
        assert whole is not None
        assert NodeMemory.now().limit == whole.limit  # type: ignore[union-attr]
    (tmp_path / limit).write_text("1000000")
    memory = NodeMemory.now()
    assert memory == NodeMemory(1_000_000, 450_000)
    assert memory.left == 450_000


def test_a_process_is_known_by_its_start() -> None:
    assert started() == started(os.getpid()) is not None
    assert started(2**22 + 1) is None
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # a zombie
    assert started(ended.pid) is None
    ended.wait()
