"""Two workers against one process, held to one CPU and with two: rows a second, and CPU a row.

    PYTHONPATH=tests python -m benchmarks.catalogues.worker_speed PLACE --rows 500 2500 --rounds 3 [--network default]

Each is the whole command, run on few rows and on many: what more rows take more is what rows cost, without the start of
Python, TensorFlow and Ray. The three take turns, so that all meet the same load from elsewhere; medians over the
rounds. CPU time, of the command and of all that it starts, depends little on that load: with both CPUs free and busy,
two workers are 2 × (CPU a row of the one process) / (CPU a row of theirs) as fast as one that is held to a CPU.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

from benchmarks.catalogues.made import made_model, made_table
from benchmarks.catalogues.measuring import run

CONTENDERS = {"one process, one CPU": "0", "one process, two CPUs": "0,1", "two workers": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", type=Path)
    parser.add_argument("--model", type=Path, help="a bundle, in place of a network made for this")
    parser.add_argument("--network", choices=["default", "tiny"], default="default")
    parser.add_argument("--rows", type=int, nargs=2, default=[500, 2500])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    model = options.model or made_model(place, options.network)
    tables = [made_table(place, rows, ".parquet") for rows in options.rows]
    more = options.rows[1] - options.rows[0]
    wall: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    cpu: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for number in range(options.rounds):
        for name, cpus in CONTENDERS.items():
            seconds, used = zip(*(measured(model, table, cpus, place) for table in tables), strict=True)
            wall[name].append((seconds[1] - seconds[0]) / more)
            cpu[name].append((used[1] - used[0]) / more)
            said = (
                f"{1 / wall[name][-1]:.1f} rows/s, {1000 * cpu[name][-1]:.2f} ms of CPU a row, start {seconds[0]:.0f} s"
            )
            sys.stdout.write(f"{number + 1}: {name}: {said}; load {os.getloadavg()[0]:.1f}\n")
            sys.stdout.flush()
    workers = "two workers"
    for name in CONTENDERS:
        ratio = statistics.median(ours / theirs for ours, theirs in zip(wall[name], wall[workers], strict=True))
        work = statistics.median(ours / theirs for ours, theirs in zip(cpu[name], cpu[workers], strict=True))
        sys.stdout.write(f"two workers / {name}: {ratio:.2f} × as fast; CPU of its rows / theirs: {work:.2f}\n")


def measured(model: Path, table: Path, cpus: str | None, place: Path) -> tuple[float, float]:
    """Return the seconds that a command takes, and those of CPU."""
    out = place / ("speed.parquet" if cpus else "speed")
    words = [str(Path(sys.executable).with_name("galaxy")), "classify", str(model), str(table), "--output", str(out)]
    began = time.perf_counter()
    used = run(words if cpus else [*words, "--address", "local"], cpus=cpus)
    seconds = time.perf_counter() - began
    shutil.rmtree(out, ignore_errors=True)
    out.unlink(missing_ok=True)
    return seconds, used.cpu_seconds


if __name__ == "__main__":
    main()
