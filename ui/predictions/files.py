"""Predictions in a file, written image by image; the file is there whole or not at all."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from datasets import building_place, open_folder, table_writer
from ui.predictions.prediction import Prediction, columns, row

Add = Callable[[Prediction], None]
SUFFIXES = (".csv", ".json", ".parquet")


@contextmanager
def prediction_file(target: Path, *, model: str, classes: Sequence[str], decide: str) -> Iterator[Add]:
    """Yield a function that adds one image to the file ``target``, whose suffix is one of SUFFIXES.

    The file takes its place, and that of an older one, when the block ends without an error. CSV and Parquet have the
    columns ``path, class``, one a class with its probability, ``warnings, error, sure, novelty, decide``; JSON is what
    ``galaxy classify --json`` prints. ``decide`` is the operating point that named the classes, the same for all.
    Raises StorageError where it cannot be written.
    """
    with building_place(open_folder(target)) as place:
        built = place / target.name
        with write_predictions(built, model=model, classes=classes, decide=decide) as add:
            yield add
        built.replace(target)


@contextmanager
def write_predictions(path: Path, *, model: str, classes: Sequence[str], decide: str) -> Iterator[Add]:
    """Yield a function that adds one image to the file at ``path``, which is complete when the block ends."""
    if path.suffix.lower() == ".json":
        with path.open("w", encoding="utf-8", newline="") as file:
            about = json.dumps({"model": model, "decide": decide}, ensure_ascii=False)
            file.write(f'{about[:-1]}, "images": [')
            yield _json(file)
            file.write("]}\n")
    else:
        with table_writer(path, columns(classes)) as add_row:
            yield lambda prediction: add_row(row(prediction, classes, decide))


def _json(file: TextIO) -> Add:
    separator = ""

    def add(prediction: Prediction) -> None:
        nonlocal separator
        file.write(separator + json.dumps(prediction.as_json(), ensure_ascii=False, allow_nan=False))
        separator = ", "

    return add
