"""Columns of any type as the fields of a VOTable."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from datasets.tables.annotated import notes_of
from datasets.tables.exact.fits_columns import is_written_as_text, with_null
from datasets.tables.exact.names import in_xml, unique_names
from datasets.tables.exact.survey import ColumnSurvey

_TYPES = {"i1": "short", "u1": "unsignedByte", "i2": "short", "u2": "int", "i4": "int", "u4": "long", "i8": "long"}


def add_fields(file: Any, table: Any, schema: pa.Schema, seen: Sequence[ColumnSurvey], taken: Sequence[str]) -> None:
    """Add fields for columns to a table that has fields of the names ``taken``."""
    names = unique_names([*taken, *map(in_xml, schema.names)])[len(taken) :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are no IDs
        for name, kind, survey in zip(names, schema, seen, strict=True):
            table.fields.append(_field(file, name, kind, survey))


def _field(file: Any, name: str, kind: pa.Field, survey: ColumnSurvey) -> Any:
    from astropy.io.votable import tree

    notes = {key: in_xml(note) for key, note in notes_of(kind).items()}
    datatype, arraysize, null = _datatype(kind, survey)
    about = {key: notes.get(key) for key in ("unit", "ucd", "xtype")}
    field = tree.Field(file, name=name, datatype=datatype, arraysize=arraysize, **about)
    field.description = notes.get("description")
    field.values.null = null
    return field


def _datatype(field: pa.Field, survey: ColumnSurvey) -> tuple[str, str | None, int | None]:
    """Return VOTable's type, arraysize, and what integers in lists have for nothing: a cell alone is empty then.

    Integers from 2^63 on, which it does not have, are text.
    """
    kind, arraysize = field.type, None
    if is_written_as_text(kind) or (survey.high is not None and survey.high >= 2**63):
        return "char" if survey.is_ascii else "unicodeChar", "*", None
    is_complex = "complex" in notes_of(field)
    if pa.types.is_fixed_size_list(kind):
        size = kind.list_size // 2 if is_complex else kind.list_size
        arraysize, kind = None if is_complex and size == 1 else str(size), kind.value_type
    elif pa.types.is_nested(kind):
        arraysize, kind = "*", kind.value_type
    if pa.types.is_boolean(kind):
        return "boolean", arraysize, None
    if pa.types.is_floating(kind):
        name = "double" if pa.types.is_float64(kind) else "float"
        return f"{name}Complex" if is_complex else name, arraysize, None
    dtype = "i8" if pa.types.is_uint64(kind) else np.dtype(kind.to_pandas_dtype()).str[1:]
    if arraysize is None or not survey.has_nulls:
        return _TYPES[dtype], arraysize, None
    dtype, null = with_null(field, dtype, survey.low or 0, survey.high or 0, "VOTable")
    return _TYPES[dtype], arraysize, null
