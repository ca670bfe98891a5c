"""What is looked at before Ray is asked, and what a Ray of our own is told of this machine."""

import os
import socket

import pytest
import ray

from cluster import ClusterError
from cluster.driving.connection import _check_reachable, connected
from search import SearchSettings


@pytest.mark.parametrize(
    ("family", "host", "address"), [(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "[::1]")]
)
def test_a_place_where_something_answers_is_reached(family: int, host: str, address: str) -> None:
    with socket.socket(family) as server:
        try:
            server.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        server.listen()
        place = f"{address}:{server.getsockname()[1]}"
        _check_reachable(place)
    with pytest.raises(ClusterError, match="expected a running Ray there, found none"):
        _check_reachable(place)


@pytest.mark.parametrize(("concurrency", "cpus"), [(None, 1), (3, 3)])
def test_a_ray_of_our_own_is_told_of_the_cpus_that_this_process_may_use(
    concurrency: int | None, cpus: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, object] = {}

    def init(**given: object) -> None:
        told.update(given)
        raise ValueError("that is all")

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {5})
    settings = SearchSettings(name="a", concurrency=concurrency)
    with pytest.raises(ClusterError, match="that is all"), connected("local", settings):
        pass
    assert told["num_cpus"] == cpus
