"""What `galaxy classify MODEL TABLE --output OUT` takes: rows a second, peak memory, bytes.

    PYTHONPATH=tests python -m benchmarks.catalogues PLACE --network default --rows 10000 --format .csv .parquet

Each run is a process of its own; PLACE keeps models, images and tables for the next. Peak memory is what the system
says of the process at its end. The output is compared with the input: every row, every column, in order.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import pyarrow as pa
from benchmarks.catalogues.made import made_model, made_table

from datasets.tables.exact.opening import open_exact

_PART = 1000
"""Rows that are compared at once: one that is not the same takes as many with it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--network", choices=["default", "tiny"], default="tiny")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--format", nargs="+", default=[".csv", ".parquet", ".fits", ".vot"])
    options = parser.parse_args()
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    model = made_model(place, options.network)
    for suffix in options.format:
        for rows in options.rows:
            table = made_table(place, rows, suffix)
            out = place / f"out-{rows}{suffix}"
            seconds, cpu, peak = measured("classify", str(model), str(table), "--output", str(out))
            lost = rows - same_rows(table, out)
            sizes = f"in {table.stat().st_size / 1e6:.1f} MB, out {out.stat().st_size / 1e6:.1f} MB"
            sys.stdout.write(
                f"{options.network} {suffix} {rows:,} rows: {rows / seconds:.0f} rows/s ({seconds:.0f} s, {cpu:.0f} s "
                f"of CPU), peak {peak:.0f} MB, {sizes}, rows that are not as they were: {lost}; "
                f"load {os.getloadavg()[0]:.1f}\n"
            )
            sys.stdout.flush()
            out.unlink()


def measured(*words: str) -> tuple[float, float, float]:
    """Run a command of galaxy; return its seconds, those of CPU, and its peak of memory in MB."""
    began = time.perf_counter()
    pid = os.spawnv(os.P_NOWAIT, str(Path(sys.executable).with_name("galaxy")), ["galaxy", *words])
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"galaxy {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def same_rows(before: Path, after: Path) -> int:
    """Return how many rows of a table that was written are, in their place and column by column, those of another."""
    with open_exact(before) as old, open_exact(after) as new:
        width = len(old.schema)
        if new.schema.names[:width] != old.schema.names or new.schema.types[:width] != old.schema.types:
            return 0
        first = pa.Table.from_batches([some.columns for some in old.batches()], old.schema).select(range(width))
        second = pa.Table.from_batches([some.columns for some in new.batches()], new.schema).select(range(width))
    if len(first) != len(second):
        return 0
    parts = range(0, len(first), _PART)
    both = ((bits(first.slice(start, _PART)), bits(second.slice(start, _PART))) for start in parts)
    return sum(len(one) for one, other in both if one.equals(other))


def bits(table: pa.Table) -> pa.Table:
    """Return a table in which numbers are their bits: one that is none is like no other."""
    floats = [pa.types.is_float64(kind) for kind in table.schema.types]
    columns = [
        values.combine_chunks().view(pa.int64()) if is_float else values
        for values, is_float in zip(table.columns, floats, strict=True)
    ]
    return pa.table(columns, names=[str(place) for place in range(len(columns))])


if __name__ == "__main__":
    main()
