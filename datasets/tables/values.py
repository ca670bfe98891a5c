"""Values of one type as another, without loss: names and ids are text, whatever type a table keeps them in."""

import pyarrow as pa
import pyarrow.compute as pc

from datasets.errors import SourceError

MISSING = ("", "nan", "NaN", "NAN", "NA", "N/A", "#N/A", "n/a", "<NA>", "null", "NULL", "None", "--")
"""What stands in text for a value that is missing."""
_EXACT = 2**53
"""Integers from here on are not all apart as 64-bit floating-point numbers (24 bits: 32-bit ones)."""


def is_scalar(kind: pa.DataType) -> bool:
    """Say whether values of this type are numbers, truths, texts or times: one thing a row."""
    if pa.types.is_dictionary(kind):
        return is_scalar(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return False
    return not bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def as_type(values: pa.Array, kind: pa.DataType, *, column: str) -> pa.Array:
    """Cast a column. Raises SourceError, without the table's name, where that is impossible or loses digits."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if values.type == kind:
        return values
    try:
        return _as_text(values, column) if pa.types.is_string(kind) else values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        wanted = "text" if pa.types.is_string(kind) else "numbers"
        raise SourceError(f"expected {wanted} in the column '{column}', found {values.type}: {error}") from error


def as_decimals(values: pa.Array) -> pa.Array:
    """Return numbers as float64; narrower floating-point ones as they are written, 0.7 as 0.7 and not 0.699999988.

    So what is compared with them is what a person reads.
    """
    if pa.types.is_float32(values.type):
        values = values.cast(pa.string())
    elif pa.types.is_float16(values.type):  # which Arrow writes with the digits of wider ones
        values = pa.array(values.to_numpy(zero_copy_only=False).astype(str))
    return values.cast(pa.float64(), safe=False)


def _as_text(values: pa.Array, column: str) -> pa.Array:
    """Write values as a person would: whole numbers without decimals, NaN as nothing."""
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "True", "False")
    if not pa.types.is_floating(values.type):
        return values.cast(pa.string())
    values = pc.if_else(pc.is_nan(values), None, values)
    whole = pc.equal(pc.floor(values), values)
    exact = _EXACT if values.type == pa.float64() else 2**24
    if not pc.all(whole, min_count=0).as_py():
        return values.cast(pa.string())
    if pc.any(pc.greater_equal(pc.abs(values), exact), min_count=0).as_py():
        raise SourceError(
            f"the whole numbers of the column '{column}' are kept as floating-point ones and have lost their last "
            "digits: write them as text or as 64-bit integers"
        )
    return values.cast(pa.int64()).cast(pa.string())
