"""What the benchmarks of the datasets share: the machine's own speed, rates beside it, goals met or missed.

Import it from a script in this folder, which Python puts on the path when it runs the script.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from datasets import Augmentation, Dataset, import_dataset

DATA = Path(os.environ.get("GALAXY_DATA", Path(__file__).parents[4] / "shared" / "data"))
ZIP = DATA / "galaxy-zoo-2-five-class.zip"
BATCH_SIZE = 64
VARIED = Augmentation(rotation=180.0, zoom=0.2, shift=0.06, flip=True)
"""What is compared: each of the four at the largest that a search tries."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def goal(what: str, found: float, limit: float, *, at_least: bool, unit: str = "") -> None:
    """Say whether a goal is met."""
    met = found >= limit if at_least else found <= limit
    asked = f"{'≥' if at_least else '≤'} {limit:g}{unit}"
    say(f"{'PASS' if met else 'miss'}: {what}: {found:.3g}{unit} (goal {asked})")


def memcpy_rate() -> float:
    """Bytes a second at which one thread copies 256 MiB within memory, the best of five; each byte counted once."""
    source = np.ones(2**28, np.uint8)
    target = np.empty_like(source)
    np.copyto(target, source)
    return source.nbytes / min(seconds(lambda: np.copyto(target, source)) for _ in range(5))


class Rate(NamedTuple):
    """Images a second of wall time, and of CPU time, which other work on the machine changes less."""

    wall: float
    cpu: float


def say_rate(what: str, rate: Rate, image_bytes: int, memcpy: float) -> None:
    """Say a rate and the share of the memcpy rate that its images, as bytes 0–255, are."""
    share = f"{rate.wall * image_bytes / memcpy:.2%} of memcpy ({memcpy / 1e9:.1f} GB/s)"
    say(f"{what}: {rate.wall:,.0f} images/s, {share}, {rate.cpu:,.0f} a CPU second")


def say_load() -> None:
    say("load average: " + " ".join(f"{value:.1f}" for value in os.getloadavg()))


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def exhaust(items: Iterable[object]) -> None:
    for _ in items:
        pass


def memory(*kinds: str) -> int:
    """Sum up lines of this process's /proc/self/smaps_rollup, such as Rss or Private_Dirty, in bytes."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    return 1024 * sum(int(line.split()[1]) for line in lines if line.split(":")[0] in kinds)


def in_turn(
    runs: dict[str, Callable[[], object]],
    *,
    images: dict[str, int],
    repeats: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, Rate]:
    """Call each of ``runs``, which handles so many images, in turn, so that all meet the same load; the medians.

    ``before`` is called ahead of each and not counted.
    """
    found: dict[str, list[Rate]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            before()
            cpu = time.process_time()
            wall = seconds(run)
            found[name].append(Rate(images[name] / wall, images[name] / (time.process_time() - cpu)))
        say("  " + ", ".join(f"{name} {rates[-1].wall:,.0f}" for name, rates in found.items()))
    return {name: Rate(*map(statistics.median, zip(*rates, strict=True))) for name, rates in found.items()}


def keras_layers() -> Any:
    """Keras's four layers with the magnitudes of ``VARIED``, in turn: float32 images to float32 images."""
    from keras import Sequential, layers

    turned = VARIED.rotation / 360
    return Sequential(
        [
            layers.RandomFlip("horizontal", seed=1),
            layers.RandomRotation(turned, fill_mode="reflect", seed=2),
            layers.RandomZoom(VARIED.zoom, fill_mode="reflect", seed=3),
            layers.RandomTranslation(VARIED.shift, VARIED.shift, fill_mode="reflect", seed=4),
        ]
    )


@contextmanager
def real_dataset(place: Path | None) -> Iterator[Dataset]:
    """Open the dataset at ``place``, or import the real galaxies for the time being."""
    if place is not None:
        yield Dataset.open(place)
        return
    with temporary_folder() as folder:
        import_dataset(ZIP, folder / "dataset")
        yield Dataset.open(folder / "dataset")


@contextmanager
def temporary_folder(place: Path | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="galaxy-benchmark-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def unpack(source: Path, target: Path, *, images: int) -> Path:
    """Unpack about ``images`` evenly spread files of a zip of class folders."""
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        archive.extractall(target, names[:: max(1, len(names) // images)])
    return target


def forget(folder: Path) -> None:
    """Drop the files of a folder from the page cache, as far as no process has them mapped."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def arguments(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, help="imported 64×64 images; by default the zip is imported")
    parser.add_argument("--repeats", type=int, default=5)
    return parser
