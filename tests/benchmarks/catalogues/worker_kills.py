"""A catalogue's workers, their driver, or all at once are killed at a random moment: rows lost, partitions repeated.

    PYTHONPATH=tests python -m benchmarks.catalogues.worker_kills PLACE --rows 20000 --kills 12

The kinds take turns: SIGKILL of the driver alone; of the driver and all of its Ray (as when the machine goes down); of
one worker, which its run must survive; Ctrl-C. With ``--address in-process`` there is a driver alone. The moment is
drawn: some time after so many partitions are done. The same command is then given again until it ends well. A partition
that was done at the kill must be the same file at the end: it was not done twice. The rows at the end must be those of
the table, in order, with the classes that a run gives which nobody kills.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from benchmarks.catalogues.made import made_model, made_table
from benchmarks.durability.processes import descendants, title

KINDS = ("driver", "machine", "worker", "Ctrl-C")
_INTERRUPTED = 130
_MOST_RUNS = 5
_LOOK_SECONDS, _LONGEST_SECONDS = 0.05, 1.0


@dataclass
class Outcome:
    """What came of a kill; ``faults`` are what is not as it should be."""

    kind: str
    done: int = 0
    runs: int = 1
    said: str = ""
    faults: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", type=Path)
    parser.add_argument("--network", choices=["default", "tiny"], default="tiny")
    parser.add_argument("--address", choices=["local", "in-process"], default="local")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and what they start
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    model, table = made_model(place, options.network), made_table(place, options.rows, ".parquet")
    kinds = KINDS if options.address == "local" else ("driver", "Ctrl-C")
    whole = place / f"unkilled-{options.address}"
    subprocess.run(command(model, table, whole, options.address), check=True, capture_output=True)
    parts = len(files(whole))
    moments, failed = random.Random(options.seed), 0
    for number in range(options.kills):
        out = place / f"killed-{options.address}"
        shutil.rmtree(out, ignore_errors=True)
        kind = kinds[number % len(kinds)]
        outcome = killed(command(model, table, out, options.address), kind, moments.randrange(parts), out, moments)
        outcome.faults += differences(table, whole, out)
        failed += bool(outcome.faults)
        sys.stdout.write(
            f"{number + 1}: {kind} with {outcome.done} of {parts} partitions done; "
            f"{outcome.runs} runs; {'; '.join(outcome.faults) or 'no row lost or repeated'}; said: {outcome.said}\n"
        )
        sys.stdout.flush()
    load = os.getloadavg()[0]
    sys.stdout.write(f"{'miss' if failed else 'PASS'}: {options.kills} kills, {failed} with a fault; load {load:.1f}\n")
    sys.exit(bool(failed))


def command(model: Path, table: Path, out: Path, address: str) -> list[str]:
    galaxy = str(Path(sys.executable).with_name("galaxy"))
    return [galaxy, "classify", str(model), str(table), "--output", str(out), "--address", address]


def killed(words: list[str], kind: str, parts: int, out: Path, moments: random.Random) -> Outcome:
    """Give a command, kill of it what is of a kind after so many partitions, and give it again until it ends well."""
    outcome = Outcome(kind)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(files(out)) < parts:
        time.sleep(_LOOK_SECONDS)
    time.sleep(moments.uniform(0, _LONGEST_SECONDS))
    kill(process.pid, kind, moments)
    before = files(out)
    outcome.done = len(before)
    status, said = finished(process)
    outcome.said = said.strip().splitlines()[-1] if said.strip() else "nothing"
    expected = {"driver": -signal.SIGKILL, "machine": -signal.SIGKILL, "worker": 0, "Ctrl-C": _INTERRUPTED}[kind]
    if status not in (expected, 0):
        outcome.faults.append(f"exit status {status}, expected {expected}: {said[-300:]}")
    while status != 0 and outcome.runs < _MOST_RUNS:
        outcome.runs += 1
        again = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        status = again.returncode
        if status != 0:
            outcome.faults.append(f"again: exit status {status}: {again.stderr[-300:]}")
    changed = [name for name, there in before.items() if files(out).get(name) != there]
    if changed:
        outcome.faults.append(f"partitions done twice: {changed}")
    return outcome


def kill(pid: int, kind: str, moments: random.Random) -> None:
    """Kill what is of a kind, of a command that may have ended."""
    below = descendants(pid)
    with contextlib.suppress(ProcessLookupError):
        if kind == "Ctrl-C":
            os.kill(pid, signal.SIGINT)
        elif kind == "worker":
            workers = [each for each in below if "MapWorker" in title(each)]
            if workers:
                os.kill(moments.choice(workers), signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
            for each in below if kind == "machine" else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


def finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a command; return its exit status and what it said."""
    _, said = process.communicate()
    return process.returncode, said


def files(out: Path) -> dict[str, tuple[int, int]]:
    """Return what tells each partition's file from one that was written anew."""
    found = {}
    for path in out.glob("part-*.parquet"):
        status = path.stat()
        found[path.name] = (status.st_ino, status.st_mtime_ns)
    return found


def differences(table: Path, whole: Path, out: Path) -> list[str]:
    """Say in what the answers are not the rows of the table, or not those of a run that nobody killed."""
    rows, found, other = pq.read_table(table), pq.read_table(out), pq.read_table(whole)
    faults = []
    if len(found) != len(rows):
        faults.append(f"{len(found)} rows, expected {len(rows)}")
    elif not found.select(rows.schema.names).equals(rows.cast(found.select(rows.schema.names).schema)):
        faults.append("rows are not those of the table")
    elif not found["class"].equals(other["class"]):
        faults.append("other classes")
    return faults


if __name__ == "__main__":
    main()
