"""Record learning curves, to replay searches with: configurations of the built-in space, each from two beginnings.

    PYTHONPATH=tests python -m benchmarks.search.curves SOURCE --work FOLDER [--minutes 30] [--count 121] [--at-once 2]

SOURCE is the zip of real galaxies, as class folders, or ``sample``. It takes days; what is recorded stays in FOLDER,
and the same command goes on. ``--collect FILE`` writes all trainings that are over into one compact file, a line each.

A beginning is another seed and another division of the images that are not for the truth. Scores are those of the
trainer, on 222 validation images; the truth is of 4,500 that are neither trained nor validated on.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.search.curves.configurations import Configuration, configurations
from benchmarks.search.curves.images import import_images
from benchmarks.search.curves.training import EPOCHS, recorded

from cluster import terminable
from datasets import Dataset, open_folder

BEGINNINGS = (0, 1)
"""Numbers of the divisions trained on: the dataset's own, and its first further one."""


@terminable()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="of this piece; what is under way then goes on next"
    )
    parser.add_argument("--count", type=int, default=121, help="configurations")
    parser.add_argument("--at-once", type=int, default=2, help="trainings, each on one CPU")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--collect", type=Path, help="write what is recorded to this file, and train nothing")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    place = options.work / "images"
    import_images(options.source, place, image_size=options.image_size)
    opened = Dataset.open(place)
    chosen = configurations(options.count, image_size=options.image_size, classes=len(opened.classes))
    if options.collect is None:
        train(place, options.work, chosen, at_once=options.at_once, until=time.monotonic() + 60 * options.minutes)
    else:
        open_folder(options.collect.parent).write_whole(options.collect.name, collected(options.work, chosen))
    done = sum(line.count('"beginning"') for line in collected(options.work, chosen).decode().splitlines())
    sys.stdout.write(f"{done} of {len(chosen) * len(BEGINNINGS)} trainings of {EPOCHS} epochs are recorded\n")


def train(place: Path, work: Path, chosen: list[Configuration], *, at_once: int, until: float) -> None:
    """Train what is not over yet, so many at once, until ``until``, in monotonic seconds."""
    left = iter([(one, number) for one in chosen for number in BEGINNINGS if not _is_over(work, one, number)])
    lock = threading.Lock()

    def go_on() -> None:
        while (seconds := until - time.monotonic()) > 0:
            with lock:
                following = next(left, None)
            if following is None:
                return
            one, number = following
            folder = _folder(work, one, number)
            command = [sys.executable, "-m", "benchmarks.search.curves.training"]
            given = [str(place), str(one.number), str(number), str(folder)]
            try:
                subprocess.run([*command, *given], check=True, timeout=seconds, env=os.environ)
            except subprocess.TimeoutExpired:
                return

    with ThreadPoolExecutor(at_once) as pool:
        for each in [pool.submit(go_on) for _ in range(at_once)]:
            each.result()


def collected(work: Path, chosen: list[Configuration]) -> bytes:
    """Return the trainings that are over as JSON, a line each, in the order of their configurations."""
    lines = []
    for one in chosen:
        for number in BEGINNINGS:
            notes = recorded(_folder(work, one, number))
            if notes is not None and notes.is_over:
                known = {"number": one.number, "part": one.part, "beginning": number, "values": one.values}
                found = {name: getattr(notes, name) for name in ("parameters", "seconds", "scores", "truth", "reason")}
                lines.append(json.dumps(known | found, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


def _folder(work: Path, one: Configuration, number: int) -> Path:
    return work / "trainings" / f"{one.number:04}-{number}"


def _is_over(work: Path, one: Configuration, number: int) -> bool:
    notes = recorded(_folder(work, one, number))
    return notes is not None and notes.is_over


if __name__ == "__main__":
    main()
