"""Answers as columns of a table: the names, types and meanings that they have in every output.

They stand behind what a table has already: the columns of a catalogue, or the path of an image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from datasets import SEPARATOR, annotated


class Answered(Protocol):
    """What is known of one image, as in `trainer.Classification`."""

    @property
    def class_name(self) -> str | None: ...  # noqa: D102
    @property
    def probabilities(self) -> Mapping[str, float] | None: ...  # noqa: D102
    @property
    def warnings(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def error(self) -> str | None: ...  # noqa: D102
    @property
    def sure(self) -> bool | None: ...  # noqa: D102
    @property
    def novelty(self) -> float | None: ...  # noqa: D102
    @property
    def none(self) -> float | None: ...  # noqa: D102


@dataclass(frozen=True)
class AnswerTable:
    """The columns of answers by a model with some classes, in their order; ``prefix`` stands before each name.

    ``class`` string, ``probability_<class>`` float32 for each class in the model's order, ``sure`` bool (null where the
    model can promise no rate), ``novelty`` float32, ``none`` float32 (null where the model was never shown galaxies of
    no class), ``warnings`` list of string, ``error`` string. Of a row without an answer all but the last two are null.
    """

    classes: tuple[str, ...]
    prefix: str = ""

    @property
    def schema(self) -> pa.Schema:
        """The columns, each with its description and UCD (see `datasets.annotated`)."""
        chances = [
            annotated(
                f"{self.prefix}probability_{name}",
                pa.float32(),
                ucd="stat.probability;src.morph.type",
                description=f"Calibrated probability of the class {name}, 0 to 1",
            )
            for name in self.classes
        ]
        return pa.schema([self._field("class"), *chances, *map(self._field, ("sure", "novelty", "none")), *self._notes])

    def saying(self, about: Mapping[str, str]) -> pa.Schema:
        """Return the columns with what is said of all answers as metadata, each key behind the prefix as the names are.

        So a table has what is said by several models, each behind a prefix of its own.
        """
        return self.schema.with_metadata({f"{self.prefix}{key}": text for key, text in about.items()})

    def batch(self, answers: Sequence[Answered]) -> pa.RecordBatch:
        """Return the answers, a row each, in their order."""
        chances = [[(each.probabilities or {}).get(name) for each in answers] for name in self.classes]
        columns = [
            [each.class_name for each in answers],
            *chances,
            [each.sure for each in answers],
            [each.novelty for each in answers],
            [each.none for each in answers],
            [list(each.warnings) for each in answers],
            [each.error for each in answers],
        ]
        schema = self.schema
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        return pa.record_batch(arrays, schema=schema)

    @property
    def _notes(self) -> list[pa.Field]:
        return [self._field("warnings"), self._field("error")]

    def _field(self, name: str) -> pa.Field:
        kind, ucd, description = _COLUMNS[name]
        separator = SEPARATOR if pa.types.is_list(kind) else ""
        return annotated(f"{self.prefix}{name}", kind, ucd=ucd, description=description, separator=separator)


_COLUMNS: Mapping[str, tuple[pa.DataType, str, str]] = {
    "class": (pa.string(), "src.morph.type", "The class decided for, which need not be the most probable one"),
    "sure": (
        pa.bool_(),
        "meta.code.qual",
        "Whether the class is named at the error rate promised; empty where the model can promise none",
    ),
    "novelty": (pa.float32(), "stat.value", "Above 1: the image is not like the training images"),
    "none": (
        pa.float32(),
        "stat.value",
        "Above 1: none of these classes; empty where the model was never shown galaxies of no class",
    ),
    "warnings": (pa.list_(pa.string()), "meta.note", "What may make the answer less trustworthy"),
    "error": (pa.string(), "meta.note", "Why there is no answer"),
}


def answers_in(batch: pa.RecordBatch, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return what a batch of `AnswerTable.batch` without a prefix has of each row, by the names of `Answered`.

    ``probabilities`` are by class, None where there is no answer; ``warnings`` a tuple. Columns of others are kept.
    """
    rows = []
    for row in batch.to_pylist():
        chances = {name: row.pop(f"probability_{name}") for name in classes}
        name = row.pop("class")
        probabilities = None if name is None else chances
        rows.append({**row, "class_name": name, "probabilities": probabilities, "warnings": tuple(row["warnings"])})
    return rows
