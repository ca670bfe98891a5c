"""Of all that would drive one search, only one does, wherever the search lies; and who has lost that writes no more."""

import contextlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from search_tests.beginning_together import dies, drives, drives_beside
from search_tests.examples import ended
from shared_disk import share

from datasets import Folder, StorageError, open_folder, patient
from search import Driven, Ledger, LedgerError, Place, PlaceLostError, SearchLayout, SearchState, driver_heartbeat
from search.ledger import beats, heartbeat
from search.ledger.heartbeat import driver_is_alive

if TYPE_CHECKING:
    from s3_server import S3Server

ELSEWHERE = {"token": "other", "host": "elsewhere", "machine": "elsewhere", "pid": 1, "at": "2020-01-01T00:00:00+00:00"}
REFUSED = (
    r"^search '.*' has another driver, which is alive, process \d+ on .* since .*: `galaxy stop .*` ends it"
    r"(; if it was killed there, try again in \d+ s)?$"
)


@pytest.fixture(params=["local", "shared", "s3", "gcs"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A search's folder, on each kind of storage."""
    if request.param in ("local", "shared"):
        if request.param == "shared":
            share(monkeypatch, tmp_path)
        return open_folder(tmp_path / "first")
    return open_folder(request.getfixturevalue(request.param)).child("first")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What this process has seen of other drivers is of one test alone."""
    yield
    beats._seen.clear()


def say(folder: Folder, name: str, **changes: object) -> None:
    """Write a driver's file."""
    folder.child("drivers").write_whole(name, json.dumps(ELSEWHERE | changes).encode())


def test_of_processes_that_begin_at_once_exactly_one_drives(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    # No forks of this process, whose libraries' threads may hold what these need: one in many ended by "double free".
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["datasets.storage.folders", "search.ledger.heartbeat"])
    for number in range(10):
        if number % 2:  # beside a driver that ended, one that died
            process = context.Process(target=dies, args=(folder,))
            process.start()
            process.join()
        begin, end, won = context.Barrier(4, timeout=60), context.Barrier(4, timeout=60), context.Semaphore(0)
        processes = [context.Process(target=drives_beside, args=(folder, begin, end, won)) for _ in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert won.acquire(block=False), f"round {number}: nobody drives"
        assert not won.acquire(block=False), f"round {number}: two drive"
    assert not driver_is_alive(folder)


def test_of_several_that_begin_at_once_exactly_one_drives(folder: Folder) -> None:
    for _ in range(3):
        begin, end = threading.Barrier(3, timeout=20), threading.Barrier(3, timeout=20)
        with ThreadPoolExecutor(3) as threads:
            futures = [threads.submit(drives, folder, begin, end) for _ in range(3)]
            assert sorted(future.result() for future in futures) == [False, False, True]
    assert not driver_is_alive(folder)


def test_of_two_that_have_both_found_nobody_one_drives(s3: str, s3_server: "S3Server") -> None:
    both, writes = threading.Barrier(2), iter(range(100))

    def gate(method: str, path: str) -> None:
        if method == "PUT" and "/drivers/" in path and next(writes) < 2:
            both.wait(timeout=10)

    begin, end = threading.Barrier(2, timeout=20), threading.Barrier(2, timeout=20)
    with s3_server.watched(gate), ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(drives, open_folder(s3), begin, end) for _ in range(2)]
        assert sorted(future.result() for future in futures) == [False, True]


def test_a_second_one_is_told_who_drives(folder: Folder) -> None:
    with driver_heartbeat(folder):
        with pytest.raises(LedgerError, match=REFUSED), driver_heartbeat(folder):
            pass
        assert driver_is_alive(folder)
    with driver_heartbeat(folder):
        pass


def test_one_that_looked_long_ago_does_not_drive_beside_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder(tmp_path)
    real = Place.bid

    def slow(place: Place) -> None:
        monkeypatch.setattr(Place, "bid", real)
        with driver_heartbeat(folder):
            pass
        later.enter_context(driver_heartbeat(folder))  # which deletes the file of the one before
        real(place)

    with contextlib.ExitStack() as later:
        monkeypatch.setattr(Place, "bid", slow)
        with pytest.raises(LedgerError, match="has another driver, which is alive"), driver_heartbeat(folder):
            pass
        assert driver_is_alive(folder)
    assert not driver_is_alive(folder)


def test_one_that_was_killed_while_it_bid_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(tmp_path)
    monkeypatch.setattr(heartbeat, "ALIVE_SECONDS", 0.5)
    # It bids, and is of a smaller token than any: it comes between another's look and its own bid.
    real = Place.bid

    def bid(place: Place) -> None:
        say(folder, "000001-zz.json", bids=True, token="zz")
        real(place)

    monkeypatch.setattr(Place, "bid", bid)
    with driver_heartbeat(folder) as place:
        place.check()


class TestOneThatHasLostItsPlace:
    """It was cut off, and another one goes on: nothing of it reaches the ledger any more."""

    @pytest.fixture
    def lost(self, folder: Folder) -> Iterator[tuple[Place, Ledger]]:
        """A driver and its ledger; another one, elsewhere, has just taken its place."""
        with driver_heartbeat(folder, Driven.search(SearchLayout.of("runs", "first"))) as place:
            ledger = Ledger(SearchLayout(folder), place)
            ledger.write_state(SearchState.RUNNING)
            say(folder, "000002-other.json", since="2026-01-02T03:04:05.000+00:00")
            place.beat(False)
            yield place, ledger

    def test_it_says_who_goes_on_and_that_nothing_is_lost(self, lost: tuple[Place, Ledger]) -> None:
        with pytest.raises(
            PlaceLostError,
            match=r"^another driver, process 1 on elsewhere since 2026-01-02T03:04:05\.000\+00:00, went on with search "
            r"'first': this one ends, and nothing is lost: follow it with `galaxy leaderboard first --watch`$",
        ):
            lost[0].check()

    def test_it_writes_nothing_more(self, lost: tuple[Place, Ledger], folder: Folder) -> None:
        place, ledger = lost
        before = files(folder)
        for write in (
            lambda: ledger.write_state(SearchState.INTERRUPTED),
            lambda: ledger.write_record(ended("0000", 0.5)),
            lambda: ledger.write_progress(ended("0000", 0.5)),
            lambda: ledger.write_oracle({}),
            lambda: ledger.forget_stop(None),
        ):
            with pytest.raises(PlaceLostError):
                write()
        place.beat(False)
        place.beat(True)
        assert files(folder) == before

    def test_it_finds_out_before_it_writes_where_no_beat_got_through_for_long(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with driver_heartbeat(folder) as place:
            ledger = Ledger(SearchLayout(folder), place)
            say(folder, "000002-other.json")
            ledger.write_state(SearchState.RUNNING)  # it was the driver a moment ago
            monkeypatch.setattr(heartbeat, "_LEASE_SECONDS", -1.0)
            with pytest.raises(PlaceLostError, match="nothing is lost"):
                ledger.write_record(ended("0000", 0.5))
        assert ledger.records() == []


def test_a_driver_whose_folder_has_gone_waits_and_writes_nowhere(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "mounted" / "first")
    with driver_heartbeat(folder) as place:
        ledger = Ledger(SearchLayout(folder), place)
        (tmp_path / "mounted").rename(tmp_path / "elsewhere")
        with pytest.raises(StorageError, match="its folder has gone: deleted, or unmounted"):
            ledger.write_state(SearchState.RUNNING)
        assert not (tmp_path / "mounted").exists()
        threading.Timer(0.3, (tmp_path / "elsewhere").rename, [tmp_path / "mounted"]).start()
        with patient():
            ledger.write_state(SearchState.RUNNING)
    assert ledger.state() is SearchState.RUNNING


class TestLife:
    """Whether a driver lives is judged by change, or by the storage's own clock, never by two hosts' clocks."""

    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(beats, "_LOOK_AGAIN_SECONDS", 0.2)

    def test_a_dead_one_of_this_machine_is_known_at_once(self, tmp_path: Path) -> None:
        process = multiprocessing.get_context("fork").Process(target=dies, args=(open_folder(tmp_path),))
        process.start()
        process.join()
        assert not driver_is_alive(open_folder(tmp_path))
        with driver_heartbeat(open_folder(tmp_path)):
            pass

    def test_one_that_has_ended_writes_nothing_more(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
        with driver_heartbeat(folder) as place:
            pass
        before = files(folder)
        monkeypatch.setattr(heartbeat, "_LEASE_SECONDS", -1.0)  # each write asks anew whether it still drives
        with pytest.raises(PlaceLostError, match="has ended: it writes nothing more"):
            Ledger(SearchLayout(folder), place).write_state(SearchState.RUNNING)
        assert files(folder) == before

    @pytest.mark.parametrize("changed", ["yesterday", 7, "2020-01-01"])
    def test_a_file_that_somebody_has_changed_is_of_nobody_who_lives(self, changed: object, tmp_path: Path) -> None:
        say(open_folder(tmp_path), "000001.json", at=changed)
        assert not driver_is_alive(open_folder(tmp_path))

    def test_one_that_the_system_tells_nothing_of_lives_while_there_is_its_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, signal = Path.read_text, os.kill

        def hidden(path: Path, *given: str | None) -> str:
            if path.match("/proc/*/stat"):
                raise FileNotFoundError(path)
            return read(path, *given)

        def kill(pid: int, number: int) -> None:
            if pid == 1:
                raise PermissionError(pid)
            signal(pid, number)

        monkeypatch.setattr(Path, "read_text", hidden)
        monkeypatch.setattr(os, "kill", kill)
        said = {"pid": 1, "started": "7", "at": "now", "machine": beats.this_machine()}
        assert beats.Beat(open_folder(tmp_path), "1-a.json", said).process_lives
        said = {**said, "pid": 2**22 + 1}  # more than there can be
        assert not beats.Beat(open_folder(tmp_path), "1-a.json", said).process_lives

    def test_one_of_this_process_that_could_not_say_that_it_ended_has_ended(self, tmp_path: Path) -> None:
        folder = open_folder(tmp_path)
        with driver_heartbeat(folder) as place:
            file = folder.child("drivers").read(place._name)
        folder.child("drivers").write_whole(place._name, file)
        assert not driver_is_alive(folder)

    @pytest.mark.parametrize("hours", [-0.2, 0.2, -30], ids=["behind", "ahead", "far behind"])
    def test_one_of_another_machine_lives_while_its_file_changes_whatever_its_clock(
        self, folder: Folder, hours: float
    ) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + hours * 3600))
        say(folder, "000001-other.json", at=at, beat="1")
        beating = threading.Timer(0.1, say, [folder, "000001-other.json"], {"at": at, "beat": "2"})
        beating.start()
        if abs(hours) < 1:  # one of long ago is believed to be dead at first
            assert driver_is_alive(folder)
        else:
            driver_is_alive(folder)
        beating.join()
        assert driver_is_alive(folder)
        with pytest.raises(LedgerError, match=REFUSED), driver_heartbeat(folder):
            pass

    @pytest.mark.parametrize("hours", [-0.2, 0.2, -30], ids=["behind", "ahead", "far behind"])
    def test_one_whose_file_stays_as_it_is_does_not(
        self, folder: Folder, hours: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + hours * 3600))
        say(folder, "000001-other.json", at=at)
        assert not driver_is_alive(folder)
        monkeypatch.setattr(beats, "ALIVE_SECONDS", 0.0)
        with driver_heartbeat(folder):
            pass

    def test_one_that_beats_again_after_all_is_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, slept = open_folder(tmp_path), list[float]()
        say(folder, "000001-other.json")
        os.utime(tmp_path / "drivers" / "000001-other.json", (1e9, 1e9))
        real = Place.bid

        def bid(place: Place) -> None:
            real(place)
            say(folder, "000001-other.json", beat="late")

        monkeypatch.setattr(Place, "bid", bid)
        monkeypatch.setattr(heartbeat.time, "sleep", slept.append)
        with driver_heartbeat(folder) as place:
            assert sum(slept) >= heartbeat._LEASE_SECONDS
            place.check()


def files(folder: Folder) -> dict[str, bytes]:
    """Read all files directly in a search's folder, and its records and reports."""
    return {
        f"{place.uri}/{name}": data
        for place in (folder, folder.child("records"), folder.child("progress"))
        for name in place.names()
        if name.endswith(".json") and (data := place.read_if_there(name)) is not None
    }
