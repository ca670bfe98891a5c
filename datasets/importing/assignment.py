"""Which rows of an import stay, and in which split each comes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import SourceError
from datasets.importing import duplicates
from datasets.importing.duplicates import Row
from datasets.importing.stratification import check_counts, mending, stratified
from datasets.splits import Split
from datasets.wording import shown_name

Shares = dict[Split, float]


@dataclass(frozen=True)
class Assignment:
    """The code of each row's Split, int8 (n,), -1 for the rows that cannot stay; and why not, by row.

    ``groups``, int64 (n,), are equal for rows that show the same.
    """

    splits: npt.NDArray[np.int8]
    groups: npt.NDArray[np.int64]
    reasons: dict[int, str]


def assign_splits(
    rows: Sequence[Row],
    classes: Sequence[str],
    shares: Shares,
    *,
    seed: int,
    reject: Callable[[dict[int, str]], None] = lambda _: None,
) -> Assignment:
    """Draw the splits that the source leaves open, so that no galaxy comes into two of them.

    Rows of the same pixels and different classes cannot stay. The source's own splits are kept; a row whose pixels or
    object the source also has in a split that weighs more (test, then validation) cannot stay. A split with a share
    that the source lacks is drawn out of its training rows.

    ``reject`` is told of the rows that cannot stay, and why, before anything is refused.

    Raises SourceError where a class has too few images for the splits to draw.
    """
    reasons = duplicates.conflicts(rows, classes)
    numbers = duplicates.groups(rows)
    kept = [number for number in range(len(rows)) if number not in reasons]
    splits = np.full(len(rows), -1, np.int8)
    splits[kept], leaks = duplicates.source_splits([rows[number] for number in kept], numbers[kept])
    reasons |= {kept[place]: reason for place, reason in leaks.items()}
    reject(reasons)
    stays = np.ones(len(rows), bool)
    stays[list(reasons)] = False
    splits[~stays] = -1
    labels = np.array([row.label for row in rows], np.int64)
    check_labels(labels[stays], splits[stays], classes, shares, noun="distinct image")
    open_rows, wanted = to_draw(splits, stays, shares)
    if open_rows.any() and wanted:
        chosen = np.flatnonzero(open_rows)
        present, chosen_labels = np.unique(labels[chosen], return_inverse=True)
        splits[chosen] = stratified(
            chosen_labels,
            [rows[number].id for number in chosen.tolist()],
            classes=[classes[label] for label in present],
            shares=wanted,
            seed=seed,
            groups=numbers[chosen],
        )
    return Assignment(splits, numbers, reasons)


def check_labels(
    labels: npt.NDArray[np.int64], splits: npt.NDArray[np.int8], classes: Sequence[str], shares: Shares, *, noun: str
) -> None:
    """Check that each class has enough rows for the splits that will be drawn.

    ``labels``, int64 (n,), are indices into ``classes``; ``splits``, int8 (n,), codes of Split, -1 where the source has
    none; ``noun`` is what the rows are called in the error. Raises SourceError naming the classes with too few.
    """
    absent = np.flatnonzero(np.bincount(labels, minlength=len(classes)) == 0)
    open_rows, wanted = to_draw(splits, np.ones(len(labels), bool), shares)
    if len(absent) and not wanted:
        name = classes[absent[0]]
        raise SourceError(f"class '{shown_name(name)}' has 0 {noun}s: {mending(name)}")
    if wanted:
        counts = np.bincount(labels[open_rows], minlength=len(classes))
        decided = np.bincount(labels[~open_rows], minlength=len(classes))
        needy = [label for label in range(len(classes)) if counts[label] or not decided[label]]
        check_counts([int(counts[label]) for label in needy], [classes[label] for label in needy], wanted, noun=noun)


def to_draw(
    splits: npt.NDArray[np.int8], stays: npt.NDArray[np.bool_], shares: Shares
) -> tuple[npt.NDArray[np.bool_], Shares]:
    """Say which rows are to be dealt among which splits: (bool (n,), share of each split, empty if none are)."""
    undecided = stays & (splits < 0)
    if undecided.any() or not stays.any():
        return undecided, shares
    present = {split for split in Split if (splits[stays] == split.code).any()}
    if Split.TRAIN not in present:
        return undecided, {}
    lacking = {split: share for split, share in shares.items() if split not in present and share > 0}
    if not lacking:
        return undecided, {}
    # In this order of arithmetic: where a class's rows are split at a half, another one would split them otherwise.
    rest = max(0.0, 1 - sum(lacking.values()))
    wanted = {split: lacking.get(split, 0.0) for split in Split} | {Split.TRAIN: rest if rest > 1e-9 else 0.0}
    return stays & (splits == Split.TRAIN.code), wanted
