"""Which nodes take trials, what is said of each, and when the search ends because none does."""

import threading
from dataclasses import replace

import pytest
import ray
from ray import cloudpickle

from cluster.driving import places
from cluster.driving.places import Places
from cluster.driving.ray_runner import trainable
from cluster.errors import ClusterError, NoNodeError
from cluster.nodes.asking import Node, NodeFault
from cluster.nodes.code import CodeIdentity
from cluster.workers.trainable import TrialActor
from search import SearchSettings

LAPTOP, WORKER = (Node(id, id, f"10.0.0.{last}", cpus=4, gpus=0) for last, id in enumerate(("laptop", "worker")))
OURS = CodeIdentity({"cluster/a.py": "1"}, {"keras": "3.15.1"})
OTHER = CodeIdentity({"cluster/a.py": "2"}, {"keras": "3.14.0"})
ABSENT = NodeFault("ModuleNotFoundError: No module named 'cluster'")


class Cluster:
    """Stands for Ray: its nodes, what each answers, and which of them are told to end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.nodes = [LAPTOP, WORKER]
        self.draining: set[str] = set()
        self.answers: dict[str, CodeIdentity | NodeFault | None] = {}
        monkeypatch.setattr(places, "alive_nodes", lambda **_: self.nodes)
        monkeypatch.setattr(places, "Asking", lambda *_asked, nodes: Answers(self.answers, nodes))
        monkeypatch.setattr(places, "code_identity", lambda _hypermodel: OURS)
        monkeypatch.setattr(Places, "is_lost", lambda _places, node: node in self.lost)
        self.lost: set[str] = set()

    def places(self, *, is_own: bool = False, **settings: object) -> Places:
        given = SearchSettings.model_validate({"name": "first"} | settings)
        return Places(given, is_own=is_own, command="`galaxy resume first`", clock=lambda: self.now)

    def look(self, looking: Places) -> None:
        looking._look(self.nodes, self.draining)
        looking._take_answers()


class Answers:
    """What nodes answer; one that has no answer yet goes on thinking."""

    def __init__(self, answers: dict[str, CodeIdentity | NodeFault | None], nodes: list[Node]) -> None:
        self._answers, self.nodes = answers, nodes

    def answers(self, *, seconds: float = 0.0) -> dict[Node, CodeIdentity | NodeFault]:
        said = {node: answer for node in self.nodes if (answer := self._answers.get(node.name, OURS)) is not None}
        self.nodes = [node for node in self.nodes if node not in said]
        return said

    def give_up(self) -> list[Node]:
        silent, self.nodes = self.nodes, []
        return silent


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(monkeypatch)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    caplog.clear()
    return lines


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (OTHER, "it runs other code than this command: another cluster/a.py, keras 3.14.0 instead of 3.15.1"),
        (ABSENT, ABSENT.reason),
    ],
    ids=["other code", "no packages"],
)
def test_a_node_that_cannot_run_trials_gets_none_and_a_line_says_why(
    answer: CodeIdentity | NodeFault, why: str, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.answers["worker"] = answer
    looking = cluster.places()
    looking.check()
    assert (looking.trials(), looking.closed(gpu=False)) == (4, ("worker",))
    assert said(caplog) == [f"Node worker (10.0.0.1) is left out: {why}: mend that, and start its Ray again."]
    cluster.answers["laptop"] = answer
    with pytest.raises(ClusterError, match=r"^no node takes trials: laptop \(10\.0\.0\.0\): .*; worker"):
        cluster.places().check()


def test_a_node_that_was_lost_before_it_answered_is_nothing_to_tell_of(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.lost, cluster.answers["worker"] = {"worker"}, NodeFault("The node doesn't exist any more")
    looking = cluster.places()
    looking.check()
    assert (looking.trials(), said(caplog)) == (4, [])


def test_a_node_that_takes_long_to_answer_is_waited_for_while_others_work(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.answers |= {"worker": None}
    slow, silent = cluster.places(), cluster.places()
    for looking in (slow, silent):
        looking.check()
        assert (looking.trials(), looking.closed(gpu=False)) == (4, ("worker",))
    cluster.now = 121.0
    cluster.look(silent)
    cluster.answers.clear()
    cluster.look(silent)
    cluster.look(slow)
    assert (slow.trials(), silent.trials()) == (8, 4)
    assert said(caplog) == [
        "Node worker (10.0.0.1) is left out: no worker has answered there within 120 s: mend that, and start its "
        "Ray again."
    ]


def test_a_trial_that_no_node_has_room_for_is_refused_at_once(cluster: Cluster) -> None:
    cluster.nodes = [LAPTOP, replace(WORKER, gpus=2)]
    for more in ({}, {"is_own": True, "concurrency": 2}):
        with pytest.raises(ClusterError, match=r"needs 8 CPUs and 0 GPUs on one node, .* 4 CPUs and 2 GPUs"):
            cluster.places(cpus_per_trial=8, **more).check()


def test_who_says_how_many_run_at_a_time_may_mean_nodes_that_are_yet_to_come(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    looking = cluster.places(cpus_per_trial=8, concurrency=2)
    looking.check()
    cluster.nodes = [Node("large", "large", "10.0.0.9", cpus=8, gpus=0)]
    cluster.look(looking)
    cluster.now = 900.0
    looking.raise_if_nobody()
    cluster.places(concurrency=9).check()
    assert said(caplog) == [
        "No node takes trials: one is waited for, ten minutes at most.",
        "Node large (10.0.0.9) has joined.",
        "--concurrency 9: the nodes carry 8 trials at a time, and more when others join.",
    ]


def test_each_thing_that_happens_to_a_node_is_one_line(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    looking = cluster.places()
    looking.check()
    assert looking.trials() == 8
    cluster.nodes = [LAPTOP]
    cluster.look(looking)
    assert looking.trials() == 4
    cluster.nodes = [LAPTOP, replace(WORKER, id="again"), Node("new", "other", "10.0.0.9", cpus=2, gpus=0)]
    cluster.look(looking)
    assert looking.trials() == 10
    cluster.draining = {"laptop"}
    cluster.look(looking)
    assert looking.is_leaving("laptop")
    assert not looking.is_leaving("again")
    cluster.nodes = cluster.nodes[1:]
    cluster.look(looking)
    cluster.look(looking)
    assert looking.trials() == 6
    assert said(caplog) == [
        "Node worker (10.0.0.1) is lost: its trials go on elsewhere.",
        "Node worker (10.0.0.1) is back.",
        "Node other (10.0.0.9) has joined.",
        "Node laptop (10.0.0.0) is told to end: its trials go on elsewhere.",
    ]


def test_a_node_on_which_three_workers_in_a_row_could_not_work_is_left_out(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    looking = cluster.places()
    looking.check()
    for _ in range(2):
        looking.failed("worker", "a full disk")
    looking.worked("worker")
    for _ in range(2):
        looking.failed("worker", "a full disk")
    assert not looking.is_leaving("worker")
    looking.failed("worker", "a full disk")
    looking.failed("worker", "a full disk")
    looking.failed(None, "lost nowhere")
    assert looking.is_leaving("worker")
    assert said(caplog) == ["Node worker (10.0.0.1) is left out: a full disk: mend that, and start its Ray again."]


@pytest.mark.parametrize("is_own", [True, False], ids=["its own Ray", "a cluster"])
def test_the_search_ends_when_no_node_is_left_for_ten_minutes_or_none_can_join(is_own: bool, cluster: Cluster) -> None:
    looking = cluster.places(is_own=is_own)
    looking.check()
    looking.raise_if_nobody()
    for node in ("laptop", "worker"):
        looking.differs(node, "another cluster/a.py")
    cluster.now = 599.0
    if not is_own:
        looking.raise_if_nobody()
        cluster.nodes = [replace(WORKER, id="again")]
        cluster.look(looking)
        cluster.now = 1300.0
        looking.raise_if_nobody()
        cluster.nodes = []
        cluster.look(looking)
        cluster.now = 1901.0
    own = r"no worker can begin anything on this machine \(.*edited meanwhile: another cluster/a.py\)"
    found = own if is_own else r"no node takes trials \(.*it runs other code than this command: .*\)"
    with pytest.raises(NoNodeError, match=f"^{found}: `galaxy resume first` goes on"):
        looking.raise_if_nobody()


@pytest.mark.parametrize(
    ("settings", "trials", "with_gpus", "closed"),
    [
        ({}, 12, 4, ()),
        ({"gpus_per_trial": 1}, 2, 2, ()),
        ({"gpus_per_trial": 0.5}, 4, 4, ()),
        ({"gpus_per_trial": 0.4}, 4, 4, ()),
        ({"gpus_per_trial": 2, "cpus_per_trial": 3}, 1, 1, ()),
        ({"gpus_per_trial": 0.5, "cpu_nodes_too": True}, 12, 4, ("gpus",)),
    ],
)
def test_what_nodes_carry_by_their_cpus_and_gpus(
    settings: dict[str, object], trials: int, with_gpus: int, closed: tuple[str, ...], cluster: Cluster
) -> None:
    cluster.nodes = [LAPTOP, WORKER, Node("gpus", "gpus", "10.0.0.3", cpus=4, gpus=2)]
    looking = cluster.places(**settings)
    looking.check()
    assert (looking.trials(), looking.gpu_trials()) == (trials, with_gpus)
    assert looking.closed(gpu=False) == closed


def test_when_the_search_has_ended_nothing_asks_ray_any_more(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_LOOK_SECONDS", 0.01)
    looks = []
    monkeypatch.setattr(places, "draining_nodes", lambda: looks.append(cluster.now) or set())
    looking = cluster.places()
    looking.check()
    with looking.watched():
        while len(looks) < 3:
            threading.Event().wait(0.01)
    assert not [thread for thread in threading.enumerate() if thread.name == "nodes"]


def test_nodes_that_were_found_unfit_before_get_none_and_where_all_are_the_command_ends(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    looking = cluster.places()
    looking.check()
    looking.leave_out({})
    looking.leave_out({WORKER: "storage: another one than the driver's"})
    assert (looking.trials(), looking.closed(gpu=False)) == (4, ("worker",))
    fault = "storage: another one than the driver's"
    assert said(caplog) == [f"Node worker (10.0.0.1) is left out: {fault}: mend that, and start its Ray again."]
    with pytest.raises(ClusterError, match=r"^no node takes trials: worker \(10\.0\.0\.1\): storage: .*; laptop"):
        looking.leave_out({LAPTOP: "dataset: none"})


def test_the_driver_s_code_travels_with_the_class_and_not_in_the_object_store(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a driver has there ends it without a word where that store goes first."""
    monkeypatch.setattr(ray, "put", lambda _value: pytest.fail("it was put there"))
    looking = cluster.places(hypermodel="my_models:tiny")
    sent = cloudpickle.loads(cloudpickle.dumps(trainable(None, looking)))
    assert (sent.code, sent.space) == (OURS, "my_models:tiny")
    assert (TrialActor.code, TrialActor.space) == (None, None)
