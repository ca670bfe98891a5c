"""Nodes that join, end, drain or cannot do their part while a search runs: no trial is lost, repeated or failed by it.

Several nodes on this machine; the trials only sleep, so that no worker imports TensorFlow.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cluster_tests.test_launch import settings

from cluster import resume_search, run_search
from cluster.driving import again, places, ray_runner
from cluster.errors import NoNodeError
from datasets import Dataset
from search import SearchState, SearchView, read_search

_LIGHT = '''
import json, os, time
import ray
from pathlib import Path
from cluster.workers.trainable import TrialActor
from search import Ledger, SearchLayout, TrialState, now
from datasets import open_folder

HERE = Path(__file__).parent

class Light(TrialActor):
    """Runs trials that sleep; begins none on the nodes that `unfit.json` names, in the way that it says."""

    def setup(self, config, **more):
        super().setup(config, **more)
        if json.loads((HERE / "unfit.json").read_text()).get(self._node) == "starts slowly":
            time.sleep(6)

    def _begun(self):
        unfit = json.loads((HERE / "unfit.json").read_text())
        way = unfit.get(self._node)
        if way == "dies":
            os._exit(1)
        if way == "raises":
            raise OSError("no such dataset here")
        return Session(self._config["search"], self._config["trial"], self._node)

class Session:
    declared = []

    def __init__(self, search, trial, node):
        self._trial, self._node = trial, node
        self._record = Ledger(SearchLayout(open_folder(search))).record(trial)

    def end_by(self, deadline):
        pass

    def step(self):
        notes = HERE / f"{self._trial}.txt"
        epochs = len(notes.read_text().splitlines()) if notes.exists() else 0
        time.sleep(0.3)
        with notes.open("a") as file:
            file.write(f"{self._node}\\n")
        gpus = ray.get_runtime_context().get_accelerator_ids()["GPU"]
        (HERE / f"{self._trial}.gpus").write_text(" ".join(gpus))
        epochs += 1
        is_over = any((HERE / name).exists() for name in ("finish", f"finish {self._trial}"))
        return self._record.but(
            state=TrialState.COMPLETED if is_over else TrialState.RUNNING, started=now(), epochs=epochs, best_epoch=1,
            score=0.5, metrics={"val_macro_f1": 0.5}, history={"val_macro_f1": [0.5] * epochs},
            ended=now() if is_over else None,
        )
'''


WAYS = ["raises", "dies"]


class Nodes:
    """A cluster on this machine whose head takes no trials."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        # Each idle worker that Ray starts ahead of any need costs seconds.
        lean = {"prestart_worker_first_driver": False, "enable_worker_prestart": False}
        head = {"num_cpus": 0, "object_store_memory": 80 * 2**20, "include_dashboard": False, "_system_config": lean}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self.address = str(self._cluster.address)

        self._alive: list[Any] = []

    def only(self, count: int) -> list[Any]:
        """Have so many nodes, of earlier tests where those are there, of which the first made has a GPU."""
        while len(self._alive) > count:
            self.kill(self._alive[-1])
        while len(self._alive) < count:
            self.add(gpus=0 if self._alive else 1)
        return [*self._alive]

    def add(self, *, gpus: int = 0) -> Any:
        self._alive.append(self._cluster.add_node(num_cpus=2, num_gpus=gpus, object_store_memory=80 * 2**20))
        return self._alive[-1]

    def kill(self, node: Any) -> None:
        self._alive.remove(node)
        self._cluster.remove_node(node, allow_graceful=False)

    def drain(self, node: Any) -> None:
        from ray._raylet import GcsClient
        from ray.core.generated.autoscaler_pb2 import DrainNodeReason

        soon = int((time.time() + 120) * 1000)
        reason = DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
        accepted, _ = GcsClient(address=self.address).drain_node(node.node_id, reason, "spot", soon)
        assert accepted

    def close(self) -> None:
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    made = Nodes()
    yield made
    made.close()


@pytest.fixture
def light(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let workers run `Light`, which is beside the user's module."""
    (here / "light.py").write_text(_LIGHT)
    (here / "unfit.json").write_text("{}")
    monkeypatch.syspath_prepend(str(here))
    monkeypatch.delitem(__import__("sys").modules, "light", raising=False)
    monkeypatch.setattr(ray_runner, "TrialActor", __import__("light").Light)
    monkeypatch.setattr(again, "_FIRST_PAUSE", 0.1)
    return here


@pytest.fixture
def searching(light: Path, tiny_dataset: Dataset) -> Iterator[Callable[..., Future[SearchView]]]:
    """Run a search in another thread: nodes are added in the main one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield lambda asked, address: pool.submit(search, tiny_dataset, asked, address)
        (light / "finish").touch()


def search(dataset: Dataset, asked: Any, address: str) -> SearchView:
    return run_search(dataset.info.path, asked, address=address, preflight=False)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1800):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it has not come to that within three minutes")


def trained(here: Path, trial: str) -> list[str]:
    """Return the nodes of a trial's epochs, in order."""
    notes = here / f"{trial}.txt"
    return notes.read_text().splitlines() if notes.exists() else []


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    return [line.split(" (")[0].split()[0] + line.partition(")")[2] for line in lines if line.startswith("No")]


@pytest.mark.slow
def test_parts_of_gpus_and_nodes_without_any_in_one_search(nodes: Nodes, light: Path, searching: Any) -> None:
    with_gpu, without = nodes.only(2)
    asked = settings(trials=4, epochs=1000, concurrency=None, gpus_per_trial=0.5, cpu_nodes_too=True)
    running = searching(asked, nodes.address)
    until(lambda: len(list(light.glob("*.gpus"))) == 4)
    (light / "finish").touch()
    assert running.result(timeout=120).counts == {"completed": 4}
    found = sorted((trained(light, file.stem)[0], file.read_text()) for file in light.glob("*.gpus"))
    assert found == sorted(2 * [(with_gpu.node_id, "0"), (without.node_id, "")])


@pytest.mark.slow
def test_a_node_whose_workers_start_more_slowly_than_trials_end_takes_some(
    nodes: Nodes, light: Path, tiny_dataset: Dataset
) -> None:
    _, slow = nodes.only(2)
    (light / "unfit.json").write_text(json.dumps({slow.node_id: "starts slowly"}))
    (light / "finish").touch()
    asked = settings(trials=39, cpus_per_trial=2, concurrency=None)
    view = search(tiny_dataset, asked, nodes.address)
    assert slow.node_id in {node for row in view.rows for node in trained(light, row.trial_id)}


@pytest.mark.slow
def test_a_node_that_can_begin_no_trial_is_left_out_and_no_trial_has_failed(
    nodes: Nodes, light: Path, caplog: pytest.LogCaptureFixture, searching: Any
) -> None:
    _, *bad = nodes.only(3)
    (light / "unfit.json").write_text(json.dumps(dict(zip([node.node_id for node in bad], WAYS, strict=True))))
    asked = settings(trials=3, epochs=1000, max_failures=0, cpus_per_trial=2, concurrency=None)
    running = searching(asked, nodes.address)
    until(lambda: sum("is left out" in line for line in said(caplog)) == 2)
    (light / "finish").touch()
    view = running.result(timeout=120)
    assert view.counts == {"completed": 3}, [row.reason for row in view.rows]
    assert len(said(caplog)) == 2


@pytest.mark.slow
def test_where_no_node_is_left_the_search_is_interrupted_and_goes_on_when_one_is(
    nodes: Nodes, light: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_NOBODY_SECONDS", 1.0)
    [node] = nodes.only(1)
    (light / "unfit.json").write_text(json.dumps({node.node_id: "raises"}))
    asked = settings(trials=1, max_failures=0)
    resume = f"galaxy resume first --address {nodes.address}"
    message = rf"^no node takes trials \(.*: OSError: no such dataset here\): `{resume}` goes on"
    with pytest.raises(NoNodeError, match=message):
        search(tiny_dataset, asked, nodes.address)
    view = read_search("runs", "first")
    assert view.state is SearchState.INTERRUPTED
    assert not any(row.state.is_ended() for row in view.rows)
    (light / "unfit.json").write_text("{}")
    (light / "finish").touch()
    assert resume_search("first", address=nodes.address, preflight=False).counts == {"completed": 1}


@pytest.mark.slow
def test_trials_go_where_nodes_are_and_on_where_those_were_lost(
    nodes: Nodes, light: Path, caplog: pytest.LogCaptureFixture, searching: Any, capfd: Any
) -> None:
    [first] = nodes.only(1)
    asked = settings(trials=4, epochs=1000, concurrency=None, cpus_per_trial=2)
    running = searching(asked, nodes.address)
    until(lambda: len(trained(light, "0000")) > 1)
    second = nodes.add()
    until(lambda: len(trained(light, "0001")) > 1)
    nodes.drain(first)
    third = nodes.add()
    until(lambda: third.node_id in trained(light, "0000"))
    nodes.kill(second)
    until(lambda: any("is lost" in line for line in said(caplog)))
    (light / "finish 0000").touch()
    until(lambda: third.node_id in trained(light, "0001"))
    (light / "finish").touch()
    view = running.result(timeout=120)
    assert (view.state, view.counts) == (SearchState.FINISHED, {"completed": 4}), [row.reason for row in view.rows]
    where = {row.trial_id: list(dict.fromkeys(trained(light, row.trial_id))) for row in view.rows}
    ids = [node.node_id for node in (first, second, third)]
    assert (where["0000"], where["0001"]) == ([ids[0], ids[2]], [ids[1], ids[2]])
    for row in view.rows:
        assert row.epochs == len(trained(light, row.trial_id))  # none twice
    assert sorted(said(caplog)) == [
        "Node has joined.",
        "Node has joined.",
        "Node is lost: its trials go on elsewhere.",
        "Node is told to end: its trials go on elsewhere.",
    ]
    printed = "".join(capfd.readouterr())
    assert "raylet" not in printed, printed
