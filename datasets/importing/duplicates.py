"""Rows that show the same: which of them must go, and which must stay together in one split.

Two rows show the same if their pixels are equal or the source says that they are of one object. A network that has
trained on one of them knows the other: in different splits they would make every score too good.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.arrow.groups import numbered, together
from datasets.splits import Split

_PRECEDENCE = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""Where a source puts the same galaxy into several splits, the first of these keeps it: measurements stay as meant."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a staged row: its id, class, pixel hash, object (or empty) and the source's split."""

    id: str
    label: int
    pixels: str
    object_id: str = ""
    split: Split | None = None


def conflicts(rows: Sequence[Row], classes: Sequence[str]) -> dict[int, str]:
    """Find the rows with pixels that have several classes: none of them can be believed. Returns reasons by row."""
    reasons = {}
    for members in together((row.pixels, number) for number, row in enumerate(rows)):
        for number in members:
            others = [rows[other] for other in members if rows[other].label != rows[number].label]
            if others:
                also = f", and {len(others) - 1} more" if len(others) > 1 else ""
                reasons[number] = f"same pixels as {others[0].id}, which is of class '{classes[others[0].label]}'{also}"
    return reasons


def groups(rows: Sequence[Row]) -> npt.NDArray[np.int64]:
    """Return a number for each row, int64 (n,), equal for rows that show the same, over any chain of them."""
    same_pixels = together((row.pixels, number) for number, row in enumerate(rows))
    same_object = together((row.object_id, number) for number, row in enumerate(rows) if row.object_id)
    return numbered([*same_pixels, *same_object], len(rows))


def source_splits(rows: Sequence[Row], numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int8], dict[int, str]]:
    """Find the split of each row that the source has decided, and the rows that would leak into another one.

    Rows without a split of their own go where their group is, whose ``numbers`` are int64, (n,). Returns int8, (n,),
    codes of Split, -1 where it is to be drawn; and the reasons by row why some cannot stay.
    """
    owners: dict[int, Row] = {}
    decided = [(row, number) for row, number in zip(rows, numbers.tolist(), strict=True) if row.split is not None]
    for row, number in sorted(decided, key=lambda pair: _PRECEDENCE.index(pair[0].split)):
        owners.setdefault(number, row)
    codes, reasons = np.full(len(rows), -1, np.int8), {}
    for place, (row, number) in enumerate(zip(rows, numbers.tolist(), strict=True)):
        owner = owners.get(number)
        if owner is None or owner.split is None:
            continue
        codes[place] = owner.split.code
        if row.split not in (None, owner.split):
            what = "pixels" if row.pixels == owner.pixels else "object"
            reasons[place] = f"same {what} as {owner.id}, which the source puts into {owner.split}"
    return codes, reasons
