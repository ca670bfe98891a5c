"""From the values of an array of labels to a class name for each row."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datasets.errors import ImageError
from datasets.tables.values import MISSING
from datasets.wording import few

NUMBERED = "classes are named by their numbers: the source has no names for them"
NO_LABEL = "-1"
"""What many write beside numbers from 0 on for a label that is not told."""
_WHOLE = re.compile(r"(-?\d+)(?:\.0*)?", re.ASCII)
_FEW = 10
"""More classes than this, and more than half as many as rows, are no classes."""


@dataclass(frozen=True)
class Labels:
    """The class name of each row: None where it has none, and then perhaps a reason why it cannot be one.

    ``note`` says how numbers were read, ``left`` which of them are no label.
    """

    names: tuple[str | None, ...]
    reasons: dict[int, str]
    note: str = ""
    left: str = ""

    @property
    def notes(self) -> list[str]:
        """What a person should know of the labels."""
        return [note for note in (self.note, self.left) if note]


def can_be_labels(shape: tuple[int, ...], count: int) -> bool:
    """Say whether an array of this shape may label ``count`` images: one value a row, or one column a class."""
    return shape[0] == count and (len(shape) == 1 or (len(shape) == 2 and shape[1] < count))


def read_labels(values: npt.NDArray[np.generic], legend: Sequence[str]) -> Labels:
    """Read text, whole numbers, or one column a class with a single 1 in each row.

    Numbers stand for the names in ``legend``, from 0, or for themselves where that is empty. Text that stands for
    nothing is no label; numbers in text are one class however they are written. Raises ImageError, with what was found,
    where the values are no classes.
    """
    if values.ndim == 2 and values.shape[1] > 1:
        return _one_hot(values, legend)
    flat = values.reshape(len(values))
    if flat.dtype.kind in "UO":
        return _checked(_of_texts([str(value).strip() for value in flat.tolist()]))
    if flat.dtype.kind not in "biuf":
        raise ImageError(f"{flat.dtype} values: expected names or whole numbers")
    numbers = flat.astype(np.float64)
    known = np.isfinite(numbers)
    if (numbers[known] != np.rint(numbers[known])).any():
        odd = numbers[known][numbers[known] != np.rint(numbers[known])]
        raise ImageError(f"values such as {odd[0]:g}: expected names or whole numbers, one for each class")
    if legend:
        return _by_legend(np.where(known, numbers, -1).astype(np.int64), known, legend)
    names = tuple(str(int(value)) if there else None for value, there in zip(numbers, known, strict=True))
    return _checked(Labels(names, {}, NUMBERED))


def without_unknown(parts: Sequence[Labels]) -> list[Labels]:
    """Take -1 for no label where the other classes of all parts of a source are numbers from 0 on, two or more."""
    left = left_of({name for part in parts for name in part.names if name is not None})
    if not left or any(part.note != NUMBERED for part in parts):
        return list(parts)
    return [
        replace(part, names=tuple(None if name == NO_LABEL else name for name in part.names), left=left)
        for part in parts
    ]


def left_of(numbers: Collection[str]) -> str:
    """Say that -1 is no label among some different numbers, the others being from 0 on, two or more; else nothing."""
    count = len(numbers) - 1
    if count < 2 or set(numbers) != {NO_LABEL, *map(str, range(count))}:
        return ""
    return f"{NO_LABEL} beside 0 to {count - 1} is taken for no label: names in the place of numbers would keep it"


def _of_texts(texts: Sequence[str]) -> Labels:
    present = {text for text in texts if text not in MISSING}
    numbers = {text: str(int(number[1])) for text in present if (number := _WHOLE.fullmatch(text)) is not None}
    if not present or len(numbers) < len(present):
        return Labels(tuple(text if text in present else None for text in texts), {})
    if len(set(numbers.values())) == len(numbers):  # 01 and 02 are names
        numbers = {text: text for text in numbers}
    return Labels(tuple(map(numbers.get, texts)), {}, NUMBERED)


def _one_hot(values: npt.NDArray[np.generic], legend: Sequence[str]) -> Labels:
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise ImageError(
            f"{values.shape[1]} columns that are not 0 and 1: expected one column a class, a single 1 a row"
        )
    single = values.astype(bool).sum(axis=1) == 1
    labels = _by_legend(values.argmax(axis=1), single, legend or [str(number) for number in range(values.shape[1])])
    reasons = dict.fromkeys(np.flatnonzero(~single).tolist(), "no single class is 1 in its row")
    note = "" if legend else "classes are named by the numbers of their columns: the source has no names for them"
    return Labels(labels.names, reasons, note)


def _by_legend(codes: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], legend: Sequence[str]) -> Labels:
    if len(set(legend)) < len(legend):
        raise ImageError(f"the classes' names {few(legend)}: expected each once")
    if known.any() and codes[known].min() == 1 and codes[known].max() == len(legend):
        raise ImageError(f"numbers 1 to {len(legend)} for {len(legend)} names: expected 0 to {len(legend) - 1}")
    valid = known & (codes >= 0) & (codes < len(legend))
    names = tuple(legend[code] if there else None for code, there in zip(codes.tolist(), valid.tolist(), strict=True))
    reasons = {
        row: f"class {codes[row]}: expected 0 to {len(legend) - 1}" for row in np.flatnonzero(known & ~valid).tolist()
    }
    return Labels(names, reasons)


def _checked(labels: Labels) -> Labels:
    names = {name for name in labels.names if name is not None}
    if len(names) > _FEW and 2 * len(names) > len(labels.names):
        raise ImageError(
            f"{len(names):,} different values in {len(labels.names):,} rows, such as {few(sorted(names), most=3)}"
        )
    return labels
