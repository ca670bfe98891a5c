"""Classifications in a file, written image by image; the file is there whole or not at all."""

import contextlib
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets import building_place, open_folder
from ui.predictions.prediction import Prediction, columns, csv_row

Add = Callable[[Prediction], None]
SUFFIXES = (".csv", ".json", ".parquet")
_ROWS = 4096
"""Rows of a Parquet file that are in memory at once."""


@contextmanager
def prediction_file(target: Path, *, model: str, classes: Sequence[str]) -> Iterator[Add]:
    """Yield what adds one image to the file ``target``, of a kind in SUFFIXES, named by its suffix.

    The file takes its place, and that of an older one, when the block ends without an error. CSV and Parquet have the
    columns ``path, class``, one a class with its probability, ``warnings, error, sure, novelty``; JSON is what
    ``galaxy classify --json`` prints. Raises StorageError where it cannot be written.
    """
    with building_place(open_folder(target)) as place:
        built = place / target.name
        with write_predictions(built, model=model, classes=classes) as add:
            yield add
        built.replace(target)


@contextmanager
def write_predictions(path: Path, *, model: str, classes: Sequence[str]) -> Iterator[Add]:
    """Yield what adds one image to the file at ``path``, which is complete when the block ends."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        with _parquet(path, classes) as add:
            yield add
        return
    with path.open("w", encoding="utf-8", newline="") as file, contextlib.ExitStack() as end:
        if suffix == ".csv":
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns(classes))
            yield lambda found: writer.writerow(csv_row(found, classes))
        else:
            yield _json(file, model, end)


def _json(file: Any, model: str, end: contextlib.ExitStack) -> Add:
    file.write(f'{{"model": {json.dumps(model, ensure_ascii=False)}, "images": [')
    end.callback(file.write, "]}\n")
    separator = ""

    def add(found: Prediction) -> None:
        nonlocal separator
        file.write(separator + json.dumps(found.as_json(), ensure_ascii=False, allow_nan=False))
        separator = ", "

    return add


@contextmanager
def _parquet(path: Path, classes: Sequence[str]) -> Iterator[Add]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    chances = [pa.float32()] * len(classes)
    kinds = [pa.string(), pa.string(), *chances, pa.list_(pa.string()), pa.string(), pa.bool_(), pa.float32()]
    schema = pa.schema(list(zip(columns(classes), kinds, strict=True)))
    rows: list[tuple[object, ...]] = []

    def flush() -> None:
        arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
        rows.clear()

    def add(found: Prediction) -> None:
        numbers = ((found.probabilities or {}).get(name) for name in classes)
        ending = (list(found.warnings), found.error, found.sure, found.novelty)
        rows.append((found.path, found.class_name, *numbers, *ending))
        if len(rows) == _ROWS:
            flush()

    with ParquetWriter(path, schema) as writer:
        yield add
        if rows:
            flush()
