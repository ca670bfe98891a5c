"""Predictions in a file, written image by image; the file is there whole or not at all."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from datasets import building_place, open_folder, parquet_writer, table_writer
from ui.predictions.prediction import Prediction, columns, row
from ui.predictions.safe_cells import harmless, harmless_row

Add = Callable[[Prediction], None]
SUFFIXES = (".csv", ".json", ".parquet")


@contextmanager
def prediction_file(target: Path, *, model: str, classes: Sequence[str], decide: str) -> Iterator[Add]:
    """Yield a function that adds one image to the file ``target``, whose suffix is one of SUFFIXES.

    The file takes its place, and that of an older one, when the block ends without an error. CSV and Parquet have the
    columns ``path, class``, one a class with its probability, ``warnings, error, sure, novelty, decide``; JSON is what
    ``galaxy classify --json`` prints. In CSV no cell is a formula: one that would be has a ``'`` in front. ``decide``
    is the operating point that named the classes, the same for all.
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
        is_csv = path.suffix.lower() == ".csv"
        heads = [replace(each, name=harmless(each.name)) if is_csv else each for each in columns(classes)]
        with table_writer(path, heads) as plain_row:
            add_row = harmless_row(plain_row) if is_csv else plain_row
            yield lambda prediction: add_row(row(prediction, classes, decide))


def prediction_parquet(predictions: Sequence[Prediction], classes: Sequence[str], decide: str) -> bytes:
    """Return a Parquet file with one row an image, of the cells that `columns` names."""
    stream = io.BytesIO()
    with parquet_writer(stream, columns(classes)) as add:
        for prediction in predictions:
            add(row(prediction, classes, decide))
    return stream.getvalue()


def _json(file: TextIO) -> Add:
    separator = ""

    def add(prediction: Prediction) -> None:
        nonlocal separator
        file.write(separator + json.dumps(prediction.as_json(), ensure_ascii=False, allow_nan=False))
        separator = ", "

    return add
