"""The draw of splits: stratified by class, the same for the same images and seed.

Those of scikit-learn would change with the order of the rows, and take folds of equal size rather than shares.
"""

import shlex
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from datasets.arrow.groups import Groups
from datasets.errors import SourceError
from datasets.splits import Split
from datasets.wording import few, shown_name


def shares(*, validation: float, test: float) -> dict[Split, float]:
    """Return the share of each split; training gets what validation and test leave."""
    rest = 1 - validation - test
    # 1 - 0.9 - 0.1 is not quite 0 in floats, and must not ask for a training row.
    return {Split.TRAIN: rest if rest > 1e-9 else 0.0, Split.VALIDATION: validation, Split.TEST: test}


def check_counts(
    counts: Mapping[str, int],
    shares: Mapping[Split, float],
    listed: Mapping[str, int],
    *,
    noun: str,
    among: str = "",
) -> None:
    """Check that each class has an image for each split that is not empty.

    ``counts`` are by class, of images called ``noun``, and ``among`` says of which; ``listed`` are those of all classes
    before any was looked at, which `--min-images` goes by. Raises SourceError naming the classes that have too few.
    """
    asked = [split for split in Split if shares[split] > 0]
    small = {name: count for name, count in counts.items() if count < len(asked)}
    if small:
        (name, count), *others = small.items()
        enough = _enough(min(small.values()), asked)
        alike = few([f"'{shown_name(name)}' ({count})" for name, count in others])
        raise SourceError(
            f"class '{shown_name(name)}' has {count} {noun}{'' if count == 1 else 's'}{among}: at least {len(asked)} "
            f"are needed, one each for {', '.join(asked)}{enough}; {mending(name)}"
            + (f", as for {alike}{_at_once([*small], listed)}" if others else "")
        )


def _at_once(names: Sequence[str], listed: Mapping[str, int]) -> str:
    """Say what leaves out all these classes, if there is something that leaves out no others."""
    least = max(listed.get(name, 0) for name in names) + 1
    if any(count < least for name, count in listed.items() if name not in names):
        return ""
    return f"; or all with `--min-images {least}`"


def _enough(fewest: int, asked: Sequence[Split]) -> str:
    """Say that fewer would do without a test split, if they are there and something else is left."""
    if Split.TEST not in asked or not 0 < len(asked) - 1 <= fewest:
        return ""
    return f" (with `--test 0` {len(asked) - 1} are enough)"


def mending(name: str) -> str:
    """Say what can be done about a class that has too few images."""
    # A name that a message must shorten or escape cannot be pasted.
    word = shlex.quote(name) if shown_name(name) == name else "NAME"
    return f"add images of it or leave it out with `--drop-class {word}`"


def stratified(
    labels: npt.NDArray[np.int64],
    ids: Sequence[str],
    *,
    classes: Sequence[str],
    shares: Mapping[Split, float],
    seed: int,
    groups: npt.NDArray[np.int64] | None = None,
    listed: Mapping[str, int] | None = None,
) -> npt.NDArray[np.int8]:
    """Draw a split for each row, class by class.

    A row's place in the draw is a hash of its id and the seed. So the split depends neither on the order of the rows
    nor on the version of a random number generator, and the classes do not influence each other.

    Args:
        labels: int64, (n,): indices into ``classes``.
        ids: n distinct names of the rows.
        shares: share of each split; they sum to 1.
        groups: int64, (n,): rows of the same number come into the same split; by default each row is on its own. A
            group counts for the class that most of its rows have. The shares then hold but for a group's size.
        listed: number of images that the source has of each class, for the error; by default, of rows.

    Returns int8, (n,): codes of Split. Each split with a share above 0 has at least one row of each class.
    Raises SourceError for a class of fewer rows, or groups of them, than there are splits to fill.
    """
    whole = Groups.of(labels, ids, np.arange(len(ids)) if groups is None else groups, seed)
    noun = "image" if groups is None else "distinct image"
    rows, counts = (np.bincount(each, minlength=len(classes)).tolist() for each in (labels, whole.labels))
    by_class = dict(zip(classes, rows, strict=True)) if listed is None else listed
    check_counts(dict(zip(classes, counts, strict=True)), shares, by_class, noun=noun)
    codes = np.empty(len(whole.labels), np.int8)
    for label in range(len(classes)):
        members = whole.order[whole.labels[whole.order] == label]
        codes[members] = _deal(whole.sizes[members], [shares[split] for split in Split])
    return codes[whole.numbers]


def _deal(sizes: npt.NDArray[np.int64], parts: Sequence[float]) -> npt.NDArray[np.int8]:
    """Deal groups of one class, in their order, to splits by shares: the split's code of each.

    Large groups come first, each to the split that lacks most rows; single rows then fill what is left, in order.
    Every split with a share gets a group while there are enough of them.
    """
    codes = np.empty(len(sizes), np.int8)
    lacking = np.array(_sizes(int(sizes.sum()), parts))
    asked = [code for code, part in enumerate(parts) if part > 0]
    empty = set(asked)
    large = np.flatnonzero(sizes > 1)
    large = large[np.argsort(-sizes[large], kind="stable")]
    for done, place in enumerate(large):
        choice = sorted(empty) if len(sizes) - done <= len(empty) else asked
        code = max(choice, key=lambda code: lacking[code])
        codes[place] = code
        lacking[code] -= sizes[place]
        empty.discard(code)
    single = np.flatnonzero(sizes == 1)
    wanted = [max(int(rows), int(code in empty)) for code, rows in enumerate(lacking)]
    codes[single] = np.repeat(np.arange(len(parts), dtype=np.int8), _fitted(wanted, len(single), empty, parts))
    return codes


def _sizes(count: int, parts: Sequence[float]) -> list[int]:
    """Part ``count`` rows by shares: rounded, ≥ 1 where the share is above 0, the largest takes the difference."""
    wanted = [max(1, round(part * count)) if part > 0 else 0 for part in parts]
    return _fitted(wanted, count, set(), parts)


def _fitted(wanted: Sequence[int], count: int, kept: set[int], parts: Sequence[float]) -> list[int]:
    """Change the largest of some sizes until they sum to ``count``; those in ``kept`` stay above 0 while others can."""
    sizes = list(wanted)
    while sum(sizes) != count:
        largest = max(range(len(sizes)), key=lambda code: (sizes[code] > (code in kept), sizes[code], parts[code]))
        sizes[largest] += 1 if sum(sizes) < count else -1
    return sizes
