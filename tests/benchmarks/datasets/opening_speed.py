"""How much longer opening a dataset of 1,000,000 galaxies and drawing its first batch takes than one of 10,000.

Run from the repository's root:
``python tests/benchmarks/datasets/opening_speed.py [--dataset DATASET] [--rows 1000000] [--repeats 7] [--place DIR]``.
The large dataset (12.6 GB at 64×64) is generated below ``--place``, by default the directory for temporary files, from
the real galaxies with ids of their own, and removed at the end. Each measurement is a fresh process that has imported
everything beforehand; the two sizes are taken in turns. Resident memory is what opening and the first batch add to it.
"""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from measuring import (
    BATCH_SIZE,
    VARIED,
    arguments,
    forget,
    goal,
    memcpy_rate,
    memory,
    real_dataset,
    say,
    say_load,
    temporary_folder,
)

from datasets import Balance, Dataset, DatasetInfo, Split, training_batches
from datasets.arrow.description import FILE
from datasets.arrow.shard_files import make_table, rows_per_shard, shard_name, with_splits, write_table

SMALL = 10_000
MIB = 2**20
BALANCES = {"none": Balance(), "undersample": Balance("undersample", ratio=8.0)}
MOST_SECONDS = {"none": 0.2, "undersample": 0.5}


def generate(place: Path, real: Dataset, rows: int) -> Path:
    """Write a dataset of ``rows`` galaxies: real pixels and labels drawn with replacement, 80/10/10 splits."""
    place.mkdir()
    generator = np.random.default_rng(1)
    drawn = generator.integers(len(real), size=rows)
    labels = real.labels[drawn]
    splits = generator.choice(3, size=rows, p=[0.8, 0.1, 0.1]).astype(np.int8)
    size = rows_per_shard(real.info.image_size[0])
    starts = range(0, rows, size)
    for number, start in enumerate(starts):
        end = min(start + size, rows)
        ids = [f"galaxy-{row:07d}.jpg" for row in range(start, end)]
        hashes = [generator.bytes(32) for _ in ids]
        table = make_table(ids, labels[start:end], hashes, real.take(np.sort(drawn[start:end])))
        write_table(with_splits(table, splits[start:end]), place / shard_name(number))
    (place / FILE).write_bytes(describe(real.info, labels, splits, len(starts)).as_document())
    return place


def describe(real: DatasetInfo, labels, splits, shards: int) -> DatasetInfo:  # type: ignore[no-untyped-def]
    counts = {
        split.value: {
            name: int(np.count_nonzero((labels == label) & (splits == split.code)))
            for label, name in enumerate(real.classes)
        }
        for split in Split
    }
    names = tuple(shard_name(number) for number in range(shards))
    return replace(real, total=len(labels), counts=counts, shards=names, checksums=())


def open_once(place: Path, balance: Balance) -> dict[str, float]:
    """Open and draw one batch in this process."""
    import cv2  # noqa: F401
    import imblearn.under_sampling  # noqa: F401
    import pyarrow  # noqa: F401
    import pydantic  # noqa: F401

    before = memory("Rss"), memory("Private_Dirty")
    started, cpu = time.perf_counter(), time.process_time()
    dataset = Dataset.open(place)
    opened = time.perf_counter()
    batches = training_batches(dataset, batch_size=BATCH_SIZE, balance=balance, augmentation=VARIED, seed=1)
    chosen = time.perf_counter()
    next(iter(batches.epoch()))
    done = time.perf_counter()
    return {
        "total": done - started,
        "cpu": time.process_time() - cpu,
        "open": opened - started,
        "rows": chosen - opened,
        "batch": done - chosen,
        "resident": memory("Rss") - before[0],
        "private": memory("Private_Dirty") - before[1],
    }


def in_fresh_process(place: Path, balance: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--open", str(place), "--balance", balance]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def compare(places: dict[int, Path], balance: str, *, repeats: int, cold: bool) -> None:
    found: dict[int, list[dict[str, float]]] = {rows: [] for rows in places}
    for _ in range(repeats):
        for rows, place in places.items():
            if cold:
                forget(place)
            found[rows].append(in_fresh_process(place, balance))
    state = "not in" if cold else "in"
    say(f"balance {balance}, files {state} the page cache:")
    each = {rows: medians(results) for rows, results in found.items()}
    for rows, result in each.items():
        say(
            f"  {rows:,} rows: {result['total']:.3f} s (open {result['open']:.3f}, rows {result['rows']:.3f}, "
            f"first batch {result['batch']:.3f}), {result['cpu']:.3f} s of CPU; "
            f"resident +{result['resident'] / MIB:.1f} MiB, private and written {result['private'] / MIB:.1f} MiB"
        )
    for kind, clock in (("total", "wall"), ("cpu", "CPU")):
        more = each[max(places)][kind] - each[SMALL][kind]
        what = f"{clock} time beyond {SMALL:,} rows ({balance}, {state} cache)"
        goal(what, more, MOST_SECONDS[balance], at_least=False, unit=" s")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--place", type=Path)
    parser.add_argument("--open", type=Path)
    parser.add_argument("--balance", choices=BALANCES, default="none")
    options = parser.parse_args()
    if options.open is not None:
        sys.stdout.write(json.dumps(open_once(options.open, BALANCES[options.balance])))
        return
    with real_dataset(options.dataset) as real, temporary_folder(options.place) as folder:
        places = {rows: generate(folder / str(rows), real, rows) for rows in (SMALL, options.rows)}
        say(f"memcpy {memcpy_rate() / 1e9:.1f} GB/s")
        for balance in BALANCES:
            for cold in (False, True):
                compare(places, balance, repeats=options.repeats, cold=cold)
    say_load()


if __name__ == "__main__":
    main()
