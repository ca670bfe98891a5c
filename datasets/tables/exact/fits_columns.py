"""Columns of any type as those of a binary table of FITS (FITS 4.0, 7.3)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datasets.errors import SourceError
from datasets.tables.annotated import notes_of
from datasets.tables.exact.survey import ColumnSurvey
from datasets.tables.texts import as_texts

_CODES = {"u1": "B", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D"}
_OTHER_SIGN = {"i1": ("B", -128), "u2": ("I", 2**15), "u4": ("J", 2**31), "u8": ("K", 2**63)}
"""Types that are stored with another sign, and TZERO (FITS 4.0, table 19)."""
_WIDER = {"i1": "i2", "u1": "i2", "u2": "i4", "i2": "i4", "u4": "i8", "i4": "i8"}
_COMPLEX = {"f4": "C", "f8": "M"}
_DESCRIPTOR = 16
"""Bytes of a 64-bit array descriptor."""
AddToHeap = Callable[[bytes], int]


@dataclass(frozen=True)
class FitsColumn:
    """A column that is stored as ``count`` elements of the type ``code`` in ``width`` bytes a row.

    ``dtype`` is NumPy's name of an element's type, ``null`` the value that is written for nothing and ``zero`` TZERO;
    ``heaped`` says that what is stored are places of lists in the heap, the longest of which has ``count`` elements.
    """

    field: pa.Field
    code: str
    count: int
    width: int
    dtype: str
    null: int | None = None
    zero: int = 0
    heaped: bool = False

    @property
    def form(self) -> str:
        """TFORM."""
        return f"1Q{self.code}({self.count})" if self.heaped else f"{self.count}{self.code}"


def is_written_as_text(kind: pa.DataType) -> bool:
    """Say whether values of a type are no numbers or truths, nor lists of these."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return not _is_number(kind.value_type)
    return not _is_number(kind)


def fits_column(field: pa.Field, seen: ColumnSurvey) -> FitsColumn:
    """Choose how a column is stored. Raises SourceError where no type of FITS can hold it."""
    kind = field.type
    if is_written_as_text(kind):
        width = max(seen.longest, 1)  # astropy reads what is none from the row that follows
        return FitsColumn(field, "A", width, width, f"S{width}")
    if not pa.types.is_nested(kind):
        return _of_numbers(field, kind, seen, 1, heaped=False)
    if pa.types.is_fixed_size_list(kind):
        return _of_numbers(field, kind.value_type, seen, kind.list_size, heaped=False)
    return _of_numbers(field, kind.value_type, seen, seen.longest, heaped=True)


def with_null(field: pa.Field, dtype: str, low: int, high: int, into: str) -> tuple[str, int]:
    """Return the narrowest type of integers that has a value to spare beside those seen, and that value.

    It is none that is stored with another sign: readers of FITS differ in whether TNULL is then before or behind TZERO,
    and VOTable has none. Raises SourceError where no type has one, naming what it is to be written ``into``.
    """
    if dtype == "u8" and high < 2**63:
        dtype = "i8"
    while dtype in _OTHER_SIGN or (low <= np.iinfo(dtype).min and high >= np.iinfo(dtype).max):
        if dtype not in _WIDER:
            raise SourceError(
                f"the column '{field.name}' has rows without a value, and integers up to the last that 64 bits hold: "
                f"{into} cannot; write .csv or .parquet"
            )
        dtype = _WIDER[dtype]
    ends = np.iinfo(dtype)
    return dtype, int(ends.max) if high < ends.max else int(ends.min)


def encoded(column: FitsColumn, values: pa.Array, add_to_heap: AddToHeap) -> npt.NDArray[np.uint8]:
    """Return what is stored of a batch, uint8 (rows, bytes a row). ``add_to_heap`` returns where its bytes are."""
    rows = len(values)
    if column.code == "A":
        texts = [(text or "").encode() for text in as_texts(values, column.field)]
        stored: npt.NDArray[np.generic] = np.array(texts, column.dtype)
    elif column.heaped:
        stored = _in_heap(column, values, add_to_heap)
    else:
        stored = _elements(column, _flat(values) if pa.types.is_nested(values.type) else values)
    return np.frombuffer(stored.tobytes(), np.uint8).reshape(rows, column.width)


def _is_number(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return False
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _of_numbers(field: pa.Field, kind: pa.DataType, seen: ColumnSurvey, count: int, *, heaped: bool) -> FitsColumn:
    if pa.types.is_boolean(kind):
        return FitsColumn(field, "L", count, _DESCRIPTOR if heaped else count, "u1", heaped=heaped)
    dtype = "f4" if kind == pa.float16() else np.dtype(kind.to_pandas_dtype()).str[1:]
    null = None
    if seen.has_nulls and dtype[0] in "iu":
        dtype, null = with_null(field, dtype, seen.low or 0, seen.high or 0, "FITS")
    width = _DESCRIPTOR if heaped else count * int(dtype[1])
    if notes_of(field).get("complex") and dtype in _COMPLEX:
        return FitsColumn(field, _COMPLEX[dtype], count // 2, width, dtype, heaped=heaped)
    code, zero = (_CODES[dtype], 0) if dtype in _CODES else _OTHER_SIGN[dtype]
    return FitsColumn(field, code, count, width, dtype, null, zero, heaped)


def _flat(lists: pa.Array) -> pa.Array:
    """Return the elements of lists of one length; of a list that is missing, that many that are missing."""
    if not lists.null_count:
        return lists.flatten()
    empty = [None] * lists.type.list_size
    return pa.array([each for cell in lists.to_pylist() for each in cell or empty], lists.type.value_type)


def _in_heap(column: FitsColumn, lists: pa.Array, add_to_heap: AddToHeap) -> npt.NDArray[np.int64]:
    """Return descriptors, big-endian (rows, 2), of lists whose elements are added to the heap."""
    elements, places, start = _elements(column, lists.flatten()), np.zeros((len(lists), 2), ">i8"), 0
    for row, size in enumerate(lists.value_lengths().fill_null(0).to_pylist()):
        places[row] = size // (2 if column.code in "CM" else 1), add_to_heap(elements[start : start + size].tobytes())
        start += size
    return places


def _elements(column: FitsColumn, flat: pa.Array) -> npt.NDArray[np.generic]:
    """Return elements as they are stored, one after the other."""
    missing = flat.is_null().to_numpy(zero_copy_only=False)
    if column.code == "L":
        truths = flat.fill_null(False).to_numpy(zero_copy_only=False)
        return np.where(missing, 0, np.where(truths, ord("T"), ord("F"))).astype(np.uint8)
    wide = flat.cast(pa.from_numpy_dtype(np.dtype(column.dtype)))
    native = wide.fill_null(0 if column.null is None else column.null).to_numpy(zero_copy_only=False)
    if column.dtype[0] == "f" and missing.any():
        native = np.where(missing, np.nan, native).astype(column.dtype)
    if column.zero:
        unsigned = np.ascontiguousarray(native).view(f"u{native.dtype.itemsize}")
        native = unsigned ^ unsigned.dtype.type(1 << (8 * native.dtype.itemsize - 1))
    stored: npt.NDArray[np.generic] = native.astype(native.dtype.newbyteorder(">"))
    return stored
