"""A catalogue classified by two, four and six workers on three hosts, then while a host is lost, then on S3.

    PYTHONPATH=tests python -m benchmarks.hosts.catalogue [--rows 2400] [--seconds 0.05]

The hosts are on one machine and share its CPUs, so a model's work stands for itself by sleeping: what is measured is
whether the hosts get their work and leave their answers side by side. The rate is that between a fifth and four fifths
of the partitions, by when their files were written. Model, images and answers are on the hosts' shared folder, then all
on S3.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.catalogues.made import made_images, made_model
from benchmarks.hosts.cluster import Cluster, cluster, write
from hosts import missing
from hosts.host import waited
from hosts.plan import CHECKOUT

_SLEEPING = """
import time
from trainer import Classifier

real = Classifier.examine

def examine(self, pixels):
    time.sleep({seconds} * len(pixels))
    return real(self, pixels)

Classifier.examine = examine
"""
_IMAGES = 100
_SECONDS = 900.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2400)
    parser.add_argument("--seconds", type=float, default=0.05, help="that an image takes")
    options = parser.parse_args()
    if lacking := missing():
        sys.exit(lacking)
    with cluster() as up:
        prepare(up, options.rows, options.seconds)
        rates = {workers: classified(up, f"out{workers}", workers) for workers in (2, 4, 6)}
        for workers, rate in rates.items():
            most = workers / options.seconds
            say(f"{workers} workers: {rate:.1f} rows/s of {most:.0f}, {rate / rates[2]:.2f} × two")
        lost_host(up)
        on_s3(up)


def prepare(up: Cluster, rows: int, seconds: float) -> None:
    """Lay out a model, images and a table that names them, and give every host the module that sleeps."""
    shared = up.head.root / "shared"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copytree(made_model(place, "tiny"), shared / "model")
        images = sorted(made_images(place).glob("*/*.jpg"))[:_IMAGES]
        (shared / "photos").mkdir()
        for image in images:
            shutil.copy(image, shared / "photos" / image.name)
    names = [f"photos/{images[row % len(images)].name}" for row in range(rows)]
    pq.write_table(pa.table({"objid": range(rows), "path": names}), shared / "t.parquet")
    shared.chmod(0o777)
    for host in up.nodes:
        write(host, CHECKOUT / "sleeping.py", _SLEEPING.format(seconds=seconds))


def words(out: str, source: str = "/shared/t.parquet", model: str = "/shared/model") -> str:
    return f"classify {model} {source} --output '{out}' --address auto --module sleeping"


def classified(up: Cluster, name: str, workers: int) -> float:
    """Classify all rows; return the rate, rows a second."""
    up.galaxy(up.head, f"{words(f'/shared/{name}')} --workers {workers}", seconds=_SECONDS)
    check(up, name)
    parts = sorted((up.head.root / "shared" / name).glob("part-*.parquet"), key=lambda part: part.stat().st_mtime)
    first, last = len(parts) // 5, len(parts) * 4 // 5
    rows = sum(pq.read_metadata(part).num_rows for part in parts[first + 1 : last + 1])
    return float(rows / (parts[last].stat().st_mtime - parts[first].stat().st_mtime))


def check(up: Cluster, name: str) -> None:
    """Say whether the answers are the table's rows, each once, all with a class."""
    rows, found = (pq.read_table(up.head.root / "shared" / each) for each in ("t.parquet", name))
    same = found["objid"].equals(rows["objid"]) and not found["class"].null_count
    say(f"{name}: {len(found)} rows, {'each once, in order' if same else '**NOT THE ROWS**'}")


def lost_host(up: Cluster) -> None:
    """Kill a host's Ray while the workers are at it."""
    started = up.head.start(f"cd galaxy-tuner && exec .venv/bin/galaxy {words('/shared/lost')}")
    out = up.head.root / "shared/lost"
    waited(lambda: len(list(out.glob("part-*"))) >= 3, _SECONDS)
    for name in ("raylet/raylet", "ray::"):
        for process in up.workers[0].processes(name):
            os.kill(process.pid, signal.SIGKILL)
    status = started.wait(_SECONDS)
    say(f"a host lost after 3 partitions: exit status {status}; said: {started.errors().splitlines()}")
    check(up, "lost")


def on_s3(up: Cluster) -> None:
    """Classify with everything on S3."""
    copy = (
        "from pathlib import Path\nfrom datasets import open_folder\n"
        f"store = open_folder({up.s3('all')!r})\n"
        "shared = Path('/shared')\n"
        "for file in [*shared.glob('model/*'), *shared.glob('photos/*'), shared / 't.parquet']:\n"
        "    store.write_whole(str(file.relative_to('/shared')), file.read_bytes())\n"
    )
    write(up.head, CHECKOUT / "copying.py", copy)
    up.head.run("cd galaxy-tuner && .venv/bin/python copying.py", seconds=_SECONDS)
    command = words(up.s3("answers"), f"'{up.s3('all/t.parquet')}'", f"'{up.s3('all/model')}'")
    said = up.galaxy(up.head, f"{command} --json", seconds=_SECONDS)
    say(f"all on S3: {said.strip()[:300]}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}; load {os.getloadavg()[0]:.1f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
