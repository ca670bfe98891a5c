"""A search on a Ray that is up already, as `ray up` or `ray start --head` leave it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import run_search
from datasets import Dataset
from search import SearchSettings, SearchState


@pytest.fixture
def head() -> Iterator[str]:
    """Start a head node of our own on loopback and give its address; only its own processes are ended after."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ray = str(Path(sys.executable).with_name("ray"))
    # Sockets lie below the folder, and their paths may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder:
        options = ["--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=2"]
        options += ["--include-dashboard=false", f"--temp-dir={folder}", "--object-store-memory=100000000"]
        process = subprocess.Popen(
            [ray, "start", *options, "--disable-usage-stats"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for(port, process)
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(120):
        assert process.poll() is None, "ray start --head ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(2)  # the port opens before the node has joined
                return
        time.sleep(0.5)
    raise AssertionError("ray start --head did not open its port within a minute")


@pytest.mark.slow
def test_a_search_runs_on_a_ray_that_is_up_and_leaves_it_up(tiny_dataset: Dataset, here: Path, head: str) -> None:
    settings = SearchSettings(name="first", trials=2, epochs=1, hypermodel="my_models:tiny")
    view = run_search(tiny_dataset.info.path, settings, address=head)
    assert view.state is SearchState.FINISHED
    assert view.counts == {"completed": 2}
    host, port = head.split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        pass
