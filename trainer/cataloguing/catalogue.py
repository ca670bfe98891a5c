"""A table classified row by row, and written again with the answers behind its columns.

Answers are durable in parts before the table is written, so that a run that was cut goes on where it was.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

import pyarrow as pa

from datasets import (
    ImageFile,
    append_columns,
    building_place,
    check_addition,
    count_rows,
    open_folder,
    place_table,
    row_images,
)
from trainer.bundles.answer_table import Answered, AnswerTable
from trainer.bundles.manifest import Manifest
from trainer.cataloguing.parts import Parts

_ROWS = 64
"""Rows whose answers are handed on at once."""
_BESIDE = [pa.field("path", pa.string()), pa.field("seen", pa.bool_())]
"""What is known of a row beside its answer."""


class RowAnswered(Answered, Protocol):
    """An answer to the image of a row."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def seen(self) -> bool | None: ...  # noqa: D102


Answer = Callable[[Iterator[ImageFile], int], Iterator[RowAnswered]]
"""Answers the images of rows that follow each other, from one of a number on."""


class Catalogue:
    """A table that is being classified into another one.

    Attributes:
        total: its rows.
    """

    def __init__(self, table: Path, target: Path, columns: AnswerTable, about: Mapping[str, str], parts: Parts) -> None:
        self._table, self._target, self._columns, self._about = table, target, columns, dict(about)
        self._parts = parts
        self.total = count_rows(table)

    @classmethod
    @contextmanager
    def opened(
        cls, table: Path, target: Path, columns: AnswerTable, about: Mapping[str, str], options: Mapping[str, object]
    ) -> Iterator[Self]:
        """Yield the catalogue with what has been answered before with the same ``options``, `recorded` ones.

        ``about`` is what the table will say of all answers, behind the columns' prefix. Where the block is left,
        what was answered is durable.

        Raises:
            SourceError: The table is none, is damaged, or cannot be written to ``target`` with these columns.
            PartsError: Answers to something else are beside ``target``, or another process writes them.
            StorageError: Nothing can be written there.
        """
        check_addition(table, columns.saying(about), target)
        with Parts.opened(target, _schema(columns), recorded(table, options)) as parts:
            yield cls(table, target, columns, about, parts)

    @property
    def done(self) -> int:
        """Rows whose answers are durable."""
        return self._parts.rows

    def answered(self, answer: Answer) -> Iterator[pa.RecordBatch]:
        """Yield the answers to all rows, some at a time: those that there are, then what ``answer`` says of the others.

        The columns are those of `AnswerTable` without a prefix, ``path`` and ``seen``.
        """
        yield from self._parts.batches()
        answers = answer(row_images(self._table, self.done), self.done)
        while some := list(islice(answers, _ROWS)):
            columns = AnswerTable(self._columns.classes).batch(some).columns
            paths = [each.path.encode("utf-8", "backslashreplace").decode() for each in some]
            beside = [pa.array(paths, pa.string()), pa.array([each.seen for each in some], pa.bool_())]
            batch = pa.record_batch([*columns, *beside], schema=_schema(self._columns))
            self._parts.add(batch)
            yield batch

    def write(self) -> tuple[str, ...]:
        """Write the table with the answers, in the place of an older one, and remove the parts.

        Returns what a person must know of it. Raises SourceError as `datasets.append_columns` does, and StorageError.
        """
        self._parts.flush()
        schema = self._columns.saying(self._about)
        with building_place(open_folder(self._target)) as place:
            built = place / self._target.name
            notes = append_columns(self._table, schema, self._batches, built)
            place_table(built, self._target)
        self._parts.remove()
        return notes

    def forget(self) -> None:
        """Remove the parts: they are of no use."""
        self._parts.remove()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        schema = self._columns.schema
        for batch in self._parts.batches():
            yield pa.record_batch(batch.columns[: len(schema)], schema=schema)


def recorded(table: Path, options: Mapping[str, object]) -> dict[str, str]:
    """Return what answers depend on: the table as it lies on the disk, and the options."""
    status = table.stat()
    about = {"table": f"{table.absolute()}, {status.st_size} bytes, changed {status.st_mtime_ns}"}
    return about | {key: str(value) for key, value in options.items()}


def model_mark(manifest: Manifest) -> str:
    """Return what tells a bundle from every other, itself trained anew included."""
    said = json.dumps(asdict(manifest), sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _schema(columns: AnswerTable) -> pa.Schema:
    return pa.schema([*AnswerTable(columns.classes).schema, *_BESIDE])
