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
from datasets.wording import few, shown_name

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
    _refuse_all_leaking(rows, kept, stays)
    splits[~stays] = -1
    labels = np.array([row.label for row in rows], np.int64)
    check_labels(labels[stays], splits[stays], classes, shares, noun="distinct image")
    open_rows, wanted = to_draw(splits, stays, shares)
    if open_rows.any() and wanted:
        chosen = np.flatnonzero(open_rows)
        present, chosen_labels = np.unique(labels[chosen], return_inverse=True)
        try:
            splits[chosen] = stratified(
                chosen_labels,
                [rows[number].id for number in chosen.tolist()],
                classes=[classes[label] for label in present],
                shares=wanted,
                seed=seed,
                groups=numbers[chosen],
            )
        except SourceError as error:
            if not any(rows[number].object_id for number in chosen.tolist()):
                raise
            raise SourceError(f"{error}; images of one galaxy are one here: `--id-column none` parts them") from error
    return Assignment(splits, numbers, reasons)


def check_labels(
    labels: npt.NDArray[np.int64], splits: npt.NDArray[np.int8], classes: Sequence[str], shares: Shares, *, noun: str
) -> None:
    """Check that each class has enough rows for the splits that will be drawn.

    ``labels``, int64 (n,), are indices into ``classes``; ``splits``, int8 (n,), codes of Split, -1 where the source has
    none; ``noun`` is what the rows are called in the error. Raises SourceError naming the classes with too few, or with
    none to train on where others have some.
    """
    absent = np.flatnonzero(np.bincount(labels, minlength=len(classes)) == 0)
    open_rows, wanted = to_draw(splits, np.ones(len(labels), bool), shares)
    if len(absent) and not wanted:
        name = classes[absent[0]]
        raise SourceError(f"class '{shown_name(name)}' has 0 {noun}s: {mending(name)}")
    counts = np.bincount(labels[open_rows], minlength=len(classes)) if wanted else np.zeros(len(classes), np.int64)
    _refuse_untrained(counts, labels, splits, classes, wanted, noun=noun)
    if wanted:
        decided = np.bincount(labels[~open_rows], minlength=len(classes))
        needy = [label for label in range(len(classes)) if counts[label] or not decided[label]]
        check_counts([int(counts[label]) for label in needy], [classes[label] for label in needy], wanted, noun=noun)


def _refuse_all_leaking(rows: Sequence[Row], kept: Sequence[int], stays: npt.NDArray[np.bool_]) -> None:
    """Refuse a source whose images to train on show, all of them, what is validated or tested on, too."""
    trained = [number for number in kept if rows[number].split is Split.TRAIN]
    others = [number for number in kept if rows[number].split is None]  # most of which will be trained on
    if trained and not stays[[*trained, *others]].any():
        named = any(rows[number].object_id for number in trained)
        raise SourceError(
            f"all {len(trained):,} images to train on show galaxies that are validated or tested on, too: "
            + ("what names them is no galaxy's name? `--id-column none` has it so" if named else "part them otherwise")
        )


def _refuse_untrained(
    drawn: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    splits: npt.NDArray[np.int8],
    classes: Sequence[str],
    wanted: Shares,
    *,
    noun: str,
) -> None:
    """Refuse a class that the source has in validation or test alone: another spelling, most often, of one it trains.

    ``drawn``, int64 (classes,), are the rows of each class that splits will be drawn for.
    """
    trained = np.bincount(labels[splits == Split.TRAIN.code], minlength=len(classes))
    if wanted.get(Split.TRAIN, 0.0) > 0:
        trained = trained + drawn
    there = [name for name, count in zip(classes, trained.tolist(), strict=True) if count]
    without = [classes[label] for label in np.unique(labels) if classes[label] not in there]
    if without and there:
        raise SourceError(
            f"class '{shown_name(without[0])}' has no {noun} to train on, only to validate or test on; trained are "
            f"{few(there)}: name it as one of these, {mending(without[0])}"
        )


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
