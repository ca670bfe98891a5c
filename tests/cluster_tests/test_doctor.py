"""What `galaxy doctor` looks at: each fault of a node with its advice, and the nodes of a Ray that is up."""

import os
import pwd
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster

from cluster import Check, ClusterError, examine
from cluster.driving.connection import connected
from cluster.driving.places import Places
from cluster.jobs.preflight import preflight
from cluster.nodes import examining, this_machine
from cluster.nodes.code import CodeIdentity, code_identity
from cluster.nodes.facts import Facts, Request, Space, Storage, Token, sweep
from cluster.nodes.judging import Seen, judge
from cluster.nodes.limits import Limits
from cluster.nodes.memory import NodeMemory
from datasets import Dataset, open_folder
from search import SearchSettings, SpaceError

GB = 10**9
WELL = Facts(
    host="here",
    token=Token("/home/me/.ray/auth_token", 0o600, is_there=True, is_required=True),
    storage=Storage({}, has_drivers=True),
    dataset=("abcdef0123", 0),
    temporary=Space("/tmp", 50 * GB, 100 * GB),
    cache=Space("/tmp/galaxy-tuner-1", 50 * GB, 100 * GB),
    shared_memory=Space("/dev/shm", 4 * GB, 8 * GB),
    memory=NodeMemory(16 * GB, 2 * GB),
    gpus=(("H200", 140 * GB),),
    limits=Limits(65536, 30000),
    cpus=4,
)
DENIED = "ACCESS_DENIED at ListObjectsV2"
SEEN = Seen(gpus=1, shares_storage=True, offset=0.01, within=0.02)
S3 = Request("s3://bucket/runs")


def judged(facts: Facts = WELL, seen: Seen = SEEN, request: Request = S3) -> list[Check]:
    return [*judge("here", facts, seen, request, fingerprint="abcdef0123")]


def test_a_node_that_is_well_has_no_fault() -> None:
    assert [check for check in judged() if not check.ok] == []
    assert judged(replace(WELL, gpus=None, limits=Limits(None, None), memory=None), replace(SEEN, gpus=0))


@pytest.mark.parametrize(
    ("facts", "seen", "check", "found", "advice"),
    [
        ({"token": Token("/t", None, False, True)}, {}, "token", "none in /t", "copy the driver's"),
        ({"token": Token("/t", 0o644, True, True)}, {}, "token", r"others may read /t \(mode 0644\)", "chmod 600 /t"),
        ({"token": Token("/t", 0o600, True, False)}, {}, "token", "without it", "RAY_AUTH_MODE=token"),
        (
            {"storage": Storage({"list": DENIED, "delete": DENIED})},
            {},
            "storage",
            "list, delete: ACC",
            "allow s3:ListBucket",
        ),
        ({"storage": Storage({"read": "no route"})}, {}, "storage", "read: no route", "credentials for it"),
        ({}, {"shares_storage": False}, "storage", "another one than the driver's", "name the same one"),
        ({"dataset": "'/d' is not a dataset"}, {}, "dataset", "'/d' is not", "the same path"),
        ({"dataset": ("123456789", 0)}, {}, "dataset", "12345678… instead of the driver's abcdef01…", "the same"),
        ({"temporary": Space("/tmp", 9 * 10**8, GB)}, {}, "temporary files", r"0.9 GB .*, expected 1.0 GB", "TMPDIR"),
        ({"dataset": ("abcdef0123", 60 * GB)}, {}, "dataset cache", "50.0 GB .*, expected 60.0 GB", "GALAXY_CACHE"),
        ({"cache": Space("/c", fault="No such device")}, {}, "dataset cache", "/c: No such device", "GALAXY_CACHE"),
        ({"shared_memory": Space("/dev/shm", 0, GB)}, {}, "/dev/shm", "0.0 GB free of 1.0 GB", "--shm-size"),
        ({"memory": NodeMemory(4 * GB, 3 * GB)}, {}, "memory", "0.8 GB left of 4.0 GB, expected 2.1", "end other"),
        ({"gpus": None}, {}, "GPUs", "0, but Ray was told of 1", "--num-gpus=0"),
        ({"gpus": "nvidia-smi: no driver"}, {}, "GPUs", "no driver", "mend"),
        ({}, {"offset": -600.0}, "clock", "600.0 s behind the driver's", "chrony"),
        ({"limits": Limits(1024, None)}, {}, "open files", "1,024 a process, expected 4,096", "ulimit -n 65536"),
        ({"limits": Limits(None, 100)}, {}, "processes", "100 more may be started, expected 506", "ulimit -u"),
    ],
    ids=str,
)
def test_each_fault_is_found_alone_and_has_one_line_of_advice(
    facts: dict[str, object], seen: dict[str, object], check: str, found: str, advice: str
) -> None:
    faults = [made for made in judged(replace(WELL, **facts), replace(SEEN, **seen)) if not made.ok]  # type: ignore[arg-type]
    assert [made.check for made in faults] == [check]
    fault = faults[0]
    assert re.search(found, fault.found), fault.found
    assert fault.advice is not None
    assert advice in fault.advice
    assert "\n" not in fault.found + fault.advice


@pytest.mark.parametrize(("name", "said"), [("astro", "astro"), (None, f"user {os.getuid()}")])
def test_a_folder_that_cannot_be_written_is_said_to_whom(
    name: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may run as a number without an entry in /etc/passwd."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    names: dict[int, list[str]] = {} if name is None else {os.getuid(): [name]}
    monkeypatch.setattr(pwd, "getpwuid", names.__getitem__)
    checks = judged(replace(WELL, storage=Storage({"write": "denied"})), request=Request("/mounted/runs"))
    assert [made.advice for made in checks if not made.ok] == [f"mount it there, writable for {said}"]


@pytest.mark.parametrize(("scheme", "is_left_out"), [("s3://b/", False), ("/mounted/", True)])
def test_an_object_store_that_is_slow_leaves_no_node_out(scheme: str, is_left_out: bool) -> None:
    silent = "no answer within 5 s"
    facts = replace(WELL, storage=Storage({"write": silent}), dataset=silent)
    faults = [made for made in judged(facts, request=Request(f"{scheme}runs", dataset=f"{scheme}d")) if not made.ok]
    assert {made.check: made.is_grave for made in faults} == {"storage": is_left_out, "dataset": is_left_out}


@pytest.mark.parametrize("address", [None, "127.0.0.1:1"])
@pytest.mark.parametrize(
    ("hypermodel", "message"), [("absent:build", "expected the module absent in"), ("absent", "expected module:object")]
)
def test_a_space_that_is_not_here_is_no_space_that_all_have(hypermodel: str, message: str, address: str | None) -> None:
    with pytest.raises(SpaceError, match=message):
        examine(address, hypermodel=hypermodel)


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_storage_that_was_waited_for_in_vain_is_not_waited_for_again(
    is_silent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    class Sweep:
        def __init__(self, *_: object) -> None:
            self.answer = waited.append

    monkeypatch.setattr(this_machine, "gather", lambda _: replace(WELL, storage=Storage({}, is_silent=is_silent)))
    monkeypatch.setattr(this_machine, "Asked", Sweep)
    this_machine.examine_here(Request(str(tmp_path), ".doctor-0"))
    assert bool(waited) is not is_silent


@pytest.mark.parametrize("place", ["typo/a/b", "there", "there/new"])
@pytest.mark.parametrize("spell", ["{}", "file://{}"])
def test_nothing_is_left_of_a_storage_that_was_looked_at(place: str, spell: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    checks = examine(None, storage=spell.format(tmp_path / place))
    assert [check.found for check in checks if check.check == "storage"] == ["writable"]
    assert [*tmp_path.rglob("*")] == [tmp_path / "there"]


def test_who_made_a_folder_removes_it_when_the_other_nodes_that_share_it_have_looked(tmp_path: Path) -> None:
    storage, probes = tmp_path / "theirs", tmp_path / "theirs" / ".doctor-0"
    probes.mkdir(parents=True)

    def write_again(seconds: float) -> None:  # as who has found the folder there
        probes.mkdir()
        time.sleep(seconds)
        shutil.rmtree(probes)

    other = threading.Thread(target=write_again, args=(0.5,))

    class Probes:
        local = probes

        def delete_tree(self) -> None:
            shutil.rmtree(probes)
            other.start()
            while not probes.exists():
                time.sleep(0.01)

    sweep(Probes(), [str(storage)])  # type: ignore[arg-type]
    other.join()
    assert [*tmp_path.iterdir()] == []
    storage.mkdir()
    (storage / "of somebody").touch()
    sweep(open_folder(probes), [str(storage)])
    assert [*storage.iterdir()] == [storage / "of somebody"]


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[Cluster]:
    """Two raylets on this machine, the driver's and another."""
    memory = 100_000_000
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": memory})
    cluster.add_node(num_cpus=1, object_store_memory=memory)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a node as long as a machine that does other things needs."""
    monkeypatch.setattr(examining, "NODE_SECONDS", 60.0)


def faults_of(checks: tuple[Check, ...]) -> dict[tuple[str, str], str]:
    return {(check.node, check.check): check.found for check in checks if not check.ok}


@pytest.mark.slow
def test_every_node_is_asked_and_one_that_is_silent_keeps_nothing_from_the_others(
    two_nodes: Cluster, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"storage": str(tmp_path / "runs"), "dataset": tiny_dataset.info.path}
    checks = examine(two_nodes.address, **places)
    assert faults_of(checks) == {}
    nodes = {check.node for check in checks}
    assert len(nodes) == 2
    assert all(
        {check.check for check in checks if check.node == node} >= {"code", "clock", "storage"} for node in nodes
    )
    assert [check.found for check in checks if check.check == "storage"] == ["writable; the same as the driver's"] * 2
    # Nothing is left, nor a storage that was not there.
    assert not (tmp_path / "runs").exists()

    monkeypatch.setattr(examining, "NODE_SECONDS", 10.0)
    raylet = two_nodes.worker_nodes.copy().pop().all_processes["raylet"][0].process.pid
    os.kill(raylet, signal.SIGSTOP)
    try:
        checks = examine(two_nodes.address, **places)
    finally:
        os.kill(raylet, signal.SIGCONT)
    silent, *others = {node for node, _ in faults_of(checks)}
    assert others == []
    assert faults_of(checks)[silent, "answer"] == "no answer within 10 s"
    assert {check.check for check in checks if check.node != silent and check.ok} >= {"code", "clock", "storage"}


@pytest.mark.slow
def test_of_a_node_with_other_code_nothing_else_is_judged_where_that_may_mean_something_else(
    two_nodes: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = code_identity(None)
    for changed, judged_too in (("trainer/scores.py", True), ("cluster/nodes/facts.py", False)):
        mine = CodeIdentity({**ours.files, changed: "0"}, ours.versions)
        monkeypatch.setattr(examining, "code_identity", lambda _hypermodel, mine=mine: mine)
        checks = examine(two_nodes.address)
        assert {*faults_of(checks).values()} == {f"another {changed}"}
        assert ("memory" in {check.check for check in checks}) is judged_too


@pytest.mark.slow
def test_a_storage_that_only_seems_the_same_is_told_apart(
    two_nodes: Cluster, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each node has a folder of its own at a path: a worker sees another one than the driver, as on two machines."""
    request = Request(str(tmp_path / "theirs"), ".doctor-0")
    real = examining.on_each_node

    def elsewhere(function: Any, *given: object, **options: Any) -> Any:
        return real(function, *(request if isinstance(one, Request) else one for one in given), **options)

    monkeypatch.setattr(examining, "on_each_node", elsewhere)
    checks = examine(two_nodes.address, storage=str(tmp_path / "mine"))
    assert {check for _, check in faults_of(checks)} == {"storage"}
    assert {*faults_of(checks).values()} == {"another one than the driver's"}
    assert [*tmp_path.iterdir()] == []
    # So nothing runs there.
    settings = SearchSettings(name="first")
    with connected(two_nodes.address, settings):
        places = Places(settings, is_own=False, command="")
        places.check()
        with pytest.raises(ClusterError, match=r"no node takes trials: .*storage: another one than the driver's"):
            preflight(places, storage=str(tmp_path / "mine"), dataset=tiny_dataset.info.path)
