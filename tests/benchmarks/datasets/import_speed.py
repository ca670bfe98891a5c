"""How fast a zip of class folders is imported, against two processes with a plain Pillow loop.

Run from the repository's root: ``python tests/benchmarks/datasets/import_speed.py [ZIP] [--repeats N]``. The peer does
less: it writes bare arrays, with neither hashes nor splits nor a list of what it could not read. CPU time is given,
too, as wall times say little on a busy machine; and the peak of memory of the import and of each of its processes.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
import zipfile
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from datasets import import_dataset

DATA = Path(os.environ.get("GALAXY_DATA", Path(__file__).parents[4] / "shared" / "data"))
SIZE = 64
PROCESSES = 2


def peer_part(source: Path, part: int, target: Path) -> int:
    """Convert every ``PROCESSES``-th image from ``part`` on into one array file; return how many there were."""
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")][part::PROCESSES]
        pixels = np.empty((len(names), SIZE, SIZE, 3), np.uint8)
        for row, name in enumerate(names):
            with archive.open(name) as file, Image.open(file) as image:
                side = min(image.size)
                left, top = (image.width - side) // 2, (image.height - side) // 2
                square = image.convert("RGB").crop((left, top, left + side, top + side))
                pixels[row] = square.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    np.save(target / f"part-{part}.npy", pixels)
    return len(names)


def run_peer(source: Path, target: Path) -> int:
    with get_context("fork").Pool(PROCESSES) as pool:
        return sum(pool.starmap(peer_part, [(source, part, target) for part in range(PROCESSES)]))


PEAKS: dict[str, int] = {}
"""Highest resident size seen of each process of an import, in MiB, by its id."""


def note_peaks() -> None:
    children = (path.read_text().split() for path in Path("/proc/self/task").glob("*/children"))
    for process in {str(os.getpid()), *(child for some in children for child in some)}:
        status = Path(f"/proc/{process}/status").read_text()
        PEAKS[process] = int(status.partition("VmHWM:")[2].split()[0]) // 1024


def run_import(source: Path, target: Path) -> int:
    PEAKS.clear()
    last = [0]

    def progress(done: int, total: int) -> None:
        if done - last[0] >= total // 20:
            last[0] = done
            note_peaks()

    return import_dataset(source, target / "dataset", progress=progress).total


def images_per_second(run, source: Path) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Return images a second of wall time and of CPU time."""
    with tempfile.TemporaryDirectory() as target:
        started, worked = time.perf_counter(), cpu_seconds()
        count = run(source, Path(target))
        return count / (time.perf_counter() - started), count / (cpu_seconds() - worked)


def cpu_seconds() -> float:
    """CPU time of this process and those that it has waited for."""
    return sum(os.times()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=DATA / "galaxy-zoo-2-five-class.zip")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    peers, imports = [], []
    for _ in range(options.repeats):  # taken in turns, so that both meet the same load from elsewhere
        peers.append(images_per_second(run_peer, options.source))
        imports.append(images_per_second(run_import, options.source))
        (peer, peer_cpu), (ours, ours_cpu) = peers[-1], imports[-1]
        sys.stdout.write(f"peer {peer:.0f}, import {ours:.0f} images/s: {ours / peer:.2f}; ")
        sys.stdout.write(f"a CPU second {peer_cpu:.0f}, {ours_cpu:.0f}: {ours_cpu / peer_cpu:.2f}; ")
        sys.stdout.write(f"load {os.getloadavg()[0]:.1f}\n")
    for place, unit in enumerate(("s", "CPU second")):
        peer, ours = (statistics.median(rates[place] for rates in taken) for taken in (peers, imports))
        sys.stdout.write(f"medians: peer {peer:.0f}, import {ours:.0f} images/{unit}; ratio {ours / peer:.2f}\n")
    own = PEAKS.pop(str(os.getpid()))
    sys.stdout.write(f"peak of memory: import {own} MiB, its processes {', '.join(map(str, PEAKS.values()))} MiB\n")


if __name__ == "__main__":
    main()
