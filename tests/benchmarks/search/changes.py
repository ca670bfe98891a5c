"""What each change of the space's defaults is worth with few images, which a space may have to offer.

    PYTHONPATH=tests python -m benchmarks.search.changes SOURCE FILE --work FOLDER [--trained 500] [--epochs 60]

SOURCE is the zip of real galaxies, as class folders, or ``sample``. Each change is trained from two beginnings, on a
CPU of its own, and judged on 3,000 images that are neither trained nor validated on. FILE has a line for each that has
ended; the same command goes on with it.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from benchmarks.results import JsonObject, Results
from benchmarks.search.curves.images import import_images
from benchmarks.search.curves.training import record, recorded

from cluster import terminable
from datasets import Dataset
from search import GalaxyHyperModel, complete, discover
from search.values import Values
from trainer import limit_threads

CHANGES: dict[str, Values] = {
    "the defaults": {},
    "16 filters": {"first_filters": 16},
    "8 filters": {"first_filters": 8},
    "48 filters": {"first_filters": 48},
    "one block a stage": {"blocks_per_stage": 1},
    "16 filters, one block a stage": {"first_filters": 16, "blocks_per_stage": 1},
    "8 filters, one block a stage": {"first_filters": 8, "blocks_per_stage": 1},
    "weight decay 0.01": {"weight_decay": 0.01},
    "weight decay 0.2": {"weight_decay": 0.2},
    "weight decay 0.5": {"weight_decay": 0.5},
    "dropout 0.5": {"dropout": 0.5},
    "label smoothing 0.1": {"label_smoothing": 0.1},
    "mixup": {"mixup": 0.2},
    "half the augmentation": {"augmentation": 0.5},
}
BEGINNINGS = (0, 1)
_KEY = ("trained", "epochs", "change", "beginning")
_TRUTH = 3_000


@terminable()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("file", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--trained", type=int, default=500, help="images to train on; a ninth as many to validate on")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=list(CHANGES), default=list(CHANGES))
    parser.add_argument("--one", nargs=2, metavar=("CHANGE", "BEGINNING"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    # What is under way is of as many images and epochs.
    options.work = options.work / f"{options.trained}-{options.epochs}"
    place = options.work / "images"
    if options.one is not None:
        change, beginning = options.one
        train(place, change, int(beginning), options.epochs, folder_of(options.work, change, beginning))
        return
    options.work.mkdir(parents=True, exist_ok=True)
    trained = round(options.trained * 10 / 9)
    import_images(options.source, place, image_size=options.image_size, trained=trained, truth=_TRUTH)
    results = Results(options.file, *_KEY)
    wanted = [
        (options.trained, options.epochs, change, beginning) for change in options.only for beginning in BEGINNINGS
    ]
    command = [sys.executable, "-m", "benchmarks.search.changes", *sys.argv[1:], "--one"]

    def end(piece: tuple[int, int, str, int]) -> None:
        change, beginning = piece[2:]
        subprocess.run([*command, change, str(beginning)], check=True)
        notes = recorded(folder_of(options.work, change, beginning))
        assert notes is not None
        assert notes.reason is None, f"{change} cannot be trained: {notes.reason}"
        known = dict(zip(_KEY, piece, strict=True)) | {"parameters": notes.parameters, "seconds": sum(notes.seconds)}
        results.add(known | notes.truth[str(options.epochs)])

    with ThreadPoolExecutor(options.at_once) as pool:
        for each in [pool.submit(end, piece) for piece in wanted if results.find(*piece) is None]:
            each.result()
    sys.stdout.write(table([result for piece in wanted if (result := results.find(*piece)) is not None]))


def folder_of(work: Path, change: str, beginning: int | str) -> Path:
    """Return the folder of a training."""
    return work / "trainings" / f"{change.replace(' ', '-')}-{beginning}"


def train(place: Path, change: str, beginning: int, epochs: int, folder: Path) -> None:
    """Train one, or what is missing of it."""
    limit_threads(1)
    dataset = Dataset.open(place).divided(beginning)
    space = discover(GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes)))
    # The space does not have all of these values yet.
    values = complete(space, {}) | CHANGES[change]
    record(dataset, values, seed=1 + beginning, work=folder, epochs=epochs)


def table(results: list[JsonObject]) -> str:
    """Return the table, each change beside the defaults, which are first: by how much the truth differs."""
    found: dict[str, list[JsonObject]] = {}
    for result in results:
        found.setdefault(result["change"], []).append(result)
    score = {one: np.array([each["macro_f1_decided"] for each in all_]) for one, all_ in found.items()}
    lines = ["| | macro F1 | less the defaults' | log loss | parameters | CPU s |", "| --- " * 6 + "|"]
    for one, all_ in found.items():
        gains = ", ".join(f"{gain:+.3f}" for gain in score[one] - next(iter(score.values())))
        loss, seconds = (np.mean([each[key] for each in all_]) for key in ("loss", "seconds"))
        cells = [one, f"{score[one].mean():.3f}", gains, f"{loss:.3f}", f"{all_[0]['parameters']:,}", f"{seconds:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
