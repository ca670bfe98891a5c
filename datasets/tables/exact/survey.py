"""What a table of columns of fixed width must know of all values before it writes the first one."""

import pyarrow as pa
import pyarrow.compute as pc

from datasets.tables.texts import as_texts


class ColumnSurvey:
    """What has been seen of a column, a batch at a time.

    Attributes:
        longest: bytes of the longest text as UTF-8, or elements of the longest list.
        has_nulls: whether a value, or an element of a list, is missing; a list of any length that is missing is empty.
        is_ascii: whether all texts are.
        low: the least integer, in lists too; None where there was none.
        high: the greatest.
    """

    def __init__(self, field: pa.Field, *, is_text: bool) -> None:
        self._field, self._is_text = field, is_text
        self.longest = 0
        self.has_nulls = False
        self.is_ascii = True
        self.low: int | None = None
        self.high: int | None = None

    def see(self, values: pa.Array) -> None:
        """Take in some values."""
        is_of_lists = pa.types.is_nested(values.type) and not pa.types.is_fixed_size_list(values.type)
        self.has_nulls = self.has_nulls or (values.null_count > 0 and not is_of_lists)
        if self._is_text:
            self._see_texts(pa.array(as_texts(values, self._field), pa.string()))
            return
        if pa.types.is_nested(values.type):
            self.longest = max(self.longest, pc.max(pc.list_value_length(values)).as_py() or 0)
            values = values.flatten()
            self.has_nulls = self.has_nulls or values.null_count > 0
        if pa.types.is_integer(values.type) and values.null_count < len(values):
            ends = pc.min_max(values).as_py()
            self.low = ends["min"] if self.low is None else min(self.low, ends["min"])
            self.high = ends["max"] if self.high is None else max(self.high, ends["max"])

    def _see_texts(self, texts: pa.Array) -> None:
        self.longest = max(self.longest, pc.max(pc.binary_length(texts)).as_py() or 0)
        self.is_ascii = self.is_ascii and bool(pc.all(pc.string_is_ascii(texts), min_count=0).as_py())
