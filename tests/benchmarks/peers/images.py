"""What contestants are given to learn from, and what they are tested on: real galaxies, no image in two places.

Of the deal of `benchmarks.accuracy.contest.draws` the draws that a search's methods were chosen by (2000-5, 500-1 …
500-10: `benchmarks.search.curves`) fix the targets alone. Compared is on its draws 2000-1 … 2000-4 and on 2,000 images
more; a draw of 500 is the first 500 of a draw of 2,000. What is then left is tested on, one half to develop on.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.accuracy.contest.draws import TEST, dealt, different, import_hands

SIZES = (2000, 500)
HALVES = DEVELOP, REPORT = ("develop", "report")
_SEED = 1
_COMPARED = tuple(f"2000-{number}" for number in range(1, 5))
_OF_TARGETS = (
    ("2000-5",),
    tuple(f"500-{number}" for number in range(1, 5)),
    tuple(f"500-{number}" for number in range(5, 9)),
)
_VALIDATION = ("--validation", "0.1", "--test", "0")


def draw_name(size: int, number: int, *, is_target: bool = False) -> str:
    """Return the name of the number-th draw of a size, from 1, or of those that fix the target."""
    return f"{'target-' * is_target}{size}-{number}"


def hands(names: Sequence[str]) -> dict[str, list[str]]:
    """Return which images each draw has, by `draw_name`, and which are tested on."""
    every = dealt(list(names), _SEED, most_tested=len(names))
    largest = SIZES[0]
    rest, fifth = every[TEST][:-largest], every[TEST][-largest:]
    compared = [*(every[name] for name in _COMPARED), fifth]
    targets = [[image for name in names for image in every[name]] for names in _OF_TARGETS]
    found = {TEST: rest}
    for is_target, draws in ((False, compared), (True, targets)):
        for number, images in enumerate(draws, 1):
            found |= {draw_name(size, number, is_target=is_target): images[:size] for size in SIZES}
    return found


def import_images(source: Path, folder: Path, *, image_size: int, names: Sequence[str]) -> None:
    """Import those of ``names`` that are not there yet as datasets below ``folder``; a tenth is to validate on."""
    with zipfile.ZipFile(source) as archive:
        wanted = {name: images for name, images in hands(different(archive)).items() if name in names}
        import_hands(archive, wanted, folder, image_size=image_size, splits=_VALIDATION)


def half_of(ids: Sequence[str], half: str) -> npt.NDArray[np.bool_]:
    """Return which images tested on are of a half, bool (n,), by their ids: independent of `trainer`'s folds."""
    digests = (hashlib.sha256(f"half {one}".encode("utf-8", "backslashreplace")).digest() for one in ids)
    return np.array([digest[0] % 2 == HALVES.index(half) for digest in digests], np.bool_)
