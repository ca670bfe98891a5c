"""What a folder of a catalogue's answers is of: written once, before the first partition, and never changed."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from datasets.catalogues.layout import CATALOGUE_RECORD, CatalogueLayout
from datasets.documents import first_problem, read_json
from datasets.errors import FormatError
from datasets.storage.fetching import is_file
from datasets.wording import few

CATALOGUE_FORMAT = "galaxy-tuner-catalogue/1"


@dataclass(frozen=True)
class Planned:
    """How a source is parted.

    Attributes:
        kind: which reader its rows have, see `rows`.
        details: what that reader needs beside the source, JSON-ready.
        sizes: rows of each partition, in order.
        mark: changes when the source does, as far as can be told without reading it; empty where it cannot.
        witness: a local file that every node must have, if there is one.
        notes: what is to be said of how the source was taken.
    """

    kind: str
    details: Mapping[str, Any]
    sizes: Sequence[int]
    mark: str = ""
    witness: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogueRecord:
    """A catalogue: its ``source``, a path or URI, how that is parted, and what answers it.

    Attributes:
        settings: by what, and how, rows are answered: a folder has answers of one kind only.
        model: where the model was.
        created: ISO 8601, UTC.
    """

    format: str
    source: str
    planned: Planned
    settings: Mapping[str, str]
    model: str
    created: str

    @cached_property
    def starts(self) -> list[int]:
        """The first row of each partition, then the number of all rows."""
        return [0, *itertools.accumulate(self.planned.sizes)]

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return self.starts[-1]

    @property
    def partitions(self) -> int:
        """The number of partitions."""
        return len(self.planned.sizes)

    def write(self, layout: CatalogueLayout) -> None:
        """Write it, which makes the folder one of this catalogue."""
        layout.root.write_whole(CATALOGUE_RECORD, (json.dumps(asdict(self), ensure_ascii=False) + "\n").encode())

    def differences(self, source: str, settings: Mapping[str, str]) -> list[str]:
        """Say in what this is no record of ``source`` and ``settings``: "crop 0.5, not 0.6", a text each."""
        asked = {"source": source, **settings}
        ours = {"source": self.source, **self.settings}
        names = [name for name in asked | ours if asked.get(name) != ours.get(name)]
        return [f"{name} {ours.get(name) or 'none'}, not {asked.get(name) or 'none'}" for name in names]


def read_record(layout: CatalogueLayout) -> CatalogueRecord | None:
    """Return what the folder is of, None where it is no catalogue's yet.

    Raises FormatError where it is damaged, of another version, or holds something else; StorageError.
    """
    from pydantic import TypeAdapter, ValidationError

    where = layout.root.uri
    if is_file(layout.root):
        raise FormatError(f"'{where}' cannot take the answers: expected a folder, found a file: give another --output")
    data = layout.root.read_if_there(CATALOGUE_RECORD)
    if data is None:
        if others := layout.others() or sorted(map(layout.partition, layout.done())):
            raise FormatError(
                f"'{where}' cannot take the answers: expected a new or empty folder, or one that this command began, "
                f"found {few(others)}: give another --output"
            )
        return None
    try:
        document = read_json(data)
        if not isinstance(document, dict) or document.get("format") != CATALOGUE_FORMAT:
            raise FormatError(
                f"'{where}' cannot be gone on with: expected {CATALOGUE_RECORD} of format {CATALOGUE_FORMAT}"
            )
        return TypeAdapter(CatalogueRecord).validate_python(document)
    except ValidationError as error:
        raise FormatError(f"'{where}' is damaged: in its {CATALOGUE_RECORD}, {first_problem(error)}") from error
    except ValueError as error:
        raise FormatError(f"'{where}' is damaged: {CATALOGUE_RECORD} is not JSON ({error})") from error
