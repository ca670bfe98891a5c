"""A search on a cluster of hosts: what its user sees, and what its workers really do."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.hosts.cluster import STEPS_PER_EPOCH, Cluster
from hosts import Host, Started
from hosts.host import waited
from hosts.plan import HOME

_MOST_SECONDS = 180.0
# By then no worker goes on for a driver that was killed.
_SETTLED_SECONDS = 3.0
PROGRESS = "["
"""How the line begins that is said of each trial that has ended."""


@dataclass(frozen=True)
class Note:
    """What a worker noted. A trial is known by its ``units``.

    ``kind`` is 'step' (before it ``number`` steps were made) or 'saved' (the checkpoint after ``number`` epochs).
    ``when`` is in seconds since the machine has started.
    """

    host: str
    units: int
    kind: str
    number: int
    pid: int
    when: float


class Search:
    """A search whose trials take a node each, so that every node has one: by `start`, then `wait`."""

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        *,
        trials: int,
        epochs: int = 4,
        dataset: str | None = None,
        storage: str | None = None,
    ) -> None:
        self.cluster, self.name, self.trials, self.epochs = cluster, name, trials, epochs
        self._dataset = dataset or cluster.s3("d")
        self.storage = storage or cluster.s3("runs")
        self._runs: list[tuple[Host, Started]] = []
        for node in cluster.nodes:
            (node.root / HOME.relative_to("/") / "notes.txt").unlink(missing_ok=True)

    def start(self, host: Host | None = None, options: str = "") -> "Search":
        """Start it, on the head unless told otherwise."""
        words = f"search {shlex.quote(self._dataset)} --name {self.name} {self.options} --cpus-per-trial 2 {options}"
        return self._run(host or self.cluster.head, words)

    def resume(self, host: Host) -> "Search":
        """Resume it from a host."""
        return self._run(host, f"resume {self.name}")

    @property
    def options(self) -> str:
        """What the search is to be, in words of the command, but for the size of its trials."""
        given = f"--trials {self.trials} --epochs {self.epochs} --hypermodel noting:build"
        return f"{given} --oracle random --scheduler none"

    @property
    def command(self) -> Started:
        """The command that was started last."""
        return self._runs[-1][1]

    def lines(self) -> list[str]:
        """Return what the user saw beside the trials that ended, in all runs."""
        printed = [line for _, run in self._runs for line in run.errors().splitlines() if line.strip()]
        return [line for line in printed if not line.startswith(PROGRESS)]

    def notes(self) -> list[Note]:
        """Return what all workers have noted, by time."""
        found = []
        for node in self.cluster.nodes:
            path = node.root / HOME.relative_to("/") / "notes.txt"
            for line in path.read_text().splitlines() if path.exists() else []:
                units, kind, number, pid, when = line.split()
                found.append(Note(node.name, int(units), kind, int(number), int(pid), float(when)))
        return sorted(found, key=lambda note: note.when)

    def wait_until_all_train(self, *nodes: Host) -> None:
        """Wait until each node, or each of these, has begun an epoch behind a checkpoint.

        Raises TimeoutError if they do not, with what the search has said.
        """
        wanted = {node.name for node in (nodes or self.cluster.nodes)}

        def do() -> bool:
            behind = {one.host for one in self.notes() if one.kind == "step" and one.number > STEPS_PER_EPOCH}
            return wanted <= behind or self.command.status() is not None

        if not waited(do, _MOST_SECONDS) or self.command.status() is not None:
            raise TimeoutError(f"{self.name}: not all train: {self.command.errors()}")

    def went_on(
        self, since: float, *, host: Host | None = None, kind: str = "step", new_process: bool = False
    ) -> float:
        """Return how many seconds after ``since`` a worker, or that host's, noted ``kind`` next; infinite if none does.

        ``new_process``: one that has noted nothing before. A worker that was cut off may train a while for nobody.
        """
        before = {(one.host, one.pid) for one in self.notes()} if new_process else set()

        def found() -> list[Note]:
            later = [one for one in self.notes() if one.when > since and one.kind == kind]
            return [one for one in later if host in (None, self._host(one)) and (one.host, one.pid) not in before]

        waited(lambda: found() or self.command.status() is not None, _MOST_SECONDS)
        return min((one.when for one in found()), default=float("inf")) - since

    def wait(self, seconds: float = 300.0) -> int:
        """Wait for its end; return the exit status."""
        return self.command.wait(seconds)

    def resume_when_allowed(self, host: Host) -> None:
        """Resume it from a host, again and again while that is refused; what the last one says counts."""
        earlier, began = list(self._runs), clock()

        def goes_on() -> bool:
            self._runs = list(earlier)
            self.resume(host)
            self.went_on(began + _SETTLED_SECONDS)
            return self.command.status() in (None, 0)

        waited(goes_on, _MOST_SECONDS)

    def stop(self) -> int:
        """Have it stopped by `galaxy stop` on the head; return its exit status."""
        self.cluster.galaxy(self.cluster.head, f"stop {self.name} --storage {shlex.quote(self.storage)}")
        return self.wait()

    def leaderboard(self) -> dict[str, Any]:
        """Return what the ledger says of it, asked from the head."""
        storage = shlex.quote(self.storage)
        said = self.cluster.galaxy(self.cluster.head, f"leaderboard {self.name} --json --storage {storage}")
        document: dict[str, Any] = json.loads(said)
        return document

    def _host(self, note: Note) -> Host:
        return next(node for node in self.cluster.nodes if node.name == note.host)

    def _run(self, host: Host, words: str) -> "Search":
        where = f"--storage {shlex.quote(self.storage)} --address auto --json"
        command = f"cd galaxy-tuner && exec .venv/bin/galaxy {words} {where}"
        self._runs.append((host, host.start(command)))
        return self


def clock() -> float:
    """Return the time of the clock that notes have."""
    return float(Path("/proc/uptime").read_text().split()[0])
