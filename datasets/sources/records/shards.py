"""What the names of shards say: the split that they are of, and how many there should be."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from datasets.splits import Split, split_named
from datasets.wording import few

_OF = re.compile(r"(.*?)-(\d+)-of-(\d+)")
_NUMBERED = re.compile(r"(.*?)-?(\d{4,})")


def split_of(name: str) -> Split | None:
    """Return the split in a path, the last part first: TEST of ``galaxies/zoo-test.tfrecord-00001-of-00010``."""
    for part in reversed(PurePosixPath(name).parts):
        splits = {split for word in re.split(r"[\W\d_]+", part) if (split := split_named(word)) is not None}
        if len(splits) == 1:
            return splits.pop()
    return None


def missing_shards(names: Iterable[str]) -> list[str]:
    """Say, in a line for each, of which shards some are not there: ``3 of the 10 shards of train``.

    How many there are is in the names (``-00003-of-00010``), or is one more than the last number.
    """
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    counts: dict[str, int] = {}
    for name in names:
        if (stated := _OF.match(name)) is not None:
            base, number, count = stated[1], int(stated[2]), int(stated[3])
        elif (numbered := _NUMBERED.match(name)) is not None:
            base, number = numbered[1], int(numbered[2])
            count = number + 1
        else:
            continue
        numbers[base].add(number)
        counts[base] = max(count, counts.get(base, 0))
    return [
        f"{counts[base] - len(found)} of the {counts[base]} shards of {few([base or 'the source'])} are not there"
        for base, found in numbers.items()
        if len(found) < counts[base]
    ]
