"""Which rows of an import stay, and in which split each comes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import SourceError
from datasets.importing import duplicates
from datasets.importing.duplicates import Row
from datasets.importing.stratification import check_counts, mending, stratified
from datasets.sources.listing import Item
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
    listed: Mapping[str, int] | None = None,
) -> Assignment:
    """Draw the splits that the source leaves open, so that no galaxy comes into two of them.

    Rows of the same pixels and different classes cannot stay. The source's own splits are kept; a row whose pixels or
    object the source also has in a split that weighs more (test, then validation) cannot stay. Rows without a split go
    where others of their galaxy are; see `with_trained` for a few. A split with a share that the source lacks is drawn
    out of its training rows.

    ``reject`` is told of the rows that cannot stay, and why, before anything is refused. ``listed`` is the number of
    images that the source has of each class, usable or not; by default, of rows.

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
    splits[stays] = with_trained(labels[stays], splits[stays], shares, groups=numbers[stays])
    listed = Counter(classes[label] for label in labels.tolist()) if listed is None else listed
    check_labels(labels[stays], splits[stays], classes, shares, listed, noun="distinct image")
    for drawn, wanted in to_draw(labels, splits, stays, shares, groups=numbers):
        chosen = np.flatnonzero(drawn)
        present, chosen_labels = np.unique(labels[chosen], return_inverse=True)
        try:
            splits[chosen] = stratified(
                chosen_labels,
                [rows[number].id for number in chosen.tolist()],
                classes=[classes[label] for label in present],
                shares=wanted,
                seed=seed,
                groups=numbers[chosen],
                listed=listed,
            )
        except SourceError as error:
            if not any(rows[number].object_id for number in chosen.tolist()):
                raise
            raise SourceError(f"{error}; images of one galaxy are one here: `--id-column none` parts them") from error
    return Assignment(splits, numbers, reasons)


def stated(rows: Sequence[Item | Row]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Return the label of each row, int64 (n,), and the code of its source's split, int8 (n,), -1 where it has none."""
    labels = np.array([row.label for row in rows], np.int64)
    return labels, np.array([-1 if row.split is None else row.split.code for row in rows], np.int8)


def with_trained(
    labels: npt.NDArray[np.int64],
    splits: npt.NDArray[np.int8],
    shares: Shares,
    *,
    groups: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int8]:
    """Put rows without a split into training where they are too few to be dealt: the splits, int8 (n,).

    Those of a class are that the source has splits for, where there are fewer of them, or of their ``groups``, int64
    (n,), than splits to fill. Rows of one group go together; those of all other classes are to be dealt.
    """
    is_open, numbers = splits < 0, np.arange(len(labels)) if groups is None else groups
    known = np.unique(labels[~is_open])
    distinct = np.unique(np.column_stack([labels, numbers])[is_open], axis=0)
    counts = np.bincount(distinct[:, 0], minlength=labels.max(initial=0) + 1)
    asked = sum(share > 0 for share in shares.values())
    few = known[counts[known] < asked]
    if not shares[Split.TRAIN] > 0:
        return splits
    trained = is_open & np.isin(numbers, numbers[is_open & np.isin(labels, few)])
    return np.where(trained, np.int8(Split.TRAIN.code), splits)


def check_labels(
    labels: npt.NDArray[np.int64],
    splits: npt.NDArray[np.int8],
    classes: Sequence[str],
    shares: Shares,
    listed: Mapping[str, int],
    *,
    noun: str,
) -> None:
    """Check that each class has enough rows for the splits that will be drawn.

    ``labels``, int64 (n,), are indices into ``classes``; ``splits``, int8 (n,), codes of Split, -1 where the split is
    to be drawn; ``listed`` the number of images that the source has of each class; ``noun`` is what the rows are called
    in the error. Raises SourceError naming the classes with too few, or with none to train on where others have some.
    """
    of_class = np.bincount(labels, minlength=len(classes))
    draws = to_draw(labels, splits, np.ones(len(labels), bool), shares)
    if not of_class.all() and not draws:
        name = classes[int(of_class.argmin())]
        raise SourceError(f"class '{shown_name(name)}' has 0 {noun}s: {mending(name)}")
    _refuse_untrained(labels, splits, classes, shares, noun=noun)
    for drawn, wanted in draws:
        counts = np.bincount(labels[drawn], minlength=len(classes)).tolist()
        of_each = zip(classes, counts, of_class.tolist(), strict=True)
        needy = {name: count for name, count, in_all in of_each if count or not in_all}
        among = " to train on" if (splits[drawn] == Split.TRAIN.code).any() else ""
        check_counts(needy, wanted, listed, noun=noun, among=among)


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
    labels: npt.NDArray[np.int64], splits: npt.NDArray[np.int8], classes: Sequence[str], shares: Shares, *, noun: str
) -> None:
    """Refuse a class that the source has in validation or test alone: another spelling, most often, of one it trains.

    Rows to be drawn, of split -1, are trained on if training has a share.
    """
    is_trained = (splits == Split.TRAIN.code) | ((splits < 0) & (shares[Split.TRAIN] > 0))
    there = [classes[label] for label in np.unique(labels[is_trained])]
    without = [classes[label] for label in np.unique(labels) if classes[label] not in there]
    if without and there:
        raise SourceError(
            f"class '{shown_name(without[0])}' has no {noun} to train on, only to validate or test on; trained are "
            f"{few(there)}: name it as one of these, {mending(without[0])}"
        )


def to_draw(
    labels: npt.NDArray[np.int64],
    splits: npt.NDArray[np.int8],
    stays: npt.NDArray[np.bool_],
    shares: Shares,
    *,
    groups: npt.NDArray[np.int64] | None = None,
) -> list[tuple[npt.NDArray[np.bool_], Shares]]:
    """Say which rows are to be dealt among which splits, draw by draw: (bool (n,), share of each split).

    Rows without a split are dealt among all; of the other classes the rows to train on, among those the source lacks,
    but for those of ``groups``, int64 (n,), that have rows of the former classes.
    """
    undecided, numbers = stays & (splits < 0), np.arange(len(labels)) if groups is None else groups
    draws = [(undecided, shares)] if undecided.any() or not stays.any() else []
    present = {split for split in Split if (splits[stays] == split.code).any()}
    lacking = {split: share for split, share in shares.items() if split not in present and share > 0}
    dealt = stays & np.isin(labels, labels[undecided])
    trained = stays & (splits == Split.TRAIN.code) & ~np.isin(numbers, numbers[dealt])
    if not lacking or not trained.any():
        return draws
    # In this order of arithmetic: where a class's rows are split at a half, another one would split them otherwise.
    rest = max(0.0, 1 - sum(lacking.values()))
    wanted = {split: lacking.get(split, 0.0) for split in Split} | {Split.TRAIN: rest if rest > 1e-9 else 0.0}
    return [*draws, (trained, wanted)]
