"""A table with further columns behind its own, written whole from a table and what is to be added to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa

from datasets.errors import SourceError
from datasets.tables.annotated import as_texts
from datasets.tables.damage import table_errors
from datasets.tables.exact.fits_columns import fits_column, is_written_as_text
from datasets.tables.exact.fits_out import append_to_fits, fits_writer
from datasets.tables.exact.fits_rows import FitsRows
from datasets.tables.exact.names import escaped_in, in_ascii, in_xml, renamed, unique_names
from datasets.tables.exact.opening import open_exact
from datasets.tables.exact.said import said_of_rows
from datasets.tables.exact.survey import ColumnSurvey
from datasets.tables.exact.text_rows import TextRows
from datasets.tables.exact.votable_out import append_to_votable, votable_writer
from datasets.tables.exact.votable_rows import VOTableRows
from datasets.tables.exact.votable_values import ExactValues
from datasets.tables.inference import Inference, typed
from datasets.tables.kinds import Kind, recognise
from datasets.tables.texts import has_text
from datasets.tables.writing import Write, table_writer
from datasets.wording import few

TABLE_SUFFIXES = (".csv", ".parquet", ".fits", ".vot")
"""Of tables that can be written, which tell what they are written in."""
_MOST_COLUMNS = {".fits": 999}
"""TFIELDS of the FITS standard 4.0, section 7.3.1."""
_HEAD = 2**20
_TIMES_TEXT, _TIMES_BINARY = 3, 10
Batches = Callable[[], Iterator[pa.RecordBatch]]


def check_addition(path: Path, schema: pa.Schema, target: Path) -> None:
    """Raise SourceError where a table cannot be written to ``target`` with columns of a schema behind its own.

    What is said of all rows, the schema's metadata, may not be there by the same key either.
    """
    if target.is_dir() or (target.exists() and target.samefile(path)):
        what = "a folder" if target.is_dir() else "the table itself"
        raise SourceError(f"expected a place for another table than '{path}', found {what}: '{target}'")
    with open_exact(path) as table:
        taken = {name.strip().casefold(): name for name in table.schema.names}
        clash = [name for name in schema.names if name.strip().casefold() in taken]
        if clash:
            raise SourceError(
                f"'{path}' has a column {taken[clash[0].strip().casefold()]!r} already, as the answers have: "
                "give theirs other names with --prefix, such as `--prefix gt_`"
            )
        most = _MOST_COLUMNS.get(target.suffix.lower())
        if most is not None and (count := len(table.schema) + len(schema)) > most:
            raise SourceError(
                f"'{path}' has {len(table.schema):,} columns, {count:,} with the answers, and a table of FITS at most "
                f"{most}: write .parquet"
            )
        held = [field.name for field in table.schema if not has_text(field.type)]
        if held and target.suffix.lower() != ".parquet":
            raise SourceError(
                f"'{path}' has bytes in the column {few(held)}, which no table but Parquet holds: write .parquet"
            )
    if said := said_of_rows(path).keys() & as_texts(schema.metadata).keys():
        raise SourceError(
            f"'{path}' says {min(said)!r} of its rows already, in its metadata, as the answers do: give theirs other "
            "keys with --prefix, such as `--prefix gt_`"
        )


def append_columns(path: Path, schema: pa.Schema, added: Batches, target: Path) -> tuple[str, ...]:
    """Write the table at ``path`` with columns of a schema behind its own to ``target``, whose suffix says how.

    ``added`` yields their rows, as many as the table has, each time that it is called; what is said of all of them is
    the schema's metadata. Values, types, names, notes and the order of rows stay as they are, as far as the format
    knows them: FITS and VOTable have each name once, FITS has names and notes in ASCII, VOTable no control characters.
    From text into another format, columns get the narrowest type that all their values have. Text that is added is no
    formula in CSV. The memory that it takes does not grow with the rows, but where the table is a VOTable.

    Returns what a person must know of it. Raises SourceError where the table is damaged, or cannot be written so.
    """
    suffix, exact = target.suffix.lower(), ExactValues()
    with open_exact(path) as table:
        if suffix == ".fits" and isinstance(table, FitsRows):
            columns = [fits_column(field, seen) for field, seen in zip(schema, _surveys(schema, added), strict=True)]
            append_to_fits(target, table, columns, schema, added())
            return ()
        if suffix == ".vot" and isinstance(table, VOTableRows):
            append_to_votable(target, table, schema, _surveys(schema, added), added(), exact)
            return tuple(filter(None, [escaped_in(exact.escaped)]))
    source = _Joined(path, schema, added, keep_text=suffix == ".csv")
    with _writer(source, target, exact) as write:
        for batch in source.batches():
            write(batch)
    names = source.schema.names
    can = {".fits": in_ascii, ".vot": in_xml}.get(suffix)
    written = names if can is None else unique_names([can(name) for name in names])
    return tuple(filter(None, [*source.notes, renamed(names, written), escaped_in(exact.escaped)]))


def convert_table(path: Path, target: Path) -> tuple[str, ...]:
    """Write a table as ``target``'s suffix says, as `append_columns` does without any."""
    return append_columns(path, pa.schema([]), lambda: iter(()), target)


def memory_of_table(path: Path) -> int | None:
    """Return about how many bytes of memory reading a table takes; None where it does not grow with the table.

    Only that of VOTables does: astropy reads them whole. Measured on tables of 50,000 and 200,000 rows of 11 columns,
    text takes 1.3 to 2.9 times the file, and what is packed as BINARY 9.3 to 10.2 times.
    """
    with table_errors(str(path)), ExitStack() as stack, path.open("rb") as raw:
        found = recognise(stack, path.name, raw)
        if found.kind != Kind.VOTABLE:
            return None
        head = found.stream.read(_HEAD)
        size = len(head)  # of what is packed, too
        while part := found.stream.read(_HEAD):
            size += len(part)
    return size * (_TIMES_BINARY if b"<BINARY" in head else _TIMES_TEXT)


@contextmanager
def _writer(source: "_Joined", target: Path, exact: ExactValues) -> Iterator[Write]:
    suffix = target.suffix.lower()
    if suffix == ".fits":
        surveys = _surveys(source.schema, source.batches)
        columns = [fits_column(field, seen) for field, seen in zip(source.schema, surveys, strict=True)]
        with fits_writer(target, columns, source.schema, source.rows) as write:
            yield write
    elif suffix == ".vot":
        with votable_writer(target, source.schema, _surveys(source.schema, source.batches), exact) as write:
            yield write
    else:
        with table_writer(target, source.schema, guarded=source.kept) as write:
            yield write


class _Joined:
    """A table and what is added to it, batch by batch; text becomes what it most narrowly is, unless it is kept.

    Attributes:
        schema: of both.
        kept: number of the columns that are the table's.
        rows: of the table, known when all have been read once.
        notes: on how it was read, likewise.
    """

    def __init__(self, path: Path, schema: pa.Schema, added: Batches, *, keep_text: bool) -> None:
        self._path, self._added = path, added
        self.rows, self.notes = 0, list[str]()
        with open_exact(path) as table:
            own, is_text = table.schema, isinstance(table, TextRows)
            self._decimal = table.decimal if isinstance(table, TextRows) else "."
        if is_text and not keep_text:
            own = self._inferred(own)
        theirs = own.metadata or {key.encode(): text.encode() for key, text in said_of_rows(path).items()}
        metadata = {**theirs, **(schema.metadata or {})}
        self.kept, self.schema = len(own), pa.schema([*own, *schema], metadata=metadata)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of both. Raises ValueError where they do not have as many."""
        own = pa.schema(list(self.schema)[: self.kept])
        stream, rows = _Stream(self._added()), 0
        with open_exact(self._path) as table:
            for some in table.batches():
                pairs = zip(some.columns.columns, own.types, strict=True)
                columns = [
                    values if values.type == kind else typed(values, kind, self._decimal) for values, kind in pairs
                ]
                rows += len(some.columns)
                ours = stream.take(len(some.columns)) if len(self.schema) > self.kept else []
                yield pa.record_batch([*columns, *ours], schema=self.schema)
            self.notes = [f"'{self._path}' is {note}" for note in table.notes]
        stream.check_end()
        self.rows = rows

    def _inferred(self, texts: pa.Schema) -> pa.Schema:
        kinds = [Inference() for _ in texts]
        with open_exact(self._path) as table:
            for some in table.batches():
                for kind, values in zip(kinds, some.columns.columns, strict=True):
                    kind.see(values, self._decimal)
        return pa.schema([(name, kind.type) for name, kind in zip(texts.names, kinds, strict=True)])


class _Stream:
    """Batches, of which any number of rows is taken at a time."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._waiting: list[pa.RecordBatch] = []

    def take(self, rows: int) -> list[pa.Array]:
        """Return the columns of the next rows. Raises ValueError where there are not as many."""
        while (there := sum(map(len, self._waiting))) < rows:
            following = next(self._batches, None)
            if following is None:
                raise ValueError(f"{there} rows to be added, but {rows} to add them to")
            self._waiting.append(following)
        joined = pa.concat_batches(self._waiting)
        self._waiting = [joined.slice(rows)]
        return list(joined.slice(0, rows).columns)

    def check_end(self) -> None:
        """Raise ValueError where there are rows left."""
        if sum(map(len, self._waiting)) or any(len(batch) for batch in self._batches):
            raise ValueError("more rows to be added than to add them to")


def _surveys(schema: pa.Schema, batches: Batches) -> list[ColumnSurvey]:
    surveys = [ColumnSurvey(field, is_text=is_written_as_text(field.type)) for field in schema]
    for batch in batches():
        for survey, values in zip(surveys, batch.columns, strict=True):
            survey.see(values)
    return surveys
