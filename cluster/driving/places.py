"""Which nodes take trials. One line says what happens to a node: lost, back, joined, drained, left out and why.

A node takes trials once it has said that it runs the driver's code, until it is lost, is told to end (it drains), or
three workers in a row could not begin a trial there: that is the node's fault, never a trial's. A node that is left out
stays so until its Ray is started anew, which makes it another node to Ray.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Event, Lock, Thread

from ray.exceptions import RayError

from cluster.driving.interrupting import Terminated
from cluster.driving.needs import Needs
from cluster.driving.place import Place, State
from cluster.errors import ClusterError, NoNodeError, RayGoneError
from cluster.nodes.asking import Asking, Node, NodeFault, alive_nodes, is_gone
from cluster.nodes.code import CodeIdentity, code_identity
from cluster.nodes.control_service import draining_nodes
from cluster.workers.by_value import modules_of
from search import SearchSettings

_LOOK_SECONDS = 2.0
# The first ones are waited for before anything runs; one that takes longer joins when it has answered.
_FIRST_ANSWER_SECONDS, _LATE_ANSWER_SECONDS = 30.0, 120.0
_NOBODY_SECONDS = 600.0
_JOIN_SECONDS = 5.0
_MOST_FAULTS = 3
_MEND = "mend that, and start its Ray again"
_log = logging.getLogger(__name__)


class Places:
    """The nodes of the connected Ray that have what a trial needs. For any thread.

    ``is_own``: Ray is this process's own, which nobody joins. ``sent`` is what workers are sent of a HyperModel
    that was given as an object.

    Attributes:
        command: What goes on when nodes are back.
        needs: What a trial needs.
        code: What the driver runs, and so must every worker.
        hypermodel: The search's ``module:object`` in it, or what `modules_of` says of an object; None for neither.
    """

    def __init__(
        self,
        settings: SearchSettings,
        *,
        is_own: bool,
        command: str,
        sent: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.needs = Needs.of(settings)
        self.hypermodel = modules_of(sent) if settings.is_by_value else settings.hypermodel
        self.code = code_identity(self.hypermodel)
        self._wanted = settings.concurrency or 0
        self._is_own, self.command, self._clock = is_own, command, clock
        self._places: dict[str, Place] = {}
        self._lost: set[tuple[str, str]] = set()
        self._asked: list[tuple[float, Asking[CodeIdentity]]] = []
        self._reasons: list[str] = []
        self._nobody_since: float | None = None
        self._lock = Lock()
        self._ended = Event()

    def check(self) -> None:
        """Ask every node which code it runs. Raises ClusterError, one line, if none takes trials.

        Who says how many trials to run at a time may mean nodes that are yet to come, as those of an autoscaler do.
        """
        nodes = alive_nodes()
        able = [node for node in nodes if self.needs.trials(node)]
        if not able:
            reason = self.needs.lacking(nodes)
            if self._is_own or not self._wanted:
                more = "" if self._is_own else ", or give --concurrency to wait for nodes that are yet to join"
                raise ClusterError(f"{reason}: lower --cpus-per-trial or --gpus-per-trial{more}")
            self._reasons.append(reason)
            self._note_nobody()
            return
        self._ask(able, is_new=False)
        self._take_answers(seconds=_FIRST_ANSWER_SECONDS)
        if not self.trials():
            self._take_answers(seconds=_LATE_ANSWER_SECONDS)
        if not self.trials():
            raise ClusterError(f"no node takes trials: {'; '.join(self._reasons)}")
        if self._wanted > self.trials():
            _log.warning(
                "--concurrency %d: the nodes carry %d trials at a time, and more when others join.",
                self._wanted,
                self.trials(),
            )

    def leave_out(self, nodes: Mapping[Node, str]) -> None:
        """Give these nodes no trials, each for its reason. Raises ClusterError, one line, if no other takes any."""
        with self._lock:
            known = [node for node in nodes if node.id in self._places]
        for node in known:
            self._leave_out(node, nodes[node])
        if known and not self.trials():
            raise ClusterError(f"no node takes trials: {'; '.join(self._reasons)}")

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """While the block runs, look at the nodes every other second."""
        watching = Thread(target=self._watch, name="nodes", daemon=True)
        watching.start()
        patience = _JOIN_SECONDS
        try:
            yield
        except Terminated:  # Ray is not shut down then
            patience = 0.0
            raise
        finally:
            self._ended.set()
            # Whoever asks Ray when it has been shut down has the process ended by it.
            watching.join(patience)

    def raise_if_nobody(self) -> None:
        """Raise NoNodeError, one line, if no node has taken trials for ten minutes."""
        since = self._nobody_since
        if since is not None and self._clock() - since > self._patience:
            reasons = f" ({'; '.join(self._reasons[-2:])})" if self._reasons else ""
            if self._is_own:
                raise NoNodeError(f"no worker can begin anything on this machine{reasons}: {self.command} goes on")
            raise NoNodeError(f"no node takes trials{reasons}: {self.command} goes on when one does")

    @property
    def _patience(self) -> float:
        # Nobody joins a Ray of our own.
        return 0.0 if self._is_own else _NOBODY_SECONDS

    def trials(self) -> int:
        """Return how many trials the nodes carry that take some."""
        with self._lock:
            return sum(self.needs.trials(place.node) for place in self._places.values() if place.state is State.TAKES)

    def gpu_trials(self) -> int:
        """Return how many of them have GPUs."""
        with self._lock:
            taking = [place.node for place in self._places.values() if place.state is State.TAKES]
            return sum(self.needs.trials(node) for node in taking if node.gpus)

    def closed(self, *, gpu: bool) -> tuple[str, ...]:
        """Return the ids of the nodes that take no trial with GPUs, or none without."""
        with self._lock:
            return tuple(
                sorted(
                    name
                    for name, place in self._places.items()
                    if place.state is not State.TAKES or (self.needs.is_mixed and not gpu and place.node.gpus)
                )
            )

    def is_leaving(self, node: str | None) -> bool:
        """Whether trials on the node are to go on elsewhere."""
        with self._lock:
            place = None if node is None else self._places.get(node)
            return place is not None and place.state in (State.DRAINS, State.LEFT_OUT)

    def is_lost(self, node: str | None) -> bool:
        """Whether the node is gone, by what Ray knows of it now. Asks Ray."""
        return node is not None and is_gone(node)

    def worked(self, node: str | None) -> None:
        """Take in that a trial has trained on the node."""
        with self._lock:
            if node is not None and node in self._places:
                self._places[node].faults = 0

    def failed(self, node: str | None, reason: str) -> None:
        """Take in that a worker on the node could not do its work, for no fault of its trial."""
        with self._lock:
            place = None if node is None else self._places.get(node)
            if place is None:
                return
            place.faults += 1
            is_enough = place.faults >= _MOST_FAULTS
        _log.info("%s: %s", place.node, reason)
        if is_enough:
            self._leave_out(place.node, reason)

    def differs(self, node: str | None, differences: str) -> None:
        """Take in that a worker on the node runs other code than the driver."""
        with self._lock:
            place = None if node is None else self._places.get(node)
        if place is not None:
            self._leave_out(
                place.node, f"edited meanwhile: {differences}" if self._is_own else _other_code(differences)
            )

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            # A Ray that has gone away is noticed elsewhere.
            with contextlib.suppress(RayGoneError, RayError, OSError, RuntimeError):
                self._look(alive_nodes(patience=0.0), draining_nodes())
                self._take_answers()

    def _look(self, nodes: Iterable[Node], draining: Iterable[str]) -> None:
        """Take in which nodes there are now, and which of them are told to end."""
        here = {node.id: node for node in nodes if self.needs.trials(node)}
        with self._lock:
            gone = [self._places.pop(name) for name in [*self._places] if name not in here]
            new = [node for name, node in here.items() if name not in self._places]
            told = [place for name in draining if (place := self._places.get(name)) and place.state is State.TAKES]
            for place in told:
                place.state = State.DRAINS
        for place in told:
            _log.warning("Node %s is told to end: its trials go on elsewhere.", place.node)
        for place in gone:
            if place.state is State.TAKES:
                self._lost.add((place.node.name, place.node.address))
                _log.warning("Node %s is lost: its trials go on elsewhere.", place.node)
        if new:
            self._ask(new, is_new=True)
        self._note_nobody()

    def _ask(self, nodes: list[Node], *, is_new: bool) -> None:
        """Ask nodes which code they run."""
        with self._lock:
            for node in nodes:
                self._places[node.id] = Place(node, State.ASKED, is_new)
        if self._is_own:
            for node in nodes:
                self._open(node)
        else:
            self._asked.append((self._clock(), Asking(code_identity, self.hypermodel, nodes=nodes)))

    def _take_answers(self, *, seconds: float = 0.0) -> None:
        """Take in what nodes have answered so far, or within ``seconds``."""
        for when, asking in self._asked:
            for node, answer in asking.answers(seconds=seconds).items():
                if not isinstance(answer, NodeFault):
                    found = self.code.differences(answer)
                    if found:
                        self._leave_out(node, _other_code(", ".join(found)))
                    else:
                        self._open(node)
                elif self.is_lost(node.id):
                    self._forget(node)
                else:
                    self._leave_out(node, answer.reason)
            if self._clock() - when > _LATE_ANSWER_SECONDS:
                for node in asking.give_up():
                    self._leave_out(node, f"no worker has answered there within {_LATE_ANSWER_SECONDS:g} s")
        self._asked = [one for one in self._asked if one[1].nodes]
        self._note_nobody()

    def _forget(self, node: Node) -> None:
        """Forget a node that was lost before it took any trial."""
        with self._lock:
            self._places.pop(node.id, None)

    def _open(self, node: Node) -> None:
        with self._lock:
            place = self._places.get(node.id)
            if place is None or place.state is not State.ASKED:
                return
            place.state = State.TAKES
        if place.is_new:
            name = (node.name, node.address)
            _log.warning("Node %s %s.", node, "is back" if name in self._lost else "has joined")
            self._lost.discard(name)

    def _leave_out(self, node: Node, reason: str) -> None:
        with self._lock:
            place = self._places.get(node.id)
            if place is None or place.state is State.LEFT_OUT:
                return
            place.state = State.LEFT_OUT
            self._reasons.append(f"{node}: {reason}")
        if not self._is_own:  # else the search ends, and says why
            _log.warning("Node %s is left out: %s: %s.", node, reason, _MEND)
        self._note_nobody()

    def _note_nobody(self) -> None:
        if self.trials():
            self._nobody_since = None
        elif self._nobody_since is None:
            self._nobody_since = self._clock()
            if not self._is_own:
                _log.warning("No node takes trials: one is waited for, ten minutes at most.")


def _other_code(differences: str) -> str:
    return f"it runs other code than this command: {differences}"
