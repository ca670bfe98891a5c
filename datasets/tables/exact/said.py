"""What a table says of all its rows, where our writers put it: the schema's metadata, in any format."""

import contextlib
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from datasets.tables.annotated import as_texts
from datasets.tables.csv_metadata import metadata_name
from datasets.tables.damage import table_errors
from datasets.tables.exact.fits_said import said_in_header
from datasets.tables.kinds import Kind, reader_of, recognise


def said_of_rows(path: Path) -> Mapping[str, str]:
    """Return what the table at a local path says of all its rows, nothing where it says nothing.

    Of a CSV that is what the file beside it says. Raises SourceError where the table is none, or damaged.
    """
    with table_errors(str(path)), ExitStack() as stack:
        found = recognise(stack, path.name, stack.enter_context(path.open("rb")))
        if found.kind == Kind.TEXT:
            return _beside(path.with_name(metadata_name(path.name)))
        if found.kind == Kind.FITS:
            return _in_header(found.stream)
        if found.kind == Kind.VOTABLE:
            return _in_infos(found.stream)
        return as_texts(reader_of(found).schema.metadata)


def _beside(path: Path) -> Mapping[str, str]:
    said: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):  # somebody else's, or none
        for note in json.loads(path.read_bytes())["notes"]:
            said |= {key: value for key, value in note.items() if isinstance(value, str)}
    return said


def _in_header(stream: IO[bytes]) -> Mapping[str, str]:
    from astropy.io import fits

    with fits.open(stream, memmap=True, ignore_missing_simple=False) as units:
        headers = [unit.header for unit in units if isinstance(unit, fits.BinTableHDU)]
    return said_in_header(headers[0]) if headers else {}


def _in_infos(stream: IO[bytes]) -> Mapping[str, str]:
    """Read the INFO elements that stand above the rows, and no row."""
    said: dict[str, str] = {}
    with contextlib.suppress(ElementTree.ParseError):  # which is said where the rows are read
        for _, element in ElementTree.iterparse(stream, events=("start",)):
            name = str(element.tag).rpartition("}")[2]
            if name == "DATA":
                break
            if name == "INFO" and (key := element.get("name")) is not None:
                said[key] = element.get("value", "")
    return said
