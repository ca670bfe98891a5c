"""Further divisions of the rows that are not for tests: disjoint validation parts, the same for everyone.

A configuration that is trained on several divisions is validated on other galaxies each time. How the rows are dealt
follows from hashes of their ids, not from their order or a generator; scikit-learn's folds would change with either.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from datasets.arrow.groups import Groups
from datasets.splits import Split

_SALT = "division"
_ENOUGH = 3
"""Groups from which on a class decides how many parts there are: as many as a configuration is usually trained on.
With fewer a class would leave others hardly any part."""


def further_parts(
    labels: npt.NDArray[np.int64],
    splits: npt.NDArray[np.int8],
    groups: npt.NDArray[np.int64],
    ids: Sequence[str],
) -> npt.NDArray[np.int64]:
    """Deal the training rows to further validation parts, each of the size and classes of the dataset's own.

    There are as many parts as the training rows hold, and each has a row of each class that has three or more groups,
    and a row in the own one. Of a class with fewer groups than parts some have none; whichever part is taken, each
    class is left in training. Groups come into one part whole, so sizes hold but for those of groups. One that has rows
    in another split as well, as a source's own splits may part it, comes into none: who is validated on a part has
    trained on these.

    Args:
        labels: int64, (n,).
        splits: int8, (n,), codes of Split.
        groups: int64, (n,), equal for rows that show the same.
        ids: n names of the rows.

    Returns int64, (n,): the part of each row from 1, 0 for rows that are in none. All 0 where there is no validation
    row, or fewer rows to deal than those.
    """
    parts = np.zeros(len(labels), np.int64)
    training = splits == Split.TRAIN.code
    rows = np.flatnonzero(training & ~np.isin(groups, groups[~training]))
    own = np.bincount(labels[splits == Split.VALIDATION.code], minlength=labels.max(initial=0) + 1)
    if not own.sum() or len(rows) < own.sum():
        return parts
    units = Groups.of(labels[rows], [ids[row] for row in rows.tolist()], groups[rows], _SALT)
    per_class = np.bincount(units.labels, minlength=len(own))
    count = min([len(rows) // int(own.sum()), *per_class[per_class >= _ENOUGH].tolist()])
    of_unit, turn = np.zeros(len(units.sizes), np.int64), 0
    for label in range(len(own)):
        members = units.order[units.labels[units.order] == label]
        held = int(units.sizes[members].sum())
        wanted = np.full(count, min(int(own[label]), held // count))
        for _ in range(min(int(own[label]) * count, held) - int(wanted.sum())):
            wanted[turn % count] += 1
            turn += 1
        of_unit[members] = _dealt(units.sizes[members], wanted)
    parts[rows] = of_unit[units.numbers]
    parts = _left_in_training(parts, labels, splits, groups)
    return np.asarray(np.unique(parts, return_inverse=True)[1], np.int64)  # numbered on where one was left empty


def _dealt(sizes: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Deal the groups of one class, in their order, to parts that want so many rows: the part of each, 0 for none.

    Where large groups leave parts without any, although there are enough for all, each part has one of the smallest.
    """
    dealt = _filled(sizes, wanted, np.zeros(len(sizes), np.int64))
    count = len(wanted)
    if len(sizes) < count or not wanted.all() or len(np.unique(dealt[dealt > 0])) == count:
        return dealt
    begun = np.zeros(len(sizes), np.int64)
    begun[np.argsort(sizes, kind="stable")[:count]] = np.arange(1, count + 1)
    return _filled(sizes, wanted, begun)


def _filled(
    sizes: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64], begun: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Deal the groups that are in no part yet, of those that have ``begun`` in one, each the part of it, 0 for none.

    Large groups come first, each to the part that lacks most, unless it holds more than twice that; single rows then
    fill the parts in turn.
    """
    dealt, is_open = begun.copy(), begun == 0
    lacking = wanted - np.bincount(begun, weights=sizes, minlength=len(wanted) + 1)[1:].astype(np.int64)
    large = np.flatnonzero((sizes > 1) & is_open)
    for place in large[np.argsort(-sizes[large], kind="stable")].tolist():
        part = int(lacking.argmax())
        if sizes[place] <= 2 * lacking[part]:
            dealt[place] = part + 1
            lacking[part] -= sizes[place]
    filled = np.repeat(np.arange(1, len(wanted) + 1), np.maximum(lacking, 0))
    single = np.flatnonzero((sizes == 1) & is_open)[: len(filled)]
    dealt[single] = filled[: len(single)]
    return dealt


def _left_in_training(
    parts: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    splits: npt.NDArray[np.int8],
    groups: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Take out of a part the groups of a class that has no other rows outside the test.

    Few rows of it are dealt with those of a class that most of their groups have.
    """
    outside = splits != Split.TEST.code
    for label in np.unique(labels[outside]).tolist():
        of_class = outside & (labels == label)
        (first, *others) = np.unique(parts[of_class]).tolist()
        if first and not others:
            parts = np.where(np.isin(groups, groups[of_class]), 0, parts)
    return parts
