"""How fast a zip of class folders is imported, against two processes with a plain Pillow loop.

Run from the repository's root: ``python tests/benchmarks/datasets/import_speed.py [ZIP] [--repeats N]``. The peer does
less: it writes bare arrays, with neither hashes nor splits nor a list of what it could not read.
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


def run_import(source: Path, target: Path) -> int:
    return import_dataset(source, target / "dataset").total


def images_per_second(run, source: Path) -> float:  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory() as target:
        started = time.perf_counter()
        count = run(source, Path(target))
        return float(count / (time.perf_counter() - started))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=DATA / "galaxy-zoo-2-five-class.zip")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    peers, imports = [], []
    for _ in range(options.repeats):  # taken in turns, so that both meet the same load from elsewhere
        peers.append(images_per_second(run_peer, options.source))
        imports.append(images_per_second(run_import, options.source))
        sys.stdout.write(f"peer {peers[-1]:.0f} images/s, import {imports[-1]:.0f} images/s\n")
    peer, ours = statistics.median(peers), statistics.median(imports)
    sys.stdout.write(f"medians: peer {peer:.0f}, import {ours:.0f} images/s; ratio {ours / peer:.2f}\n")


if __name__ == "__main__":
    main()
