"""Columns of a table read a batch at a time, however long the table is and whatever it is written in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pyarrow as pa

from datasets.errors import SourceError
from datasets.tables.columnar import legends
from datasets.tables.damage import table_errors
from datasets.tables.kinds import Reader, open_reader
from datasets.tables.values import as_type
from datasets.wording import few


@dataclass(frozen=True)
class Table:
    """A table in a file: its path, for errors, what opens it, and what it is ``to_be``, such as "imported".

    ``notes`` gathers what a person must know of how it was read, so far as it has been.
    """

    name: str
    stream: Callable[[], IO[bytes]] = field(repr=False)
    to_be: str = "imported"
    notes: dict[str, None] = field(default_factory=dict, repr=False, compare=False)

    def header(self) -> list[str]:
        """Return the columns' names as they stand. Raises SourceError where the file is no table."""
        return list(self.schema().names)

    def schema(self) -> pa.Schema:
        """Return the columns' names and types; all of delimited text are text. Raises as ``header``."""
        with self._opened() as reader:
            return reader.schema

    def decimal(self) -> str:
        """Return the sign before the decimals of numbers that are text, a point or comma. Raises as ``header``."""
        with self._opened() as reader:
            return reader.decimal

    def legends(self) -> dict[str, tuple[str, ...]]:
        """Return the names that the table itself gives to a column's integers, by the column's name."""
        return legends(self.schema())

    def sample(self, rows: int = 100) -> pa.Table:
        """Return the first rows, of each type as it stands. Raises SourceError where the file is no table."""
        with self._opened() as reader:
            parts, count = [], 0
            for columns in reader.batches(dict(enumerate(reader.schema.types))):
                parts.append(pa.record_batch([column[:rows] for column in columns], names=reader.schema.names))
                count += len(parts[-1])
                if count >= rows:
                    break
            return pa.Table.from_batches(parts, reader.schema if not parts else None)[:rows]

    def read(self, wanted: Mapping[str, pa.DataType], *, optional: Sequence[str] = ()) -> Iterator[dict[str, pa.Array]]:
        """Yield Arrow columns by name, a batch of rows at a time.

        ``wanted`` has the Arrow type of each column by its name, as it stands or in small letters; those that are
        ``optional`` may be absent. Numbers that are wanted as text keep all their digits, and whole ones have no
        decimals.

        Raises SourceError where a column is missing or there twice, a value is not of its type, or the file is damaged.
        """
        with self._opened() as reader:
            places = {name: self._place(reader.schema.names, name) for name in wanted}
            missing = [name for name, place in places.items() if place is None and name not in optional]
            if missing:
                raise self._refusal(f"expected the column '{missing[0]}', found {few(reader.schema.names)}")
            chosen = {name: place for name, place in places.items() if place is not None}
            types = {place: wanted[name] for name, place in chosen.items()}
            order = list(types)
            for columns in reader.batches(types):
                yield {
                    name: as_type(columns[order.index(place)], wanted[name], column=reader.schema.names[place])
                    for name, place in chosen.items()
                }

    def _place(self, names: Sequence[str], wanted: str) -> int | None:
        """Find a column by its name as it stands, or else whatever its case and the blanks around it."""
        exact = [place for place, name in enumerate(names) if name == wanted]
        places = exact or [place for place, name in enumerate(names) if name.strip().casefold() == wanted.casefold()]
        if len(places) > 1:
            raise self._refusal(f"expected one column '{wanted}', found {len(places)}: rename all but one of them")
        return places[0] if places else None

    def _refusal(self, problem: str) -> SourceError:
        return SourceError(f"'{self.name}' cannot be {self.to_be}: {problem}")

    @contextmanager
    def _opened(self) -> Iterator[Reader]:
        with table_errors(self.name, self.to_be), ExitStack() as stack:
            reader = open_reader(stack, self.name, stack.enter_context(self.stream()))
            yield reader
            self.notes.update(dict.fromkeys(f"'{self.name}' is {note}" for note in reader.notes))


def table_file(path: Path, called: str = "", *, to_be: str = "imported") -> Table:
    """Return the table in a local file; ``called`` is its name where the path does not have it."""
    return Table(called or str(path), lambda: path.open("rb"), to_be)
