"""Columns with what astronomers say of them: unit, UCD and description, kept in the metadata of an Arrow field.

UCDs are words of the IVOA's vocabulary for what a column holds (https://www.ivoa.net/documents/UCD1+/).
"""

from collections.abc import Mapping

import pyarrow as pa

SEPARATOR = "; "
"""What parts several texts where a table has one in a cell."""


def annotated(name: str, kind: pa.DataType, **notes: str) -> pa.Field:
    """Make a field with ``unit``, ``ucd``, ``description`` and so on; what is empty is left out.

    A list of texts with a ``separator`` is one text with that between them, where a table has no lists.
    """
    return pa.field(name, kind, metadata={key: value for key, value in notes.items() if value} or None)


def notes_of(field: pa.Field) -> dict[str, str]:
    """Return what is said of a column, by ``unit``, ``ucd``, ``description`` and whatever else its file had."""
    return as_texts(field.metadata)


def as_texts(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    """Return Arrow's metadata as text."""
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, value in (metadata or {}).items()}
