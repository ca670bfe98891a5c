"""What a table says of a dataset's rows: one kept beside the images, or any other that names them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.arrow.dataset import Dataset
from datasets.errors import SourceError
from datasets.images.image_columns import ID_COLUMNS, IMAGE_COLUMNS, known
from datasets.sources.label_tables.columns import given_column, only_once
from datasets.sources.side_table import ID
from datasets.sources.votes.finding import stem_of
from datasets.storage.fetching import is_file, local_place
from datasets.storage.folders import open_folder
from datasets.tables.inference import Inference, typed
from datasets.tables.reading import Table, table_file
from datasets.tables.values import as_type, is_scalar
from datasets.wording import few, shown_name


@dataclass(frozen=True)
class RowValues:
    """Columns of n ``rows`` of a dataset, int64 (n,), ascending.

    ``columns`` are those asked for, each its name and an Arrow array of length n, null where not known; ``present``,
    bool (n,), says which rows the table, which is called ``table``, has at all.
    """

    table: str
    rows: npt.NDArray[np.int64] = field(repr=False)
    columns: tuple[tuple[str, pa.Array], ...] = field(repr=False)
    present: npt.NDArray[np.bool_] = field(repr=False)

    def of(self, rows: npt.NDArray[np.int64]) -> "RowValues":
        """Return what is known of some of the rows, int64 (m,), ascending."""
        at = np.searchsorted(self.rows, rows)
        columns = tuple((name, values.take(pa.array(at))) for name, values in self.columns)
        return RowValues(self.table, rows, columns, self.present[at])


def row_values(
    dataset: Dataset,
    rows: npt.NDArray[np.int64],
    names: Sequence[str],
    *,
    table: str | Path | None = None,
    id_column: str | None = None,
) -> RowValues:
    """Return what some columns say of a dataset's rows, int64 (n,), ascending.

    A column of text that has numbers or truths alone is one of those.

    Args:
        names: Columns of scalars, as they stand or in other case.
        table: The file, at a path or URI, of another table than that which the dataset keeps.
        id_column: Its column of the images' ids: as the dataset has them, or without their folders and suffix where
            that is no other image's. None: the one that is called as such columns are.

    Raises SourceError where there is no table, a column is missing, no row is of an image, or two are of one;
    StorageError.
    """
    if table is None:
        if id_column is not None:
            raise SourceError("--id-column is of the table that --table names, and none is given")
        return _kept(dataset, rows, names)
    place = open_folder(table)
    if not is_file(place):
        raise SourceError(f"--table {table}: expected a table, found {'a folder' if place.exists() else 'nothing'}")
    with local_place(table) as local:
        return _given(dataset, rows, names, table_file(local, str(table), to_be="read"), id_column)


def _kept(dataset: Dataset, rows: npt.NDArray[np.int64], names: Sequence[str]) -> RowValues:
    kept = dataset.columns()
    place = dataset.info.path
    if kept is None:
        raise SourceError(
            f"'{place}' keeps no columns, as its source has no table: `--table FILE --id-column COLUMN` gives one"
        )
    others = [name for name in kept.column_names if name != ID]
    chosen = [_found(others, name, f"'{place}'") for name in names]
    places = {name: row for row, name in enumerate(kept.column(ID).to_pylist())}
    at = pa.array([places.get(name) for name in dataset.names(rows)], pa.int64())
    columns = tuple((name, kept.column(name).combine_chunks().take(at)) for name in chosen)
    return RowValues(place, rows, columns, ~np.asarray(at.is_null()))


def _given(
    dataset: Dataset, rows: npt.NDArray[np.int64], names: Sequence[str], table: Table, id_column: str | None
) -> RowValues:
    schema = table.schema()
    unique = only_once(schema.names)
    ids = _id_column(table, unique, id_column)
    chosen = [_found(unique, name, f"'{table.name}'") for name in names]
    types = {name: schema.field(name).type for name in chosen}
    nested = [name for name in chosen if not is_scalar(types[name])]
    if nested:
        raise SourceError(f"--by {nested[0]}: expected a number or a word a row in '{table.name}', found lists")
    at, found = _gathered(table, ids, types, _by_name(dataset, rows), len(rows))
    if not len(found):
        raise SourceError(
            f"the column '{ids}' of '{table.name}' names no image of '{dataset.info.path}': expected ids such as "
            f"'{shown_name(dataset.names(rows[:1])[0])}', found such as '{shown_name(_first(table, ids))}'"
        )
    taken = pa.array(at, mask=at < 0)
    decimal = table.decimal()
    columns = tuple((name, _typed(found.column(name).combine_chunks(), decimal).take(taken)) for name in chosen)
    return RowValues(table.name, rows, columns, at >= 0)


def _gathered(
    table: Table, ids: str, types: Mapping[str, pa.DataType], wanted: Mapping[str, int], rows: int
) -> tuple[npt.NDArray[np.int64], pa.Table]:
    """Read the columns of the rows that are ``wanted``: where each is in what is returned, −1 where it is not there."""
    at, kept = np.full(rows, -1, np.int64), 0
    parts: list[pa.RecordBatch] = []
    schema = pa.schema(list(types.items()))
    for batch in table.read({**types, ids: pa.string()}):
        here = list[int]()
        for place, text in enumerate(batch[ids].to_pylist()):
            row = -1 if text is None else wanted.get(text, wanted.get(stem_of(text), -1))
            if row < 0:
                continue
            if at[row] >= 0:
                raise SourceError(
                    f"expected one row an image in '{table.name}', found two for '{shown_name(text)}' in '{ids}'"
                )
            at[row] = kept + len(here)
            here.append(place)
        values = [
            as_type(batch[name], kind, column=name).take(pa.array(here, pa.int64())) for name, kind in types.items()
        ]
        parts.append(pa.record_batch(values, schema=schema))
        kept += len(here)
    return at, pa.Table.from_batches(parts, schema)


def _typed(values: pa.Array, decimal: str) -> pa.Array:
    """Return text that has numbers or truths alone as those."""
    if not pa.types.is_string(values.type):
        return values
    kind = Inference()
    kind.see(values, decimal)
    return typed(values, kind.type, decimal)


def _first(table: Table, ids: str) -> str:
    """Return the first id of a table."""
    for batch in table.read({ids: pa.string()}):
        for text in batch[ids].drop_null().to_pylist():
            return str(text)
    return ""


def _by_name(dataset: Dataset, rows: npt.NDArray[np.int64]) -> dict[str, int]:
    """Return the place in ``rows`` of each by its id, and by its stem where no other image of the dataset has it."""
    stems: dict[str, int] = {}
    for name in dataset.ids:
        stem = stem_of(name)
        stems[stem] = stems.get(stem, 0) + 1
    found: dict[str, int] = {}
    names = dataset.names(rows)
    for place, name in enumerate(names):
        stem = stem_of(name)
        if stems[stem] == 1:
            found[stem] = place
    return found | {name: place for place, name in enumerate(names)}


def _id_column(table: Table, names: Sequence[str], wanted: str | None) -> str:
    if wanted is not None:
        return given_column(table, names, wanted, "id-column")
    candidates = known(names, (*ID_COLUMNS, *IMAGE_COLUMNS))
    if len(candidates) != 1:
        found = f"{few(candidates)}" if candidates else few(names)
        raise SourceError(
            f"'{table.name}': which column has the ids of the images? Say it with --id-column; found {found}"
        )
    return candidates[0]


def _found(names: Sequence[str], wanted: str, where: str) -> str:
    """Find a column by its name as it stands, or else whatever its case."""
    found = [name for name in names if name == wanted] or [
        name for name in names if name.strip().casefold() == wanted.strip().casefold()
    ]
    if len(found) != 1:
        problem = f"no column '{wanted}'" if not found else f"{len(found)} columns '{wanted}'"
        column, sign, edges = wanted.rpartition("=")
        if sign and column.strip() in names:
            raise SourceError(
                f"--by {wanted}: expected edges that are numbers, such as {column}=0.5,1, found '{edges}'"
            )
        raise SourceError(f"--by {wanted}: {where} has {problem}; its columns are {few(names, most=20)}")
    return found[0]
