"""A catalogue that a model has classified, read for what its answers say: probabilities, and the class decided for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets import (
    CATALOGUE_RECORD,
    CatalogueLayout,
    Folder,
    Table,
    few,
    files_of_a_kind,
    in_ascii,
    open_folder,
    read_record,
    said_of_rows,
    table_file,
)
from trainer.bundles.about_answers import said_of_answers
from trainer.bundles.answer_table import AnswerTable
from trainer.bundles.manifest import Manifest
from trainer.errors import CatalogueError

_PROBABILITY = "probability_"
_FINGERPRINT, _MARK = "dataset_fingerprint", "model_mark"
_ROUNDED = 0.02
"""How far from 1 the sum of a galaxy's probabilities may be, in a table where somebody rounded them."""


@dataclass(frozen=True)
class Classified:
    """The answered rows of a table: ``probabilities``, float32 (n, classes), and the numbers ``named``, int64 (n,).

    The number of classes stands for none of them. ``unanswered`` rows have no answer and are left out.
    """

    probabilities: npt.NDArray[np.float32]
    named: npt.NDArray[np.int64]
    unanswered: int


def read_classified(path: str | Path, manifest: Manifest, *, prefix: str = "") -> Classified:
    """Read the columns that `galaxy classify` wrote, whatever else the table has, and whichever rows were kept.

    Args:
        path: A table, or a folder of Parquet files; a path or a URI.
        manifest: Of the model that is said to have classified it.
        prefix: What stands before the names of those columns.

    Raises:
        CatalogueError: There is no such table or column, no answer, they are those of another model, or of a part of
            what workers were to classify. Of a model that tells galaxies of no class, the column of that is needed,
            too: without it they would count for classes.
        SourceError: It is damaged.
        StorageError: It cannot be fetched.
    """
    classes = manifest.classes
    columns = AnswerTable(classes, prefix).schema.names
    chances, class_, none = [*columns[1 : 1 + len(classes)]], columns[0], f"{prefix}none"
    number = {f"'{name}": at for at, name in enumerate(classes)}  # as CSV guards what begins as a formula
    number |= {name: at for at, name in enumerate(classes)}
    probabilities, named, unanswered = [np.zeros((0, len(classes)), np.float32)], [np.zeros(0, np.int64)], 0
    for has_none, batch in _batches(path, manifest, [class_, *chances], none, prefix):
        values = np.stack([_numbers(batch[name]) for name in chances], axis=1)
        answered = np.isfinite(values).all(axis=1)
        unanswered += int((~answered).sum())
        values = values[answered]
        if len(values) and ((values < 0).any() or np.abs(values.sum(axis=1) - 1).max() > _ROUNDED):
            raise _others(path, "the probabilities of a row do not add up to 1")
        texts = batch[class_].filter(pa.array(answered)).to_pylist()
        unknown = sorted({str(text) for text in texts if text not in number})
        if unknown:
            raise _others(path, f"the classes {few(unknown)}")
        here = np.array([number[text] for text in texts], np.int64)
        if has_none:
            here = np.where(_numbers(batch[none])[answered] > 1, len(classes), here)
        probabilities.append(values.astype(np.float32))
        named.append(here)
    found = Classified(np.concatenate(probabilities), np.concatenate(named), unanswered)
    if not len(found.named):
        raise CatalogueError(f"{str(path)!r}: expected galaxies with an answer, found none in {unanswered:,} rows")
    return found


def _batches(
    path: str | Path, manifest: Manifest, needed: Sequence[str], none: str, prefix: str
) -> Iterator[tuple[bool, dict[str, pa.Array]]]:
    """Yield the columns of each table, and whether that of ``none`` is among them.

    A table of FITS has names in ASCII, the classes' among them.
    """
    partitions = _partitions(path)
    class_, *chances = needed
    there = False
    for local, called in files_of_a_kind(path, ".parquet"):
        if partitions is not None and called not in partitions:
            raise CatalogueError(
                f"{str(path)!r}: expected the partitions of a catalogue alone, found '{called}': move it elsewhere"
            )
        there, table = True, table_file(local, called, to_be="counted")
        names = table.header()
        written = {name: escaped if (escaped := in_ascii(name)) in names else name for name in (*needed, none)}
        has_none = written[none] in names
        _check(table, said_of_rows(local), manifest, [written[name] for name in needed], prefix)
        if manifest.none is not None and not has_none:
            raise CatalogueError(
                f"{str(path)!r}: expected this model's column '{none}', which tells galaxies of no class, "
                f"found {few(names)}: keep it beside the probabilities, or classify again"
            )
        wanted = dict.fromkeys(chances, pa.float64()) | {class_: pa.string()}
        if has_none:
            wanted[none] = pa.float64()
        for batch in table.read({written[name]: kind for name, kind in wanted.items()}):
            yield has_none, {name: batch[written[name]] for name in wanted}
    if not there:
        found = "a folder without any Parquet file" if open_folder(path).exists() else "nothing"
        raise CatalogueError(f"{str(path)!r}: expected a table that `galaxy classify … --output` wrote, found {found}")


def _partitions(path: str | Path) -> set[str] | None:
    """Return the files in which workers have classified all of a catalogue, None where it is no folder of theirs.

    Refuses one in which they have classified a part: the first rows of a catalogue are not like all.
    """
    layout = CatalogueLayout(open_folder(path))
    record = read_record(layout) if layout.root.exists(CATALOGUE_RECORD) else None
    if record is None:
        return None
    numbers = range(record.partitions)
    if len(done := layout.done() & {*numbers}) < record.partitions:
        raise CatalogueError(
            f"{str(path)!r}: expected all {record.partitions:,} partitions of the catalogue, found {len(done):,}: the "
            "same `galaxy classify` command goes on with the others"
        )
    return {_called(layout.root, layout.partition(number)) for number in numbers}


def _called(folder: Folder, name: str) -> str:
    """Return what `files_of_a_kind` calls a file of a folder."""
    return folder.child(name).uri if folder.local is None else str(folder.local / name)


def _check(table: Table, all_said: Mapping[str, str], manifest: Manifest, needed: Sequence[str], prefix: str) -> None:
    """Refuse a table that lacks a column, or that another model answered."""
    names = table.header()
    starts = f"{prefix}{_PROBABILITY}", in_ascii(f"{prefix}{_PROBABILITY}")
    if not any(name.startswith(starts) for name in names):
        raise CatalogueError(
            f"{table.name!r}: expected the columns of `galaxy classify … --output`, such as {needed[1]!r}, found "
            f"{few(names)}; `--prefix` says what stands before their names"
        )
    lacking = [name for name in needed if name not in names]
    further = [name for name in names if name.startswith(starts) and name not in needed]
    if lacking or further:
        raise _others(table.name, f"{'no ' + few(lacking) if lacking else few(further)}")
    said = said_of_answers(all_said, names, prefix)
    if said is None:
        raise CatalogueError(
            f"{table.name!r}: expected to be told which of its answers its metadata are of, found several: classify "
            "again, or keep the columns of one model"
        )
    if said.get(_FINGERPRINT, manifest.dataset_fingerprint) != manifest.dataset_fingerprint:
        raise _others(table.name, f"those of {_model(said)}, which was trained on another dataset, as its metadata say")
    if said.get(_MARK, manifest.mark) != manifest.mark:  # older answers have none
        raise _others(table.name, f"those of another, {_model(said)} as it was then, as its metadata say")


def _model(said: Mapping[str, str]) -> str:
    return f"the model {said['model']!r}" if "model" in said else "a model"


def _others(path: str | Path, found: str) -> CatalogueError:
    return CatalogueError(
        f"{str(path)!r}: expected the answers of this model, found {found}: count with the model that gave them, or "
        "classify again with this one"
    )


def _numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)
