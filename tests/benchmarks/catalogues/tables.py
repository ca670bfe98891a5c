"""What the tables alone take, without a model: each row is answered without a look at its image, and written.

    PYTHONPATH=tests python -m benchmarks.catalogues.tables PLACE --rows 10000 1000000 --pairs .csv:.csv .fits:.vot

Each run is a process of its own, in which neither TensorFlow nor an image is loaded: what it takes more for more rows
is the tables'. The output is compared with the input, where both are of one format.
"""

import argparse
import os
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalogues.__main__ import same_rows
from benchmarks.catalogues.made import made_table

from datasets import ImageFile
from trainer import AnswerTable, Catalogue

CLASSES = ("edge-on", "round", "spiral")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--pairs", nargs="+", default=[".csv:.csv", ".parquet:.parquet", ".fits:.fits"])
    parser.add_argument("--one", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        write(*options.one)
        return
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    for pair in options.pairs:
        source, target = pair.split(":")
        for rows in options.rows:
            table, out = made_table(place, rows, source), place / f"alone-{rows}{target}"
            began = time.perf_counter()
            words = [sys.executable, "-m", "benchmarks.catalogues.tables", str(place), "--one", str(table), str(out)]
            _, status, used = os.wait4(os.spawnv(os.P_NOWAIT, sys.executable, words), 0)
            seconds, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
            if status:
                raise SystemExit(f"{pair} of {rows:,} rows ended with {os.waitstatus_to_exitcode(status)}")
            same = f", rows that are not as they were: {rows - same_rows(table, out)}" if source == target else ""
            sys.stdout.write(
                f"{source} to {target}, {rows:,} rows: {seconds:.0f} s ({cpu:.0f} s of CPU, {1e6 * cpu / rows:.0f} µs "
                f"a row), peak {used.ru_maxrss * 1024 / 1e6:.0f} MB, in {table.stat().st_size / 1e6:.1f} MB, out "
                f"{out.stat().st_size / 1e6:.1f} MB{same}; load {os.getloadavg()[0]:.1f}\n"
            )
            sys.stdout.flush()
            out.unlink()


def write(table: Path, out: Path) -> None:
    """Write a table with answers that cost nothing."""
    with Catalogue.opened(table, out, AnswerTable(CLASSES), {"model": "none"}, {}) as catalogue:
        for _ in catalogue.answered(answered):
            pass
        catalogue.write()


@dataclass(frozen=True)
class Answer:
    """As `trainer.Classification`, which loads TensorFlow."""

    path: str
    class_name: str
    probabilities: dict[str, float]
    warnings: tuple[str, ...]
    sure: bool
    novelty: float
    error: None = None
    none: None = None
    seen: None = None


def answered(files: Iterator[ImageFile], _first: int) -> Iterator[Answer]:
    for file in files:
        number = zlib.crc32(file.name.encode())  # the same whenever it is asked about
        chance = number % 100 / 100
        chances = {"edge-on": chance, "round": (1 - chance) / 2, "spiral": (1 - chance) / 2}
        warnings = ("not sure",) if number % 3 else ()
        yield Answer(file.name, CLASSES[number % 3], chances, warnings, number % 3 == 0, chance)


if __name__ == "__main__":
    main()
