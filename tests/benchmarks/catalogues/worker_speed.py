"""Two workers against one process, held to one CPU and with two: rows a second, and CPU a row.

    PYTHONPATH=tests python -m benchmarks.catalogues.worker_speed PLACE --rows 4000 --rounds 3 [--model BUNDLE]

Each is a whole command, watched from the first rows that are durable to the last ones: without the start of Python,
TensorFlow and Ray. The three take turns, so that all meet the same load from elsewhere; medians over the rounds. CPU
time, of the command and of all that it starts, depends less on that load: with both CPUs free and busy, two workers are
2 × (CPU a row of the one process) / (CPU a row of theirs) as fast as one that is held to a CPU.
"""

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.catalogues.made import made_model, made_table
from benchmarks.catalogues.measuring import Used, run

CONTENDERS = {"one process, one CPU": "0", "one process, two CPUs": "0,1", "two workers": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", type=Path)
    parser.add_argument("--model", type=Path, help="a bundle, in place of a network made for this")
    parser.add_argument("--network", choices=["default", "tiny"], default="default")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    # Ray's own name; by default 15: beside other work its workers would have next to nothing.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    model = options.model or made_model(place, options.network)
    table = made_table(place, options.rows, ".parquet")
    used: dict[str, list[Used]] = {name: [] for name in CONTENDERS}
    for number in range(options.rounds):
        for name, cpus in CONTENDERS.items():
            one = measured(model, table, cpus, place)
            used[name].append(one)
            said = f"{one.rows_per_second:.1f} rows/s, {1000 * one.cpu_per_row:.2f} ms of CPU a row"
            sys.stdout.write(f"{number + 1}: {name}: {said}; load {os.getloadavg()[0]:.1f}\n")
            sys.stdout.flush()
    workers = used["two workers"]
    for name, others in used.items():
        both = list(zip(workers, others, strict=True))
        rate = statistics.median(ours.rows_per_second / theirs.rows_per_second for ours, theirs in both)
        work = statistics.median(theirs.cpu_per_row / ours.cpu_per_row for ours, theirs in both)
        sys.stdout.write(f"two workers / {name}: {rate:.2f} × as fast; CPU of its rows / of theirs: {work:.2f}\n")


def measured(model: Path, table: Path, cpus: str | None, place: Path) -> Used:
    """Classify a table by a contender."""
    out = place / ("speed.parquet" if cpus else "speed")
    parts = out.with_name(f"{out.name}.parts") if cpus else out
    for each in (out, parts):
        shutil.rmtree(each, ignore_errors=True)
        if each.is_file():
            each.unlink()
    words = [str(Path(sys.executable).with_name("galaxy")), "classify", str(model), str(table), "--output", str(out)]
    done: Callable[[], int] = partial(_rows, parts, "*.arrow" if cpus else "part-*.parquet")
    return run(words if cpus else [*words, "--address", "local"], done, cpus=cpus)


def _rows(folder: Path, names: str) -> int:
    """Return how many rows are in the files of a folder."""
    return sum(map(_count, folder.glob(names)))


def _count(path: Path) -> int:
    try:
        if path.suffix == ".parquet":
            return int(pq.read_metadata(path).num_rows)
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_file(file)
            return sum(len(reader.get_batch(number)) for number in range(reader.num_record_batches))
    except OSError:  # removed when the table is written
        return 0


if __name__ == "__main__":
    main()
