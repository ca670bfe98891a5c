"""Thousands of trials that only sleep, through the real searcher, conductor, ledger and Ray Tune.

Run from the repository's root: ``python tests/benchmarks/scale/sleeping.py [--workers 8] [--trials 500] [--epochs 2]
[--sleep 0.05] [--oracle random] [--s3] [--without-tune]``. A trial is the real one but for its training: an epoch is a
sleep and a score. Nothing imports TensorFlow on the workers. Workers are logical: many share this machine's CPUs. With
``--without-tune`` a loop of a few lines stands for Ray Tune and its workers: what is left is what this project adds.

It prints, for each tenth of the search, trials a second, what a suggestion and a record cost the conductor in CPU time
(a busy machine lengthens all else), and the driver's CPU time and memory; then how long Tune's loop waited for
suggestions, events (suggestions, reports and ends) a second, the ledger's files and bytes, and with ``--s3`` (moto's
server, in a process of its own) the requests of each kind a trial, apart from those that the time costs.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import argparse
import contextlib
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import keras_tuner

sys.path.insert(0, str(Path(__file__).parents[2]))
# Ray's workers import the actor, too.
os.environ["PYTHONPATH"] = sys.path[0]
from benchmarks.scale.sleeping_actor import SleepingActor, SleepingSession
from search_tests import examples

from cluster.driving import ray_runner
from cluster.driving.connection import connected
from cluster.driving.places import Places
from cluster.driving.searcher import ConductorSearcher
from cluster.jobs.running import driving
from cluster.workers.trainable import NODE, as_result
from search import (
    Conductor,
    Ledger,
    SearchLayout,
    SearchSettings,
    SearchState,
    TrialState,
    create_search,
    make_oracle,
)

TENTHS = 10


@dataclass
class Notes:
    """What was measured, in seconds and bytes."""

    suggesting: list[float] = field(default_factory=list)
    ending: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    reports: int = 0


@contextlib.contextmanager
def noted() -> Iterator[Notes]:
    """Time what the conductor and the searcher do."""
    notes = Notes()

    def timed(
        owner: type,
        name: str,
        times: list[float],
        after: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any) -> Any:
            began = clock()
            result = real(*arguments)
            times.append(clock() - began)
            after()
            return result

        setattr(owner, name, call)

    def note_end() -> None:
        notes.ended.append(time.monotonic())
        notes.cpu.append(time.process_time())
        notes.resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))

    def note_report() -> None:
        notes.reports += 1

    timed(Conductor, "suggest", notes.suggesting)
    timed(Conductor, "end", notes.ending, note_end)
    timed(Conductor, "progress", [], note_report)
    timed(ConductorSearcher, "suggest", notes.waiting, clock=time.perf_counter)
    yield notes


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    for number in range(8):
        hp.Float(f"x{number}", 0.0, 1.0)
    return hp


def search(storage: str, options: argparse.Namespace) -> tuple[Notes, SearchLayout, float]:
    """Run the search; return what was noted, where it lies, and its seconds."""
    settings = SearchSettings(
        name="scale",
        trials=options.trials,
        epochs=options.epochs,
        oracle=options.oracle,
        scheduler="none",
        concurrency=options.workers,
    )
    asked, layout = examples.specification(settings), SearchLayout.of(storage, settings.name)
    oracle = make_oracle(
        options.oracle, hyperparameters=space(), objective=asked.objective, max_trials=options.trials, seed=1
    )
    if options.without_tune:
        with noted() as notes, driving(layout) as place:
            create_search(layout, asked)
            conductor = Conductor.resumed(asked, Ledger(layout, place), oracle)
            began = time.monotonic()
            drive(conductor, layout, options)
            return notes, layout, time.monotonic() - began
    ray_runner.TrialActor = SleepingActor  # type: ignore[misc]
    with connected("local", settings), noted() as notes:
        places = Places(settings, is_own=True, command="it")
        places.check()
        with driving(layout) as place:
            create_search(layout, asked)
            ledger = Ledger(layout, place)
            conductor = Conductor.resumed(asked, ledger, oracle)
            ledger.write_state(SearchState.RUNNING)
            began = time.monotonic()
            ray_runner.run_on_ray(conductor, layout, address="local", places=places)
            seconds = time.monotonic() - began
            ledger.write_state(SearchState.FINISHED)
    return notes, layout, seconds


class Everywhere:
    """Nodes that take every trial, at once."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def trials(self) -> int:
        return self._workers

    def is_leaving(self, node: str | None) -> bool:
        return False

    def worked(self, node: str) -> None:
        pass


def drive(conductor: Conductor, layout: SearchLayout, options: argparse.Namespace) -> None:
    """Hand the searcher what Ray Tune would, with as many trials at a time as there are workers."""
    places: Any = Everywhere(options.workers)
    searcher = ConductorSearcher(conductor, layout, is_ray_gone=lambda: False, places=places)
    running: dict[str, SleepingSession] = {}
    number, is_finished = 0, False
    while running or not is_finished:
        config: Any = searcher.suggest(name := f"tune-{number}")
        if isinstance(config, dict):
            number += 1
            searcher.on_trial_start(name)
            running[name] = SleepingSession(conductor.record(config["trial"]), options.epochs, 0.0)
        is_finished = is_finished or config == ConductorSearcher.FINISHED
        for name, session in [*running.items()] if config is None or is_finished else ():
            record = session.step()
            result = as_result(record) | {"declared": "[]", NODE: "one"}
            if record.state.is_ended():
                searcher.on_trial_complete(name, result)
                del running[name]
            else:
                searcher.on_trial_result(name, result)
    searcher.close()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def milliseconds(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{1000 * statistics.median(ordered):.1f} ms, 99 % {1000 * ordered[int(0.99 * (len(ordered) - 1))]:.1f}"


def report(notes: Notes, layout: SearchLayout, seconds: float, options: argparse.Namespace) -> None:
    trials, events = len(notes.ended), len(notes.suggesting) + notes.reports + len(notes.ended)
    assert trials == options.trials, f"{trials} of {options.trials} trials ended"
    assert {record.state for record in Ledger(layout).records()} == {TrialState.COMPLETED}
    say(f"{options.workers} workers, {trials} trials of {options.epochs} epochs, {options.oracle}: {seconds:.0f} s")
    # From the first end on: before, workers start.
    first, last = notes.ended[0], notes.ended[-1]
    rates = f"{trials / (last - first):.1f} trials/s, {events / (last - first):.0f} events/s"
    say(f"  {rates} from the first end to the last")
    size = max(1, trials // TENTHS)
    say("  by tenths:")
    for tenth in range(TENTHS):
        part = slice(tenth * size, (tenth + 1) * size)
        ended, resident = notes.ended[part], notes.resident[part][-1] / 2**20
        cpu = (notes.cpu[part][-1] - notes.cpu[part][0]) / (len(ended) - 1)
        rate, suggesting = len(ended) / (ended[-1] - ended[0]), milliseconds(notes.suggesting[part])
        say(
            f"    {rate:6.1f} trials/s, suggesting {suggesting}, recording {milliseconds(notes.ending[part])}, "
            f"driver {1000 * cpu:.0f} ms of CPU a trial, {resident:.0f} MiB"
        )
    say(f"  Tune's loop waits for a suggestion {milliseconds(notes.waiting)}")
    if (root := layout.root.local) is not None:
        files: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for path in root.rglob("*"):
            if path.is_file():
                kind = path.relative_to(root).parts[0]
                files[kind] += 1
                sizes[kind] += path.stat().st_size
        say(f"  ledger: {files.total() / trials:.2f} files and {sizes.total() / trials:.0f} bytes a trial")
        say("    " + json.dumps({kind: [files[kind], sizes[kind]] for kind in sorted(files)}))


def _serve(pipe: Connection) -> None:
    from s3_server import S3Server

    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    server = S3Server()
    server.make_bucket()
    pipe.send(server.uri)
    while pipe.recv():
        pipe.send([(method, path) for method, path in server.requests])


@contextlib.contextmanager
def s3() -> Iterator[tuple[str, Callable[[], list[tuple[str, str]]]]]:
    """Serve S3 from another process; give the bucket's URI, and what tells the requests so far."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    uri = ours.recv()

    def requests() -> list[tuple[str, str]]:
        ours.send(True)
        asked: list[tuple[str, str]] = ours.recv()
        return asked

    yield uri, requests
    process.kill()
    process.join()


def report_requests(requests: list[tuple[str, str]], options: argparse.Namespace) -> None:
    """Say what was asked of S3: of a trial, and of the time, as heartbeats and looks for a stop are."""

    def kind(method: str, path: str) -> str:
        name = path.removeprefix("/galaxies").removeprefix("/scale").strip("/").partition("/")[0] or "list"
        return f"{method} {name}"

    counts = Counter(kind(method, path) for method, path in requests)
    by_method = Counter(method for method, _ in requests)
    say(f"  S3: {len(requests) / options.trials:.1f} requests a trial: {dict(by_method)}")
    for name, count in counts.most_common(20):
        say(f"    {count / options.trials:8.2f} a trial  {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--sleep", type=float, default=0.05)
    parser.add_argument("--oracle", default="random")
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--without-tune", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ |= {"EPOCHS": str(options.epochs), "SLEEP": str(options.sleep)}
    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    if options.s3:
        with s3() as (uri, requests):
            report(*search(uri, options), options)
            report_requests(requests(), options)
    else:
        with tempfile.TemporaryDirectory() as storage:
            report(*search(storage, options), options)


if __name__ == "__main__":
    main()
