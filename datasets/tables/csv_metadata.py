"""What a CSV cannot say of itself, in a file beside it as W3C's "Metadata Vocabulary for Tabular Data" has it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from datasets.tables.annotated import as_texts, notes_of

_SUFFIX = "-metadata.json"
_KEYS = {
    "description": "dc:description",
    "unit": "schema:unitText",
    "ucd": "schema:propertyID",
    "separator": "separator",
}
"""The nearest words of vocabularies whose prefixes the standard knows."""
_TYPES: Mapping[pa.DataType, str] = {
    pa.bool_(): "boolean",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.int64(): "long",
}


def metadata_name(table: str) -> str:
    """Return the name under which W3C's programs look for what is said of a CSV, beside it."""
    return f"{table}{_SUFFIX}"


def is_written_table(path: str) -> bool:
    """Whether a CSV is there that was written here: what is said of it is beside it."""
    return Path(metadata_name(path)).is_file()


def csv_metadata(table: str, schema: pa.Schema) -> bytes:
    """Return what is said of a CSV of that name, and of its columns, which are those of a schema."""
    about = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": table,
        "dialect": {"delimiter": ",", "encoding": "utf-8", "header": True},
        "tableSchema": {"columns": [_column(field) for field in schema]},
        "notes": [as_texts(schema.metadata)],
    }
    return json.dumps(about, ensure_ascii=False, indent=1).encode()


def _column(field: pa.Field) -> dict[str, str]:
    column = {"titles": field.name, "datatype": _TYPES.get(field.type, "string")}
    return column | {_KEYS[key]: text for key, text in notes_of(field).items() if key in _KEYS}
