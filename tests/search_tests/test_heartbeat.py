"""Of all that would drive one search, only one does."""

import contextlib
import json
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasets import Folder, open_folder
from search import LedgerError, driver_heartbeat, driver_is_alive

if TYPE_CHECKING:
    from s3_server import S3Server

DEAD = {"token": "dead", "host": "elsewhere", "pid": 1, "at": "2020-01-01T00:00:00+00:00"}


def drives(folder: Folder, begin: Barrier | threading.Barrier, end: Barrier | threading.Barrier) -> bool:
    """Try to drive together with the others, and drive until all have tried."""
    begin.wait()
    try:
        with driver_heartbeat(folder):
            end.wait()
    except LedgerError:
        end.wait()
        return False
    return True


def _drives(folder: Folder, begin: Barrier, end: Barrier, won: object) -> None:
    if drives(folder, begin, end):
        won.release()  # type: ignore[attr-defined]


def test_of_processes_that_begin_at_once_exactly_one_drives(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    context = multiprocessing.get_context("fork")
    for number in range(10):
        if number % 2:  # beside a driver that ended, one that died
            folder.child("drivers").write_whole(f"{100 * number:06}.json", json.dumps(DEAD).encode())
        begin, end, won = context.Barrier(4), context.Barrier(4), context.Semaphore(0)
        processes = [context.Process(target=_drives, args=(folder, begin, end, won)) for _ in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert won.acquire(block=False), f"round {number}: nobody drives"
        assert not won.acquire(block=False), f"round {number}: two drive"
    assert not driver_is_alive(folder)


def test_one_that_looked_long_ago_does_not_drive_beside_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder(tmp_path)
    real = Folder.create

    def slow(place: Folder, name: str, data: bytes) -> bool:
        monkeypatch.setattr(Folder, "create", real)
        with driver_heartbeat(folder):
            pass
        later.enter_context(driver_heartbeat(folder))  # which deletes the file of the one before
        return real(place, name, data)

    with contextlib.ExitStack() as later:
        monkeypatch.setattr(Folder, "create", slow)
        with pytest.raises(LedgerError, match="has another driver, which is alive"), driver_heartbeat(folder):
            pass
        assert driver_is_alive(folder)
    assert not driver_is_alive(folder)


def test_of_two_that_write_at_once_to_an_object_store_one_drives(s3: str, s3_server: "S3Server") -> None:
    both, writes = threading.Barrier(2), iter(range(100))

    def gate(method: str, path: str) -> None:
        if method == "PUT" and "/drivers/" in path and next(writes) < 2:
            both.wait(timeout=10)  # each has looked and found the number free

    begin, end = threading.Barrier(2), threading.Barrier(2)
    with s3_server.watched(gate), ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(drives, open_folder(s3), begin, end) for _ in range(2)]
        assert sorted(future.result() for future in futures) == [False, True]
