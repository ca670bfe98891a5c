"""Record learning curves, to replay searches with: configurations of the built-in space, each from two beginnings.

    PYTHONPATH=tests python -m benchmarks.search.curves SOURCE FILE --work FOLDER [--minutes 30] [--count 121]

SOURCE is the zip of real galaxies, as class folders, or ``sample``. It takes days: FILE has a line for each training
that is over, from its end on, and the same command goes on, also on another machine, where it has no FOLDER. A
configuration of which FILE has one beginning stays what it was, whatever the space is now.

A beginning is another seed and another division of the images that are not for the truth. Scores are those of the
trainer, on a ninth as many validation images as are trained on; the truth is of 4,500 that are neither.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.results import JsonObject, Results
from benchmarks.search.curves.configurations import Configuration, configurations
from benchmarks.search.curves.images import import_images
from benchmarks.search.curves.training import EPOCHS, SCORES, recorded
from benchmarks.search.methods.halves import is_of

from cluster import terminable
from datasets import Dataset

BEGINNINGS = (0, 1)
"""Numbers of the divisions trained on: the dataset's own, and its first further one."""


@terminable()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("file", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="of this piece; what is under way then goes on next"
    )
    parser.add_argument("--count", type=int, default=121, help="configurations")
    parser.add_argument("--at-once", type=int, default=2, help="trainings, each on one CPU")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--trained", type=int, default=2_000, help="images")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    results = Results(options.file, "number", "beginning")
    others = {len(one["seconds"]) for one in results if one["reason"] is None} - {options.epochs}
    if others:
        parser.error(f"{options.file} has trainings of {others.pop()} epochs: give --epochs, or another file")
    options.work.mkdir(parents=True, exist_ok=True)
    place = options.work / "images"
    import_images(options.source, place, image_size=options.image_size, trained=round(options.trained * 10 / 9))
    opened = Dataset.open(place)
    chosen = configurations(options.count, image_size=options.image_size, classes=len(opened.classes))
    left = lacking(chosen, results)
    ends = time.monotonic() + 60 * options.minutes
    train(left, place, options.work, results, epochs=options.epochs, at_once=options.at_once, ends=ends)
    said = f"{len(results)} of {len(chosen) * len(BEGINNINGS)} trainings of {options.epochs} epochs are recorded"
    sys.stdout.write(f"{said}\n")


def lacking(chosen: list[Configuration], results: Results) -> list[tuple[Configuration, int]]:
    """Return the trainings, by configuration and beginning, that are not over, in the order to train in.

    The defaults are first, then the half that methods are chosen by; in each half those that were recorded before
    there was one of the scores are last.
    """
    new, older = [], []
    for one in chosen:
        known = [results.find(one.number, beginning) for beginning in BEGINNINGS]
        recorded_as = next((result["values"] for result in known if result is not None), one.values)
        for beginning, result in zip(BEGINNINGS, known, strict=True):
            training = replace(one, values=recorded_as), beginning
            if result is None:
                new.append(training)
            elif result["scores"] and not result["scores"].keys() >= set(SCORES):
                older.append(training)
    return sorted(
        [*new, *older], key=lambda training: (training[0].number > 0, not is_of("develop", training[0].number))
    )


def train(
    left: list[tuple[Configuration, int]],
    place: Path,
    work: Path,
    results: Results,
    *,
    epochs: int,
    at_once: int,
    ends: float,
) -> None:
    """Train, so many at once, until ``ends``, in monotonic seconds."""
    following, lock = iter(left), threading.Lock()
    running: set[subprocess.Popen[bytes]] = set()
    ended = threading.Event()

    def go_on() -> None:
        while (seconds := ends - time.monotonic()) > 0:
            with lock:
                one, beginning = (None, 0) if ended.is_set() else next(following, (None, 0))
                if one is None:
                    return
                folder = work / "trainings" / f"{one.number:04}-{beginning}"
                command = [sys.executable, "-m", "benchmarks.search.curves.training"]
                given = [str(place), json.dumps(one.values), str(beginning), str(one.number), str(epochs), str(folder)]
                process = subprocess.Popen([*command, *given])
                running.add(process)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                return
            if not ended.is_set():
                if status:
                    raise subprocess.CalledProcessError(status, process.args)
                results.add(_result(one, beginning, folder))

    with ThreadPoolExecutor(at_once) as pool:
        try:
            for each in [pool.submit(go_on) for _ in range(at_once)]:
                each.result()
        finally:
            # One that failed, or whose starter is told to end, leaves none behind.
            with lock:
                ended.set()
                for process in running:
                    process.kill()


def _result(one: Configuration, beginning: int, folder: Path) -> JsonObject:
    notes = recorded(folder)
    assert notes is not None
    known = {"number": one.number, "part": one.part, "beginning": beginning, "values": one.values}
    return known | {name: getattr(notes, name) for name in ("parameters", "seconds", "scores", "truth", "reason")}


if __name__ == "__main__":
    main()
