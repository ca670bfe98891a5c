"""A catalogue's run is killed at a random moment, then the same command is given again: rows lost and repeated.

    PYTHONPATH=tests python -m benchmarks.catalogues.kills PLACE --rows 20000 --format .fits --kills 10

`--model BUNDLE` has a trained model answer; its parts are few and late in a short run, as they are written each 10 s.
With `--network none` no image is looked at, as in `benchmarks.catalogues.tables`. The moment is drawn from the time
that a whole run takes, the writing of the table included. What the second command writes must be, to the byte, what a
run writes that nobody kills; the parts beside the output say how many rows were kept.
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
from pathlib import Path

import pyarrow as pa
from benchmarks.catalogues.made import made_model, made_table

from datasets.tables.exact.opening import open_exact


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--network", choices=["default", "tiny", "none"], default="tiny")
    parser.add_argument("--model", help="A bundle, instead of one that is made.")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--format", default=".fits")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--kept", type=float, help="Kill it within so many seconds after its first part is durable.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    place = options.place.absolute()
    place.mkdir(parents=True, exist_ok=True)
    table, out = made_table(place, options.rows, options.format), place / f"killed{options.format}"
    if options.network == "none" and options.model is None:
        command = [sys.executable, "-m", "benchmarks.catalogues.tables", str(place), "--one", str(table), str(out)]
    else:
        galaxy, model = (
            str(Path(sys.executable).with_name("galaxy")),
            options.model or str(made_model(place, options.network)),
        )
        command = [galaxy, "classify", model, str(table), "--output", str(out)]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    whole, seconds = out.read_bytes(), time.perf_counter() - began
    moments, killed, failed = random.Random(options.seed), 0, 0
    while killed < options.kills:
        out.unlink(missing_ok=True)
        shutil.rmtree(parts_of(out), ignore_errors=True)
        moment = moments.uniform(0, seconds if options.kept is None else options.kept)
        if killed_after(command, moment, None if options.kept is None else out):
            seconds = moment  # it had ended: the machine is less busy than it was
            continue
        killed, kept = killed + 1, durable(out)
        subprocess.run(command, check=True, capture_output=True)
        lost, repeated = compared(table, out)
        same = out.read_bytes() == whole
        failed += not same or bool(lost or repeated)
        said = f"killed after {moment:.1f} of {seconds:.1f} s, {kept:,} of {options.rows:,} rows kept"
        said += f"; rows lost {lost}, repeated {repeated}"
        sys.stdout.write(f"{killed}: {said}, {'the same bytes' if same else 'OTHER BYTES'}\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{'PASS' if not failed else 'miss'}: {options.kills} kills, {failed} with a row lost or repeated\n"
    )


def killed_after(command: list[str], seconds: float, out: Path | None) -> bool:
    """Kill a command after a time, counted from the first part of ``out`` where one is given; say if it had ended."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while out is not None and process.poll() is None and not durable(out):
        time.sleep(0.2)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return False


def parts_of(out: Path) -> Path:
    """Return the folder of the parts beside an output."""
    return out.with_name(f"{out.name}.parts")


def durable(out: Path) -> int:
    """Return how many rows are answered in the parts beside an output."""
    rows = 0
    for path in parts_of(out).glob("*.arrow"):
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_file(file)
            rows += sum(len(reader.get_batch(number)) for number in range(reader.num_record_batches))
    return rows


def compared(table: Path, out: Path) -> tuple[int, int]:
    """Return how many ids of a table are not in the one that was written, and how many are there again."""
    before, after = ids(table), ids(out)
    return len(set(before) - set(after)), len(after) - len(set(after))


def ids(table: Path) -> list[object]:
    with open_exact(table) as opened:
        place = opened.schema.names.index("objid")
        return [value for some in opened.batches() for value in some.columns.column(place).to_pylist()]


if __name__ == "__main__":
    main()
