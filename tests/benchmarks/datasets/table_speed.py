"""How fast the columns of a large table are read, beside pyarrow's own reading, and what a wide one's copy needs.

Run from the repository's root:
``python tests/benchmarks/datasets/table_speed.py [--rows 1000000] [--repeats 5]``.
Three columns of six are read as text, of a CSV and of a Parquet file; the peer reads the same ones a batch at a time.
The side table is that of 300,000 rows with 200 numbers each; its memory is what it adds to the peak.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from measuring import goal, say, say_load, temporary_folder

from datasets.sources.side_table import SideTable
from datasets.tables.reading import table_file

COLUMNS = ("path", "label", "id")
TEXT = dict.fromkeys(COLUMNS, pa.string())
WIDE_ROWS, WIDE_COLUMNS = 300_000, 200


def seconds(read: Callable[[Path], int], path: Path, rows: int, repeats: int) -> float:
    """Return the median time of reading all rows."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        assert read(path) == rows
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ours(path: Path) -> int:
    return sum(len(batch["path"]) for batch in table_file(path).read(TEXT))


def plain_csv(path: Path) -> int:
    convert = pa.csv.ConvertOptions(include_columns=COLUMNS, column_types=TEXT)
    return sum(batch.num_rows for batch in pa.csv.open_csv(path, convert_options=convert))


def plain_parquet(path: Path) -> int:
    return sum(batch.num_rows for batch in pq.ParquetFile(path).iter_batches(columns=list(COLUMNS)))


def side_table(place: Path) -> None:
    """Write the side table of a wide table, and say what that needs."""
    numbers = "".join(f",0.{number}" for number in range(WIDE_COLUMNS))
    with (place / "wide.csv").open("w") as file:
        file.write(f"path,{','.join(f'column {number}' for number in range(WIDE_COLUMNS))}\n")
        file.writelines(f"{row}.jpg{numbers}\n" for row in range(WIDE_ROWS))
    ids = {f"{row}.jpg": (0, row) for row in range(WIDE_ROWS)}
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    SideTable((table_file(place / "wide.csv"),), ids).write(place / "columns.parquet", ids.keys())
    taken, added = time.perf_counter() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    say(f"side table of {WIDE_ROWS:,} × {WIDE_COLUMNS}: {taken:.1f} s, {added:.0f} MiB more at the peak")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    say_load()
    with temporary_folder(None) as place:
        rows = (f"images/{row}.jpg,spiral,{row},0.5,0.25,train\n" for row in range(given.rows))
        (place / "a.csv").write_text(f"path,label,id,z,w,split\n{''.join(rows)}")
        pq.write_table(pyarrow.csv.read_csv(place / "a.csv"), place / "a.parquet")
        for name, plain in (("a.csv", plain_csv), ("a.parquet", plain_parquet)):
            path = place / name
            peer, found = (seconds(read, path, given.rows, given.repeats) for read in (plain, ours))
            say(f"{name}: pyarrow {peer:.3f} s, ours {found:.3f} s")
            goal(f"{name} against pyarrow's own reading", found / peer, 2.0, at_least=False, unit="×")
        side_table(place)


if __name__ == "__main__":
    main()
