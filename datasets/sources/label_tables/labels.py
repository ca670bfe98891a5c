"""Which columns of a table have the classes."""

import shlex
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from datasets.errors import SourceError
from datasets.images.image_columns import known
from datasets.sources.label_tables.columns import (
    FAINT_LABEL_COLUMNS,
    LABEL_COLUMNS,
    given_column,
    is_morphology,
    may_be_label,
)
from datasets.sources.label_tables.legends import are_integers, whole
from datasets.sources.options import SourceOptions
from datasets.tables.reading import Table
from datasets.tables.values import MISSING
from datasets.wording import few

_ZEROS, _ONES = ("0", "0.0", "0,0", "False", "false", "FALSE"), ("1", "1.0", "1,0", "True", "true", "TRUE")
_FITTED = frozenset({"PSF", "REX", "DEV", "EXP", "SER", "COMP", "SIMP", "DUP"})
"""Types of the Legacy Surveys: the profile that fits best, which is no class."""
_MOST_PAIRS = 2000
"""Where two columns have more different values together, they are no classes."""

Texts = dict[str, list[str]]
"""The first values of each scalar column; missing ones are empty."""


def choose_labels(table: Table, first: Texts, options: SourceOptions) -> tuple[tuple[str, ...], str]:
    """Return the column of the classes, or the one-hot columns that are named for them, and a note of how it is known.

    ``first`` has the first values of the columns among which to choose. Columns of the usual names come first, then
    columns of 0 and 1 of which each row has one 1, then less usual names, then the only column of 0 and 1
    if it is called as what galaxies are.

    Raises SourceError, with the option that decides, where that leaves none or several.
    """
    names, decimal = list(first), table.decimal()
    present = {name: [value.replace(decimal, ".") for value in first[name] if value] for name in names}
    if options.label_column is not None:
        header, wanted = table.header(), options.label_column
        parts = [wanted] if wanted.strip() in map(str.strip, header) else wanted.split(",")
        given = tuple(given_column(table, header, name, "label-column") for name in parts)
        if len(given) > 1 and not _one_hot(table, given):
            raise SourceError(
                f"'{table.name}' cannot be imported: expected a single 1 and else 0 in each row of the columns "
                f"{few(given)}, which were given as classes; votes become classes with --classes rules.toml"
            )
        return given, ""
    usual = known(names, LABEL_COLUMNS)
    if usual:
        return (_same(table, usual),), ""
    binary = [name for name in names if present[name] and set(present[name]) <= {*_ZEROS, *_ONES}]
    for columns in (binary, list(filter(may_be_label, binary))):
        if len(columns) > 1 and _one_hot(table, columns):
            return tuple(columns), ""
    rivals = [name for name in binary if may_be_label(name) or is_morphology(name)]
    faint = known([name for name in names if _may_be_classes(present[name])], FAINT_LABEL_COLUMNS)
    faint = [name for name in faint if {*rivals} <= {name} and not set(present[name]) <= _FITTED]
    if faint:
        return (_same(table, faint),), ""
    others = [name for name in names if name not in binary and _may_be_classes(present[name])]
    candidates = [*rivals, *filter(may_be_label, others)]
    if len(candidates) == 1 and candidates[0] in binary and is_morphology(candidates[0]):
        return (candidates[0],), f"no column is called label or class: '{candidates[0]}' is the only one of 0 and 1"
    raise SourceError(_none(table, candidates, present))


def tells_apart(table: Table, columns: Sequence[str]) -> bool:
    """Say whether there are two labels or more: a catalogue may have a column ``class`` of galaxies alone."""
    labels: set[str | None] = set()
    for batch in table.read({columns[0]: pa.string()}) if len(columns) == 1 else ():
        labels.update(pc.unique(pc.utf8_trim_whitespace(batch[columns[0]])).to_pylist())
        if len(labels.difference((None, *MISSING))) > 1:
            return True
    return len(columns) > 1


def hottest(columns: Sequence[pa.Array]) -> npt.NDArray[np.int64]:
    """Return which of one-hot columns has the 1 in each row, int64 (n,); -1 where none or several have."""
    ones = np.stack([pc.is_in(column, pa.array(_ONES)).to_numpy(zero_copy_only=False) for column in columns])
    return np.where(ones.sum(axis=0) == 1, ones.argmax(axis=0), -1)


def _one_hot(table: Table, names: Sequence[str]) -> bool:
    known, some = pa.array([*_ZEROS, *_ONES, *MISSING, None]), False  # zeros are left out by many
    for batch in table.read(dict.fromkeys(names, pa.string())):
        columns = [pc.utf8_trim_whitespace(batch[name]) for name in names]
        some = some or len(columns[0]) > 0
        if not all(pc.all(pc.is_in(column, known), min_count=0).as_py() for column in columns):
            return False
        if len(columns[0]) and (hottest(columns) < 0).any():
            return False
    return some


def _same(table: Table, names: Sequence[str]) -> str:
    """Of columns with the same classes, such as numbers and their names, return one with names."""
    if len(names) == 1:
        return names[0]
    values: set[tuple[str, ...]] = set()
    for batch in table.read(dict.fromkeys(names, pa.string())):
        values.update(zip(*(batch[name].to_pylist() for name in names), strict=True))
        if len(values) > _MOST_PAIRS:
            break
    full = [row for row in values if not any(value is None or value.strip() in MISSING for value in row)]
    different = [{row[place] for row in full} for place in range(len(names))]
    if not full or any(len(each) != len(full) for each in different):
        commands = " or ".join(f"--label-column {shlex.quote(name)}" for name in names)
        raise SourceError(
            f"'{table.name}' has the columns {few(names)}, which are different classes: say which are meant "
            f"with {commands}"
        )
    named = [name for name, each in zip(names, different, strict=True) if not are_integers(map(whole, each))]
    return (named or list(names))[0]


def _may_be_classes(values: Sequence[str]) -> bool:
    """Say whether values recur, and are names or small whole numbers."""
    different = set(map(whole, values))
    if len(different) < 2 or len(different) > len(values) // 2:
        return False
    return not any(_is_number(each) for each in different) or are_integers(different)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _none(table: Table, candidates: Collection[str], first: Texts) -> str:
    fractions = [name for name in first if _are_fractions(first[name])]
    if candidates:
        advice = f"say which with {' or '.join(f'--label-column {shlex.quote(name)}' for name in list(candidates)[:4])}"
        advice += ", or one-hot ones together, with commas" if len(candidates) > 2 else ""
    else:
        advice = "name the column of the classes with --label-column"
    votes = "; fractions of votes become classes with --classes rules.toml" if len(fractions) > 1 else ""
    return (
        f"'{table.name}' cannot be imported: expected a column of classes, called label, class or so, or one-hot "
        f"columns, found {few(table.header(), most=12)}: {advice}{votes}"
    )


def _are_fractions(values: Sequence[str]) -> bool:
    return bool(values) and all(_is_number(each) and 0 <= float(each) <= 1 for each in values) and len(set(values)) > 2
