"""Private memory of the trial processes of a node that read one dataset, after an epoch of batches each.

Run from the repository's root:
``python tests/benchmarks/datasets/process_memory.py [--dataset DATASET] [--processes 3]``. Private memory is what
Linux counts as a process's own (``Private_Clean + Private_Dirty`` of /proc/self/smaps_rollup), read while all processes
still hold the dataset; from it goes the same of processes that imported as much and opened none. Pages of the files
that several processes have mapped are shared between them, so not counted.
"""

import statistics
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Manager, get_context
from pathlib import Path
from threading import Barrier

import cv2  # noqa: F401  (this and pydantic are imported when they are first used)
import pydantic  # noqa: F401
from measuring import (
    BATCH_SIZE,
    VARIED,
    Rate,
    arguments,
    exhaust,
    goal,
    in_turn,
    memcpy_rate,
    memory,
    real_dataset,
    say,
    say_load,
    say_rate,
)

from datasets import Dataset, training_batches

MIB = 2**20
MOST_SHARE, MOST_MIB = 0.02, 20


def trial(place: Path | None, together: Barrier) -> tuple[int, int, Rate]:
    """Go through an epoch, if there is a dataset; return private and resident bytes, and its rate."""
    rate = Rate(0.0, 0.0)
    if place is not None:
        dataset = Dataset.open(place)
        batches = training_batches(dataset, batch_size=BATCH_SIZE, augmentation=VARIED, seed=1)
        rate = in_turn(
            {"epoch": lambda: exhaust(batches.epoch())}, images={"epoch": batches.rows_per_epoch}, repeats=1
        )["epoch"]
    together.wait()  # all hold the dataset
    found = memory("Private_Clean", "Private_Dirty"), memory("Rss")
    together.wait()  # all have been measured
    return *found, rate


def measure(place: Path | None, processes: int) -> list[tuple[int, int, Rate]]:
    with Manager() as manager, ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        together = manager.Barrier(processes)
        return list(pool.map(trial, [place] * processes, [together] * processes))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--processes", type=int, default=3)
    options = parser.parse_args()
    memcpy = memcpy_rate()
    with real_dataset(options.dataset) as dataset:
        place, size = Path(dataset.info.path), len(dataset) * 3 * dataset.image_shape[0] * dataset.image_shape[1]
        del dataset
        without = statistics.median(private for private, _, _ in measure(None, options.processes))
        trials = measure(place, options.processes)
    say(f"dataset {size / MIB:.0f} MiB of pixels; a process without one: {without / MIB:.1f} MiB private")
    for private, resident, rate in trials:
        say(f"  {(private - without) / MIB:.1f} MiB private beyond that, {resident / MIB:.0f} MiB resident")
        say_rate("  its epoch", rate, 3 * 64 * 64, memcpy)
    most = max(private for private, _, _ in trials) - without
    limit = MOST_SHARE * size / MIB + MOST_MIB
    goal("private memory of each further process", most / MIB, limit, at_least=False, unit=" MiB")
    say_load()


if __name__ == "__main__":
    main()
