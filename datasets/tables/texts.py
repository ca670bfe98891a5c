"""Values of any type as text, for tables that have nothing else for them, with all their digits."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from datasets.tables.annotated import notes_of


def has_text(kind: pa.DataType) -> bool:
    """Say whether values of a type are to be written as text; bytes, such as whole images, are not."""
    if isinstance(kind, pa.BaseExtensionType):
        return has_text(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return has_text(kind.value_type)
    if pa.types.is_nested(kind):
        return all(has_text(kind.field(place).type) for place in range(kind.num_fields))
    return not any(says(kind) for says in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))


def as_texts(values: pa.Array, field: pa.Field) -> list[str | None]:
    """Write the values of a column; None for nothing.

    Numbers have all their digits, what is true is ``true``, times are as ISO 8601 has them. Lists and structures are
    JSON, but for lists of texts whose field has a ``separator``, with that between them.
    """
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return list(values.to_pylist())
    if pa.types.is_nested(kind):
        separator = notes_of(field).get("separator")
        return [None if cell is None else _nested(cell, separator) for cell in values.to_pylist()]
    if pa.types.is_duration(kind):
        values = values.cast(pa.int64())
    if pa.types.is_timestamp(kind):
        return list(pc.replace_substring(pc.cast(values, pa.string()), " ", "T", max_replacements=1).to_pylist())
    return list(pc.cast(values, pa.string()).to_pylist())


def _nested(cell: Any, separator: str | None) -> str:
    return json.dumps(cell, ensure_ascii=False, default=str) if separator is None else separator.join(cell)
