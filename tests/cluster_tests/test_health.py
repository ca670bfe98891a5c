"""Whoever waits for a Ray that has gone away is told so; one that is merely busy or out of reach for a while stays."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.driving import health
from cluster.driving.health import HealthCheck, run_while_healthy
from cluster.errors import OutOfTimeError, RayGoneError


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(health, "_GCS_SECONDS", 0.5)
    monkeypatch.setattr(health, "_END_SECONDS", 0.2)


@pytest.fixture
def raylet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen as a raylet does. A relative name: the path of a socket may have 107 characters."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("raylet")
        listening.listen()
        yield listening


@pytest.fixture
def gcs() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_what_runs_while_ray_lives_ends_as_it_does(raylet: socket.socket, gcs: socket.socket) -> None:
    check = HealthCheck("raylet", gcs.getsockname(), "gone")
    run_while_healthy(check, lambda: threading.Event().wait(0.6))

    def fail() -> None:
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        run_while_healthy(check, fail)


@pytest.mark.parametrize("which", ["raylet", "gcs"])
def test_what_waits_for_ever_is_left_behind(which: str, raylet: socket.socket, gcs: socket.socket) -> None:
    check = HealthCheck("raylet", gcs.getsockname(), "Ray went away")
    ended = threading.Event()
    threading.Timer(0.2, (raylet if which == "raylet" else gcs).close).start()
    with pytest.raises(RayGoneError, match="Ray went away"):
        run_while_healthy(check, ended.wait)
    ended.set()


def test_what_asks_ray_for_more_is_ended_before_ray_is(
    raylet: socket.socket, gcs: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray ends the process of who asks it for anything while it is shut down."""
    monkeypatch.setattr(health, "_END_SECONDS", 60.0)
    threads: list[threading.Thread] = []

    def ask_on() -> None:
        threads.append(threading.current_thread())
        while True:
            with suppress(Exception):  # as Tune does
                time.sleep(0.01)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_while_healthy(HealthCheck("raylet", gcs.getsockname(), "gone"), ask_on, check=interrupted)
    assert not threads[0].is_alive()


def test_what_it_waits_for_is_let_go_before(
    raylet: socket.socket, gcs: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_END_SECONDS", 60.0)
    waiting, threads = threading.Event(), list[threading.Thread]()

    def wait_for_ever() -> None:
        threads.append(threading.current_thread())
        waiting.wait()
        while True:
            time.sleep(0.01)

    def over() -> None:
        raise OutOfTimeError

    with pytest.raises(OutOfTimeError):
        run_while_healthy(
            HealthCheck("raylet", gcs.getsockname(), "gone"), wait_for_ever, check=over, leave=waiting.set
        )
    assert not threads[0].is_alive()


def test_who_finds_that_ray_is_gone_tells_what_goes_on(raylet: socket.socket, gcs: socket.socket) -> None:
    def find() -> None:
        raise RayGoneError("its control service does not say which nodes there are")

    with pytest.raises(RayGoneError, match=r"^Ray went away: `galaxy resume a` goes on$"):
        run_while_healthy(HealthCheck("raylet", gcs.getsockname(), "Ray went away: `galaxy resume a` goes on"), find)


def test_a_failure_because_ray_went_away_is_told_as_that(raylet: socket.socket, gcs: socket.socket) -> None:
    def fail() -> None:
        raylet.close()
        raise LookupError("of a worker")

    with pytest.raises(RayGoneError, match="Ray went away"):
        run_while_healthy(HealthCheck("raylet", gcs.getsockname(), "Ray went away"), fail)


def test_a_control_service_that_comes_back_is_waited_for(raylet: socket.socket, gcs: socket.socket) -> None:
    check = HealthCheck("raylet", gcs.getsockname(), "gone")
    place = gcs.getsockname()
    gcs.close()
    check.check()
    with socket.create_server(place):
        threading.Event().wait(0.6)
        check.check()
