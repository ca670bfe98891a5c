"""What the values of a column of JSON are, seen a block of rows at a time."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import pyarrow as pa

from datasets.errors import SourceError

_WORDS = {bool: "truths", int: "numbers", float: "numbers", str: "texts", list: "lists", dict: "objects"}
_EXACT = 2**53
"""Up to here whole numbers are all apart as floating-point ones."""
_SHOWN = 40
_DEEPEST = 64
"""Lists and objects in each other: what turns them later calls itself for each."""


class JsonKind:
    """All that has been seen of a column ``name``, or of what its lists or objects hold.

    Whole numbers beside decimals, or of more than 64 bits, are floating-point ones where that leaves all their digits.
    Texts that look like times are texts.
    """

    def __init__(self, name: str = "", *, depth: int = 0) -> None:
        self._name, self._depth = name, depth
        self._types: set[type] = set()
        self._least = self._most = 0
        self._inexact: int | None = None
        self._items: JsonKind | None = None
        self._fields: dict[str, JsonKind] = {}

    def see(self, values: Sequence[Any]) -> None:
        """Take in some values, as Python's ``json`` has them.

        Raises SourceError, without the table's name, where they are lists of lists of lists and so on.
        """
        here = set(map(type, values))
        if self._depth > _DEEPEST:
            column = self._name.partition(".")[0]
            raise SourceError(
                f"expected at most {_DEEPEST} lists and objects in each other, found more in the column "
                f"'{column}': leave it out"
            )
        self._types |= here - {type(None)}
        if int in here:
            whole = [value for value in values if type(value) is int]
            self._least, self._most = min(self._least, *whole), max(self._most, *whole)
            if self._inexact is None and max(-self._least, self._most) > _EXACT:
                self._inexact = next((value for value in whole if not _is_exact(value)), None)
        if list in here:
            self._items = self._items or JsonKind(self._name, depth=self._depth + 1)
            self._items.see([item for value in values if type(value) is list for item in value])
        if dict in here:
            objects = [value for value in values if type(value) is dict]
            for name in dict.fromkeys(chain.from_iterable(objects)):
                if name not in self._fields:
                    path = f"{self._name}.{name}" if self._name else name
                    self._fields[name] = JsonKind(path, depth=self._depth + 1)
                self._fields[name].see([value.get(name) for value in objects])

    @property
    def fields(self) -> list[pa.Field]:
        """Those of objects, in the order in which their names came, with their types. Raises as ``type``."""
        return [pa.field(name, kind.type) for name, kind in self._fields.items()]

    @property
    def type(self) -> pa.DataType:
        """Arrow's type that all values have; null where there were none.

        Raises SourceError, without the table's name, where there is none or numbers would lose digits.
        """
        words = sorted({_WORDS[kind] for kind in self._types})
        if not words:
            return pa.null()
        if len(words) > 1:
            raise SourceError(
                f"expected values of one kind in the column '{self._name}', found {' and '.join(words)}: write all of "
                "them as texts"
            )
        if words == ["numbers"]:
            return self._of_numbers()
        if self._items is not None:
            return pa.list_(self._items.type)
        return pa.struct(self.fields) if dict in self._types else pa.bool_() if bool in self._types else pa.string()

    def _of_numbers(self) -> pa.DataType:
        if float not in self._types and self._least >= -(2**63) and self._most < 2**63:
            return pa.int64()
        if float not in self._types and self._least == 0 and self._most < 2**64:
            return pa.uint64()
        if self._inexact is None:
            return pa.float64()
        where = "beside decimals" if float in self._types else "in 64 bits"
        raise SourceError(
            f"expected numbers that keep all their digits {where} in the column '{self._name}', found "
            f"{str(self._inexact)[:_SHOWN]}: write all of them as texts"
        )


def _is_exact(whole: int) -> bool:
    try:
        return float(whole) == whole
    except OverflowError:
        return False
