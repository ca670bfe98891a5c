"""Kill searches at random moments, resume them until they are done, and compare ledger and what workers really ran.

    PYTHONPATH=tests python -m benchmarks.durability.kills --kills 25 --trials 30 [--oracle hyperband --epochs 9] [--s3]

The kinds take turns. SIGKILL: of the driver alone; of the driver and all of Ray at once (as when the machine goes
down); of one worker; of a worker between a checkpoint and its report; of everything at that moment. SIGTERM: to the
driver; to one worker (as a spot node's notice is); to everything (as systemd and Slurm send it). And memory that
another program takes until Ray has ended a worker for it: a search is allowed 4 GiB more than was used as it began.
With ``--s3`` dataset and storage are on moto's server, in this process, which lives on. What counts as lost or repeated
stands in `comparing`; an infeasible trial is lost.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.durability.comparing import lost, repeated
from benchmarks.durability.noted_search import LINES_PER_EPOCH, Line, NotedSearch
from benchmarks.durability.processes import descendants, environment, title

from cluster.nodes.memory import started
from datasets import open_folder
from search import LedgerError, Row, read_search

KINDS = (
    "driver",
    "machine",
    "worker",
    "worker after a checkpoint",
    "machine after a checkpoint",
    "driver told",
    "worker told",
    "machine told",
    "memory",
)
_TOLD = 128 + signal.SIGTERM
_MEMORY = 4 * 2**30
_HOG_SECONDS = 20.0
_EPOCHS = 3
# Some kills fall into the start, before any training.
_WHILE_STARTING, _STARTING_SECONDS = 0.15, 12.0


@dataclass
class Outcome:
    """What ledger and workers' file say once every search has finished. ``seconds`` is wall time, all included."""

    kills: Counter[str] = field(default_factory=Counter)
    searches: int = 0
    runs: int = 0
    trials: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(
    folder: Path,
    *,
    kills: int,
    trials: int,
    seed: int,
    oracle: str = "tpe",
    scheduler: str = "none",
    epochs: int = _EPOCHS,
    concurrency: int = 2,
    uri: str | None = None,
) -> Outcome:
    """Search in ``folder`` (empty) by one search after another until ``kills`` kills were made; each moment is drawn.

    Dataset and storage are in the folder too, or below ``uri``.
    """
    outcome, chance, began = Outcome(), random.Random(seed), time.monotonic()
    while outcome.kills.total() < kills:
        name = f"search-{outcome.searches}"
        (folder / name).mkdir()
        search = NotedSearch(
            folder / name,
            open_folder(uri or folder).child(name).uri,
            name,
            oracle,
            scheduler,
            trials,
            epochs,
            concurrency,
            # A few kills take no memory; nor are they to be disturbed by what else the machine does.
            memory=_MEMORY if kills >= len(KINDS) else None,
        )
        search.prepare()
        Killer(search, outcome, chance, kills).run()
        outcome.searches += 1
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


class Killer:
    """Runs one search to its end, killed on the way."""

    def __init__(self, search: NotedSearch, outcome: Outcome, chance: random.Random, kills: int) -> None:
        self._search, self._outcome, self._chance, self._kills = search, outcome, chance, kills
        # Half of it, on average, lies between two kills, and what was cut off is noted again: all fit in one search.
        self._most_lines = max(2, 6 * search.trials * search.epochs * LINES_PER_EPOCH // (5 * (kills + 1)))
        self._drivers: set[int] = set()
        self._family: set[int] = set()
        self._earlier: dict[str, Row] = {}

    def run(self) -> None:
        """Start, kill and resume until the search has finished, then compare."""
        status: int | None = None
        while status != 0:
            self._outcome.runs += 1
            process = self._search.start()
            self._drivers.add(process.pid)
            while process.poll() is None and self._outcome.kills.total() < self._kills:
                self._kill(process)
            status = process.wait()
            if status not in (0, _TOLD) and status > 0:
                raise RuntimeError(f"status {status}:\n{(self._search.folder / 'log.txt').read_text()[-3000:]}")
            self._remember()
        self._compare()
        self._sweep()

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the next moment and kill something; the driver may live on."""
        kind = KINDS[self._outcome.kills.total() % len(KINDS)]
        writer = self._wait_for_the_moment(process, kind)
        if process.poll() is not None:
            return
        family = descendants(process.pid)
        self._family.update(family)
        workers = [pid for pid in family if title(pid).startswith("ray::ResourceTrainable")]
        if kind == "memory":
            self._outcome.kills[kind] += _take_memory(process, workers, self._search.environment)
            return
        worker = [writer] if writer else workers[:1]
        doomed = {"driver": [process.pid], "machine": [process.pid, *family], "worker": worker}[kind.split()[0]]
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if kind.endswith("told") else signal.SIGKILL)
        self._outcome.kills[kind] += bool(doomed)
        if process.pid in doomed:
            process.wait()

    def _wait_for_the_moment(self, process: subprocess.Popen[bytes], kind: str) -> int | None:
        """Wait for as many lines, or seconds, as are drawn; return which worker is between checkpoint and report."""
        if self._chance.random() < _WHILE_STARTING:
            seconds = self._chance.uniform(0, _STARTING_SECONDS)
            began = time.monotonic()
            _wait(process, lambda: time.monotonic() - began > seconds)
            return None
        self._wait_for_lines(process, self._chance.randint(1, self._most_lines))
        if kind.endswith("checkpoint"):
            with self._pause():
                return self._wait_for_checkpoint(process)
        time.sleep(self._chance.random() / 4)
        return None

    def _wait_for_lines(self, process: subprocess.Popen[bytes], more: int) -> None:
        goal = len(self._lines()) + more
        _wait(process, lambda: len(self._lines()) >= goal)

    def _wait_for_checkpoint(self, process: subprocess.Popen[bytes]) -> int | None:
        before = len(self._lines())

        def saved() -> list[int]:
            return [line.pid for line in self._lines()[before:] if line.kind == "saved"]

        _wait(process, lambda: bool(saved()))
        return next(iter(saved()), None)

    @contextlib.contextmanager
    def _pause(self) -> Iterator[None]:
        pause = self._search.folder / "pause"
        pause.touch()
        try:
            yield
        finally:
            pause.unlink()

    def _lines(self) -> list[Line]:
        return [line for line in self._search.lines() if line.pid not in self._drivers]

    def _remember(self) -> None:
        """Keep what the ledger holds of ended trials, to be found again at the end."""
        with contextlib.suppress(LedgerError):  # killed before the search had its name
            rows = read_search(self._search.storage, self._search.name).rows
            self._earlier |= {row.trial_id: row for row in rows if row.state.is_ended()}

    def _compare(self) -> None:
        view = read_search(self._search.storage, self._search.name)
        lines, trials = self._lines(), view.specification.settings.trials
        self._outcome.trials += len(view.rows)
        self._outcome.lost += lost(view.rows, lines, trials=trials, earlier=self._earlier)
        self._outcome.repeated += repeated(view.rows, lines)

    def _sweep(self) -> None:
        """End what killed drivers left behind of their own Ray."""
        for pid in self._family:
            if str(self._search.folder) in environment(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _take_memory(process: subprocess.Popen[bytes], workers: list[int], environment: dict[str, str]) -> bool:
    """Take all the memory that Ray allows until one of ``workers`` has ended; say whether one has."""
    hog = subprocess.Popen([sys.executable, "-m", "benchmarks.durability.hog"], env=environment)
    began = time.monotonic()
    _wait(process, lambda: time.monotonic() - began > _HOG_SECONDS or any(started(pid) is None for pid in workers))
    hog.kill()
    hog.wait()
    return any(started(pid) is None for pid in workers)


def _wait(process: subprocess.Popen[bytes], until: Callable[[], bool]) -> None:
    while process.poll() is None and not until():
        time.sleep(0.02)


@contextlib.contextmanager
def s3_storage() -> Iterator[str]:
    """Serve S3 from this process; give the URI of its bucket."""
    from s3_server import S3Server

    credentials = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update(credentials | {"AWS_EC2_METADATA_DISABLED": "true"})
    server = S3Server()
    server.make_bucket()
    yield server.uri
    server.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--oracle", default="tpe")
    parser.add_argument("--scheduler", default="none")
    parser.add_argument("--epochs", type=int, default=_EPOCHS)
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = vars(parser.parse_args())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True)))
        uri = stack.enter_context(s3_storage()) if given.pop("s3") else None
        outcome = run(folder, uri=uri, **given)
    sys.stdout.write(json.dumps(vars(outcome), indent=2) + "\n")
    raise SystemExit(bool(outcome.lost or outcome.repeated))


if __name__ == "__main__":
    main()
