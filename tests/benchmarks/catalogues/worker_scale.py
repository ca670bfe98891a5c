"""What a row of a catalogue costs two workers with a tiny network, and what memory, by how many rows there are.

    PYTHONPATH=tests python -m benchmarks.catalogues.worker_scale PLACE --rows 10000 100000 1000000

CPU time is that of the command and of all that it starts, from the first partition that is done to the last. Memory is
the most resident of one process, by what it calls itself: `galaxy` is the driver, `ray::MapWorker…` a worker.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
from benchmarks.catalogues.made import made_model, made_table
from benchmarks.catalogues.measuring import Used, run

from datasets.catalogues.planning import partition_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**4, 10**5, 10**6])
    options = parser.parse_args()
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    model = made_model(place, "tiny")
    for rows in options.rows:
        began = time.perf_counter()
        used, size = measured(model, made_table(place, rows, ".parquet"), place)
        most = ", ".join(f"{name} {peak / 1e6:.0f} MB" for name, peak in sorted(used.most.items()) if peak > 2e8)
        sys.stdout.write(
            f"{rows:,} rows: {1000 * used.cpu_per_row:.3f} ms of CPU a row, {used.rows_per_second:.0f} rows/s, "
            f"{time.perf_counter() - began:.0f} s in all, out {size / 1e6:.1f} MB; {most}; "
            f"load {os.getloadavg()[0]:.1f}\n"
        )
        sys.stdout.flush()


def measured(model: Path, table: Path, place: Path) -> tuple[Used, int]:
    """Classify a table; return what that has used, and the bytes of the answers."""
    out = place / "scale"
    shutil.rmtree(out, ignore_errors=True)
    words = [str(Path(sys.executable).with_name("galaxy")), "classify", str(model), str(table)]
    size = partition_size(pq.read_metadata(table).num_rows)
    words += ["--output", str(out), "--address", "local"]
    used = run(words, lambda: size * len(list(out.glob("part-*.parquet"))))
    parts = list(out.glob("part-*.parquet"))
    assert sum(pq.read_metadata(part).num_rows for part in parts) == pq.read_metadata(table).num_rows
    return used, sum(part.stat().st_size for part in parts)


if __name__ == "__main__":
    main()
