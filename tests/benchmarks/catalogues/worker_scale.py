"""What a row of a catalogue costs two workers with a tiny network, and what memory, by how many rows there are.

    PYTHONPATH=tests python -m benchmarks.catalogues.worker_scale PLACE --rows 10000 100000 1000000

CPU time is that of the command and of all that it starts, without the start: that of a catalogue of 1,000 rows. Memory
is the most resident of one process, by what it calls itself: `galaxy` is the driver, `ray::MapWorker…` a worker.
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

_FEW = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**4, 10**5, 10**6])
    options = parser.parse_args()
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    model = made_model(place, "tiny")
    start, _ = measured(model, made_table(place, _FEW, ".parquet"), place)
    for rows in options.rows:
        began = time.perf_counter()
        used, size = measured(model, made_table(place, rows, ".parquet"), place)
        each = (used.cpu_seconds - start.cpu_seconds) / (rows - _FEW)
        most = ", ".join(f"{name} {peak / 1e6:.0f} MB" for name, peak in sorted(used.most.items()) if peak > 2e8)
        sys.stdout.write(
            f"{rows:,} rows: {1000 * each:.3f} ms of CPU a row, {time.perf_counter() - began:.0f} s in all, "
            f"out {size / 1e6:.1f} MB; {most}; load {os.getloadavg()[0]:.1f}\n"
        )
        sys.stdout.flush()


def measured(model: Path, table: Path, place: Path) -> tuple[Used, int]:
    """Classify a table; return what that has used, and the bytes of the answers."""
    out = place / "scale"
    shutil.rmtree(out, ignore_errors=True)
    words = [str(Path(sys.executable).with_name("galaxy")), "classify", str(model), str(table)]
    used = run([*words, "--output", str(out), "--address", "local"])
    parts = list(out.glob("part-*.parquet"))
    assert sum(pq.read_metadata(part).num_rows for part in parts) == pq.read_metadata(table).num_rows
    return used, sum(part.stat().st_size for part in parts)


if __name__ == "__main__":
    main()
