"""Predictions in a file, written image by image; the file is there whole or not at all."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from datasets import (
    Write,
    building_place,
    convert_table,
    csv_writer,
    open_folder,
    parquet_writer,
    place_table,
    table_writer,
)
from ui.predictions.prediction import Prediction

if TYPE_CHECKING:
    import pyarrow as pa

    from trainer import AnswerTable, Classifier, Decide

Add = Callable[[Prediction], None]
SUFFIXES = (".csv", ".json", ".parquet", ".fits", ".vot")
_ROWS = 4096
"""Rows that are in memory at once."""


@dataclass(frozen=True)
class About:
    """What predictions in a file are by: the classes, and what is `said` of them all (`trainer.about_answers`)."""

    classes: tuple[str, ...]
    said: Mapping[str, str]
    prefix: str = ""

    @classmethod
    def of(cls, classifier: "Classifier", decide: "Decide", max_error: float | None, prefix: str = "") -> "About":
        """Say it of those of a classifier; ``prefix`` stands before the names of their columns."""
        from trainer import about_answers

        bundle = classifier.bundle
        return cls(classifier.classes, about_answers(bundle.manifest, bundle.uri, decide, max_error), prefix)

    @property
    def table(self) -> "AnswerTable":
        """The columns of answers."""
        from trainer import AnswerTable

        return AnswerTable(self.classes, self.prefix)

    @property
    def schema(self) -> "pa.Schema":
        """The columns: the path of an image, and those of `trainer.AnswerTable`."""
        import pyarrow as pa

        table = self.table.saying(self.said)
        return pa.schema([pa.field("path", pa.string()), *table], metadata=table.metadata)

    def batch(self, predictions: Sequence[Prediction]) -> "pa.RecordBatch":
        """Return predictions as rows of the schema."""
        import pyarrow as pa

        paths = pa.array([each.path for each in predictions], pa.string())
        columns = self.table.batch(predictions).columns
        return pa.record_batch([paths, *columns], schema=self.schema)


@contextmanager
def prediction_file(target: Path, about: About) -> Iterator[Add]:
    """Yield a function that adds one image to the file ``target``, whose suffix is one of SUFFIXES.

    The file takes its place, and that of an older one, when the block ends without an error. Tables have ``path`` and
    the columns of `trainer.AnswerTable`; JSON is what ``galaxy classify --json`` prints. In CSV no cell is
    a formula: one that would be has a ``'`` in front. What is said of all answers is in the metadata: those of the
    file, and for CSV of another one beside it.
    Raises StorageError where it cannot be written.
    """
    with building_place(open_folder(target)) as place:
        built = place / target.name
        with write_predictions(built, about) as add:
            yield add
        place_table(built, target)


@contextmanager
def write_predictions(path: Path, about: About) -> Iterator[Add]:
    """Yield a function that adds one image to the file at ``path``, which is complete when the block ends."""
    if path.suffix.lower() == ".json":
        with path.open("w", encoding="utf-8", newline="") as file:
            head = json.dumps({key: about.said[key] for key in ("model", "decide")}, ensure_ascii=False)
            file.write(f'{head[:-1]}, "images": [')
            yield _json(file)
            file.write("]}\n")
    elif path.suffix.lower() in {".fits", ".vot"}:  # which must know all values before the first is written
        whole = path.with_suffix(".parquet")
        with table_writer(whole, about.schema) as write, _batched(about, write) as add:
            yield add
        convert_table(whole, path)
    else:
        with table_writer(path, about.schema) as write, _batched(about, write) as add:
            yield add


def prediction_csv(predictions: Sequence[Prediction], about: About) -> str:
    """Return a CSV with one line an image; what is absent is empty, and nothing a formula."""
    stream = io.StringIO()
    csv_writer(stream, about.schema)(about.batch(predictions))
    return stream.getvalue()


def prediction_parquet(predictions: Sequence[Prediction], about: About) -> bytes:
    """Return a Parquet file with one row an image."""
    stream = io.BytesIO()
    with parquet_writer(stream, about.schema) as write:
        write(about.batch(predictions))
    return stream.getvalue()


@contextmanager
def _batched(about: About, write: Write) -> Iterator[Add]:
    """Yield what adds a prediction to batches, which are written when they are full, the last one at the end."""
    waiting: list[Prediction] = []

    def flush() -> None:
        write(about.batch(waiting))
        waiting.clear()

    def add(prediction: Prediction) -> None:
        waiting.append(prediction)
        if len(waiting) == _ROWS:
            flush()

    yield add
    flush()


def _json(file: TextIO) -> Add:
    separator = ""

    def add(prediction: Prediction) -> None:
        nonlocal separator
        file.write(separator + json.dumps(prediction.as_json(), ensure_ascii=False, allow_nan=False))
        separator = ", "

    return add
