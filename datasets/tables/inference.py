"""What the values of a column of text are: whole numbers, numbers or truths, seen a batch at a time."""

import pyarrow as pa
import pyarrow.compute as pc

from datasets.tables.values import MISSING

_LONG = 16
"""Whole numbers of so many signs are not all apart as floating-point ones."""


class Inference:
    """The narrowest type of all that has been seen of a column; text where nothing has been.

    A number that would lose a sign as one (``007``, or the whole 18-digit name of a galaxy beside decimals) is text.
    """

    def __init__(self) -> None:
        self._tried = [pa.int64(), pa.float64(), pa.bool_(), pa.string()]
        self._is_long = self._is_seen = False

    @property
    def type(self) -> pa.DataType:
        """Arrow's int64, float64, bool or string."""
        return self._tried[0] if self._is_seen else pa.string()

    def see(self, texts: pa.Array) -> None:
        """Take in some values, which are strings."""
        values = _cleaned(texts).drop_null()
        if not len(values):
            return
        self._is_seen = True
        while not self._fits(values):
            self._tried.pop(0)
        self._is_long = self._is_long or bool(pc.any(pc.greater_equal(pc.utf8_length(values), _LONG)).as_py())

    def _fits(self, values: pa.Array) -> bool:
        kind = self._tried[0]
        if kind == pa.string():
            return True
        if kind == pa.bool_():
            return bool(pc.all(pc.is_in(pc.utf8_lower(values), pa.array(["true", "false"]))).as_py())
        try:
            values.cast(kind)
        except pa.ArrowInvalid:
            return False
        zeros = values.filter(pc.match_substring_regex(values, r"^[+-]?0\d"))
        long = values.filter(pc.greater_equal(pc.utf8_length(values), _LONG))
        whole = pc.any(pc.match_substring_regex(long, r"^[+-]?\d+$"), min_count=0).as_py()
        return not len(zeros) and not (kind == pa.float64() and (whole or self._is_long))


def typed(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return a column of text as the type that ``Inference`` found it to be; what stands for nothing is null."""
    if kind == pa.string():
        return texts
    values = _cleaned(texts)
    return pc.equal(pc.utf8_lower(values), "true") if kind == pa.bool_() else values.cast(kind)


def _cleaned(texts: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.is_in(trimmed, pa.array(MISSING)), pa.scalar(None, pa.string()), trimmed)
