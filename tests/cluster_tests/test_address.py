"""A search on a Ray that is up already, as `ray up` or `ray start --head` leave it; and one whose Ray goes away."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_tests.conftest import orphaned
from cluster_tests.test_launch import settings

from cluster import ClusterError, run_search
from datasets import Dataset
from search import SearchState, read_search

GALAXY = str(Path(sys.executable).with_name("galaxy"))


@pytest.fixture(scope="module")
def head() -> Iterator[str]:
    """Start a head node of our own on loopback and give its address; only its own processes are ended after.

    The last test kills it.
    """
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
def test_on_a_ray_that_is_up_as_in_process_same_suggestions_and_same_scores_and_it_stays_up(
    tiny_dataset: Dataset, here: Path, head: str
) -> None:
    with pytest.raises(ClusterError, match=r"needs 3 CPUs and 0 GPUs on one node, .* 2 CPUs and 0 GPUs: lower --cpus"):
        run_search(tiny_dataset.info.path, settings(cpus_per_trial=3, concurrency=None), address=head)
    assert not (here / "runs" / "first").exists()
    # As many at a time as it has CPUs: two.
    on_ray = run_search(tiny_dataset.info.path, settings(name="on-ray", concurrency=None), address=head)
    assert on_ray.state is SearchState.FINISHED
    assert on_ray.counts == {"completed": 3}
    host, port = head.split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        pass
    in_process = run_search(tiny_dataset.info.path, settings(name="in-process"), address="in-process")
    facts = [
        [(row.trial_id, row.hyperparameters, row.score, row.history) for row in view.rows]
        for view in (on_ray, in_process)
    ]
    assert facts[0] == facts[1]


@pytest.mark.slow
def test_a_worker_that_is_lost_while_idle_costs_the_next_trial_a_try_and_not_its_life(
    tiny_dataset: Dataset, here: Path, head: str
) -> None:
    asked = settings(trials=4, epochs=1, hypermodel="my_models:idling", oracle="my_models:TwoThenOne")
    view = run_search(tiny_dataset.info.path, asked, address=head)
    assert view.counts == {"completed": 4}, [row.reason for row in view.rows]


def _raylets() -> dict[int, str]:
    """Return process → command line of every raylet on this machine."""
    lines = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines[int(file.parent.name)] = file.read_text()
    return {pid: line for pid, line in lines.items() if line.split("\0")[0].endswith("/raylet")}


def _raylet_of(address: str) -> int:
    flag = re.compile(rf"--gcs-address=[^\0]*:{address.rpartition(':')[2]}\0")
    return next(pid for pid, line in _raylets().items() if flag.search(line))


def _raylet_below(driver: int) -> int:
    children = Path(f"/proc/{driver}/task").glob("*/children")
    return next(pid for child in children for pid in map(int, child.read_text().split()) if pid in _raylets())


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False], ids=["its own", "one that is up"])
def test_a_search_whose_ray_goes_away_says_so_and_can_be_resumed(
    own: bool, tiny_dataset: Dataset, here: Path, request: pytest.FixtureRequest
) -> None:
    address = "local" if own else request.getfixturevalue("head")
    command = [GALAXY, "search", tiny_dataset.info.path, "--name", "first", "--trials", "2", "--epochs", "100000"]
    command += ["--hypermodel", "my_models:tiny", "--oracle", "random", "--concurrency", "1", "--address", address]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=orphaned()
    ) as process:
        while process.poll() is None and not list(here.glob("runs/first/progress/*")):
            time.sleep(0.1)
        os.kill(_raylet_below(process.pid) if own else _raylet_of(address), signal.SIGKILL)
        _, err = process.communicate(timeout=90)
    assert process.returncode == 1, err
    where = "this command's own Ray" if own else f"Ray at {address}"
    resume = "galaxy resume first" if own else f"galaxy resume first --address {address}"
    assert err.splitlines()[-1] == f"galaxy: error: {where} went away: `{resume}` goes on"
    view = read_search("runs", "first")
    assert view.state is SearchState.INTERRUPTED
    assert set(view.counts) <= {"running", "pending"}
