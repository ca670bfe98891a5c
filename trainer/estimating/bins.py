"""Bins of a column's values: numbers by quantiles or given edges, words as they are, what is not known apart."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets import as_decimals
from trainer.errors import OptionsError

BINS = 5
"""Bins of equally many images where nobody asks for others."""
_CATEGORIES = 20
"""Words that have a bin each; the others are in one."""
_DIGITS = 4
UNKNOWN, OTHERS = "not known", "others"
QUANTILES, EDGES, VALUES, WORDS = "quantiles", "edges", "values", "words"
"""How bins are made; those of words have no order."""


@dataclass(frozen=True)
class By:
    """A column by which answers are parted, at ``edges`` where some are given."""

    column: str
    edges: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``COLUMN`` or ``COLUMN=EDGE,EDGE…``: what is no numbers behind a ``=`` belongs to the name.

        Raises OptionsError where the edges do not ascend.
        """
        column, sign, numbers = text.rpartition("=")
        try:
            edges = tuple(map(float, numbers.split(","))) if sign and column.strip() else ()
        except ValueError:
            edges = ()
        if not all(low < high for low, high in pairwise(edges)) or not all(map(math.isfinite, edges)):
            raise OptionsError(f"--by {text}: expected edges that ascend, found {numbers}")
        return cls(column.strip(), edges) if edges else cls(text)


@dataclass(frozen=True)
class Bin:
    """A bin: its name, the bounds of numbers (``low`` is in it; ``high`` only in the last one), or None of others."""

    name: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Binned:
    """Images in the bins of a ``column``: ``places``, int64 (n,), are the numbers of their bins.

    ``by`` says how they were made, see `WORDS`. The last bin is that of what is
    not known, and is there though nothing be in it.
    """

    column: str
    by: str
    bins: tuple[Bin, ...]
    places: npt.NDArray[np.int64]

    @property
    def unknown(self) -> int:
        """How many have no value."""
        return int((self.places == len(self.bins) - 1).sum())


def binned(column: str, values: pa.Array, *, edges: Sequence[float] = (), bins: int = BINS) -> Binned:
    """Put values, (n,), into bins: null, NaN and infinities are not known.

    Args:
        edges: Of bins of numbers, ascending; there is a bin below the first and one from the last on where any number
            is there. Without any, numbers are parted by quantiles; few different ones are a bin each.
        bins: How many of those, at least 1.

    Raises OptionsError where numbers are needed, or it has none of numbers, words and truths.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if edges and not is_number:
        raise OptionsError(f"--by {column}: edges are of numbers, and the column has {_named(kind)}")
    if is_number:
        return _numbers(column, _floats(values), edges, bins)
    if pa.types.is_boolean(kind):
        return _words(column, [None if value is None else "yes" if value else "no" for value in values.to_pylist()])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return _words(column, [(value or "").strip() or None for value in values.to_pylist()])
    raise OptionsError(f"--by {column}: expected numbers, words or truths, and the column has {_named(kind)}")


def _named(kind: pa.DataType) -> str:
    return "words" if pa.types.is_string(kind) else "truths" if pa.types.is_boolean(kind) else str(kind)


def _floats(values: pa.Array) -> npt.NDArray[np.float64]:
    array = np.array(as_decimals(values).to_numpy(zero_copy_only=False), np.float64)
    return np.where(np.isfinite(array), array, np.nan)


def _numbers(column: str, numbers: npt.NDArray[np.float64], edges: Sequence[float], bins: int) -> Binned:
    finite = numbers[~np.isnan(numbers)]
    if edges:
        return _between(column, EDGES, numbers, _with_ends(np.asarray(edges, np.float64), finite))
    distinct = np.unique(finite)
    if len(distinct) <= bins:
        made = tuple(Bin(_written(distinct)[at], float(value), float(value)) for at, value in enumerate(distinct))
        return _placed(column, VALUES, made, np.searchsorted(distinct, numbers), numbers)
    cuts = np.unique(np.quantile(finite, np.linspace(0, 1, bins + 1)))
    return _between(column, QUANTILES, numbers, cuts)


def _with_ends(edges: npt.NDArray[np.float64], finite: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Add an end below the edges and one above where numbers are there; of one edge, always."""
    below = [-np.inf] if len(edges) == 1 or (finite < edges[0]).any() else []
    above = [np.inf] if len(edges) == 1 or (finite > edges[-1]).any() else []
    return np.concatenate([below, edges, above])


def _between(column: str, by: str, numbers: npt.NDArray[np.float64], cuts: npt.NDArray[np.float64]) -> Binned:
    names = _written(cuts)
    made = []
    for low, high, first, second in zip(cuts, cuts[1:], names, names[1:], strict=False):
        if low == -np.inf:
            made.append(Bin(f"below {second}", None, float(high)))
        elif high == np.inf:
            made.append(Bin(f"{first} and above", float(low), None))
        else:
            made.append(Bin(f"{first} to {second}", float(low), float(high)))
    places = np.clip(np.searchsorted(cuts, numbers, side="right") - 1, 0, len(made) - 1)
    return _placed(column, by, tuple(made), places, numbers)


def _placed(
    column: str, by: str, made: tuple[Bin, ...], places: npt.NDArray[np.int64], numbers: npt.NDArray[np.float64]
) -> Binned:
    return Binned(column, by, (*made, Bin(UNKNOWN)), np.where(np.isnan(numbers), len(made), places).astype(np.int64))


def _written(numbers: npt.NDArray[np.float64]) -> list[str]:
    """Write numbers with as few digits as keep them apart, four at least."""
    for digits in range(_DIGITS, 17):
        names = [f"{number:.{digits}g}" for number in numbers]
        if len(set(names)) == len(names):
            break
    return names


def _words(column: str, words: Sequence[str | None]) -> Binned:
    """Give the most frequent words a bin each, in their order, and the others one."""
    counts = Counter(word for word in words if word is not None)
    most = _CATEGORIES if len(counts) <= _CATEGORIES else _CATEGORIES - 1
    kept = sorted(word for word, _ in counts.most_common(most))
    rest = len(counts) - len(kept)
    bins = [*map(Bin, kept), *([Bin(f"{OTHERS} ({rest:,} words)")] if rest else []), Bin(UNKNOWN)]
    number = {name: at for at, name in enumerate(kept)}
    places = [len(bins) - 1 if word is None else number.get(word, len(kept)) for word in words]
    return Binned(column, WORDS, tuple(bins), np.array(places, np.int64))
