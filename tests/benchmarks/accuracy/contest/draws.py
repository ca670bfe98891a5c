"""Draws from the real galaxies, none of which shares an image with another, and the images that all are tested on."""

import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

GALAXY = str(Path(sys.executable).with_name("galaxy"))
SIZES = {2000: 5, 500: 10}
"""Images of a draw → draws."""
LEAST_TESTED, MOST_TESTED = 8_000, 10_000
TEST = "test"


@dataclass(frozen=True)
class Draw:
    """So many images, the number-th of its size, from 1."""

    size: int
    number: int

    def __str__(self) -> str:
        return f"{self.size}-{self.number}"


def all_draws() -> list[Draw]:
    """Return all of them, larger ones first."""
    return [Draw(size, number) for size, numbers in SIZES.items() for number in range(1, numbers + 1)]


def dealt(names: list[str], seed: int, *, most_tested: int = MOST_TESTED) -> dict[str, list[str]]:
    """Return which images each draw has, and what is left, up to ``most_tested``, to test on; classes as they come."""
    shuffled = random.Random(seed).sample(sorted(names), len(names))
    hands, start = {}, 0
    for draw in all_draws():
        hands[str(draw)] = shuffled[start : start + draw.size]
        start += draw.size
    hands[TEST] = shuffled[start : start + most_tested]
    if len(hands[TEST]) < LEAST_TESTED:
        raise ValueError(
            f"{len(names):,} images leave {len(hands[TEST]):,} to test on, and {LEAST_TESTED:,} are needed"
        )
    return hands


def import_draws(source: Path, folder: Path, *, seed: int, image_size: int) -> None:
    """Import what is not there yet: a dataset for each draw, ``<size>-<number>``, and ``test``, below ``folder``."""
    with zipfile.ZipFile(source) as archive:
        import_hands(archive, dealt(different(archive), seed), folder, image_size=image_size)


def import_hands(
    archive: zipfile.ZipFile, hands: dict[str, list[str]], folder: Path, *, image_size: int, splits: Sequence[str] = ()
) -> None:
    """Import what is not there yet: a dataset of each hand below ``folder``; all of ``test`` is to test on.

    ``splits`` are options of `galaxy import` for the others.
    """
    for name, images in hands.items():
        if (folder / name / "dataset.json").exists():
            continue
        pictures = folder / f"{name}-images"
        for image in images:
            archive.extract(image, pictures)
        of_it = ["--validation", "0", "--test", "1"] if name == TEST else splits
        command = [GALAXY, "import", str(pictures), str(folder / name), "--image-size", str(image_size), *of_it]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(pictures)


def different(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the images, each picture once, so that none is in two draws."""
    first = {(one.CRC, one.file_size): one.filename for one in archive.infolist() if not one.is_dir()}
    return list(first.values())
