"""What the values of a column of text are: whole numbers, numbers or truths, seen a batch at a time."""

import pyarrow as pa
import pyarrow.compute as pc

from datasets.tables.values import MISSING

_WHOLE = r"^(?:0|-?[1-9]\d*)$"
"""Arrow takes ``0x1F`` for an integer, too, and has no ``-0`` there: that is the sign of a declination in degrees."""
_NUMBER = r"^[+-]?(?:(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|(?i:inf|infinity|nan))$"
_LONG = r"^[+-]?\d{16,}$"
"""Whole numbers of so many digits are not all apart as floating-point ones."""
_NOT_ZERO = r"^[^eE]*[1-9]"


class Inference:
    """The narrowest type of all that has been seen of a column; text where nothing has been.

    A number that would lose a sign as one (``007``, ``0x1F``, ``1e400``, or the whole 18-digit name of a galaxy beside
    decimals) is text.
    """

    def __init__(self) -> None:
        self._possible = [pa.int64(), pa.float64(), pa.bool_()]
        self._is_seen = False

    @property
    def type(self) -> pa.DataType:
        """Arrow's int64, float64, bool or string."""
        return self._possible[0] if self._possible and self._is_seen else pa.string()

    def see(self, texts: pa.Array, decimal: str = ".") -> None:
        """Take in some values, which are strings; numbers among them have this sign before their decimals."""
        values = _cleaned(texts, decimal).drop_null()
        if len(values):
            self._is_seen = True
            self._possible = [kind for kind in self._possible if _fits(values, kind)]


def typed(texts: pa.Array, kind: pa.DataType, decimal: str = ".") -> pa.Array:
    """Return a column of text as the type that ``Inference`` found it to be; what stands for nothing is null."""
    if kind == pa.string():
        return texts
    values = _cleaned(texts, decimal)
    return pc.equal(pc.utf8_lower(values), "true") if kind == pa.bool_() else values.cast(kind)


def _fits(values: pa.Array, kind: pa.DataType) -> bool:
    """Say whether all of some values, at least one, are of a type and lose nothing as such."""
    if kind == pa.bool_():
        return _all(pc.is_in(pc.utf8_lower(values), pa.array(["true", "false"])))
    if not _all(pc.match_substring_regex(values, _WHOLE if kind == pa.int64() else _NUMBER)):
        return False
    try:
        numbers = values.cast(kind)
    except pa.ArrowInvalid:  # beyond 64 bits
        return False
    return kind == pa.int64() or not (
        _any(pc.match_substring_regex(values, _LONG))
        or _any(pc.and_(pc.is_inf(numbers), pc.match_substring_regex(values, r"\d")))
        or _any(pc.and_(pc.equal(numbers, 0), pc.match_substring_regex(values, _NOT_ZERO)))
    )


def _all(truths: pa.Array) -> bool:
    return bool(pc.all(truths).as_py())


def _any(truths: pa.Array) -> bool:
    return bool(pc.any(truths).as_py())


def _cleaned(texts: pa.Array, decimal: str) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    values = pc.if_else(pc.is_in(trimmed, pa.array(MISSING)), pa.scalar(None, pa.string()), trimmed)
    if decimal == ".":
        return values
    # A point among decimal commas parts thousands, or is of a date: with a blank for it the text is no number.
    return pc.replace_substring(pc.replace_substring(values, ".", " "), decimal, ".")
