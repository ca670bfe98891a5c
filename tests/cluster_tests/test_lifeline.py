"""Whoever waits for a Ray that has gone away is told so; one that is merely busy or out of reach for a while stays."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray._private import auto_init_hook

from cluster.driving import ray_health
from cluster.driving.ray_health import Lifeline, while_it_holds
from cluster.errors import RayGoneError


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_health, "_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(ray_health, "_PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(auto_init_hook, "enable_auto_connect", True)


@pytest.fixture
def raylet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen as a raylet does. A relative name: the path of a socket may have 107 characters."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("raylet")
        listening.listen()
        yield listening


@pytest.fixture
def control() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_what_runs_while_ray_lives_ends_as_it_does(raylet: socket.socket, control: socket.socket) -> None:
    line = Lifeline("raylet", control.getsockname(), "gone")
    while_it_holds(line, lambda: threading.Event().wait(0.6))

    def fail() -> None:
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        while_it_holds(line, fail)
    assert auto_init_hook.enable_auto_connect


@pytest.mark.parametrize("which", ["raylet", "control"])
def test_what_waits_for_ever_is_left_behind(which: str, raylet: socket.socket, control: socket.socket) -> None:
    line = Lifeline("raylet", control.getsockname(), "Ray went away")
    ended = threading.Event()
    threading.Timer(0.2, (raylet if which == "raylet" else control).close).start()
    with pytest.raises(RayGoneError, match="Ray went away"):
        while_it_holds(line, ended.wait)
    # What it asks of Ray now must not start another one.
    assert not auto_init_hook.enable_auto_connect
    ended.set()


def test_a_failure_because_ray_went_away_is_told_as_that(raylet: socket.socket, control: socket.socket) -> None:
    def fail() -> None:
        raylet.close()
        raise LookupError("of a worker")

    with pytest.raises(RayGoneError, match="Ray went away"):
        while_it_holds(Lifeline("raylet", control.getsockname(), "Ray went away"), fail)


def test_a_control_service_that_comes_back_is_waited_for(raylet: socket.socket, control: socket.socket) -> None:
    line = Lifeline("raylet", control.getsockname(), "gone")
    place = control.getsockname()
    control.close()
    line.check()
    with socket.create_server(place):
        threading.Event().wait(0.6)
        line.check()
