"""The built-in sample: rendered galaxies in class folders, to try everything on before any data is at hand."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np
from PIL import Image

from datasets.classes import ordered
from datasets.errors import SourceError, StorageError
from datasets.progress import Progress, silent
from datasets.rendering.galaxies import KINDS
from datasets.rendering.observation import render
from datasets.rendering.size import FEWEST

PERCENT = dict(zip(KINDS, (29.3, 28.0, 2.1, 13.5, 27.1), strict=True))
"""How often each class occurs: as among the 28,790 galaxies of Zhu et al. 2019, arXiv:1807.10406, but the rarest, 2.0
there, a little more often, so that a sample of FEWEST has 6 of it."""


@dataclass(frozen=True)
class SampleInfo:
    """A sample that was rendered: its folder, the number of images, and how many of them each class has."""

    path: Path
    count: int
    counts: dict[str, int]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, ordered by casefold."""
        return tuple(self.counts)

    def as_json(self) -> dict[str, object]:
        """Return what ``galaxy sample --json`` prints."""
        return {"path": str(self.path), "count": self.count, "classes": list(self.classes), "counts": dict(self.counts)}


def render_sample(target: str | Path, *, count: int = 2000, seed: int = 1, progress: Progress = silent) -> SampleInfo:
    """Render galaxies as ``target/<class>/<number>.jpg``, 128 × 128 pixels each, imbalanced like the real data.

    The same seed gives the same bytes, and the k-th galaxy is the same whatever the ``count``. The folder appears
    whole or not at all.

    Raises SourceError if ``count`` or ``seed`` is too small or ``target`` exists and is not an empty folder, and
    StorageError if it cannot be written; nothing that existed is changed then.
    """
    if count < FEWEST:
        raise SourceError(f"a sample of {count} is too small: {FEWEST} are needed for a few of each class")
    if seed < 1:
        raise SourceError(f"the seed must be 1 or more, but is {seed}")
    folder = _free(Path(target))
    partial = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}.partial")
    try:
        counts = _write(partial, count, seed, progress)
        partial.replace(folder)
    except OSError as error:
        raise StorageError(f"the sample cannot be written to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return SampleInfo(folder, count, counts)


def class_sequence() -> Iterator[str]:
    """Name the class of the first galaxy, the second, and so on without end.

    Each place goes to the class that has the fewest for its frequency (Adams's method of apportionment): any beginning
    has the classes as often as it should, and leaves none out.
    """
    given = dict.fromkeys(PERCENT, 0)
    while True:
        name = min(given, key=lambda each: given[each] / PERCENT[each])
        given[name] += 1
        yield name


def _free(target: Path) -> Path:
    """Return the absolute path of a folder that does not exist yet or is empty."""
    try:
        folder = target.resolve()
        if folder.exists() and not folder.is_dir():
            raise SourceError(f"{folder} is a file: name a folder that does not exist yet")
        if folder.exists() and any(folder.iterdir()):
            raise SourceError(f"{folder} exists already and is not empty: remove it or name another folder")
    except OSError as error:
        raise StorageError(f"the sample cannot be written to {target}: {error.strerror or error}") from error
    return folder


def _write(folder: Path, count: int, seed: int, progress: Progress) -> dict[str, int]:
    names = list(islice(class_sequence(), count))
    for name in KINDS:
        (folder / name).mkdir(parents=True)
    progress(0, count)
    for index, name in enumerate(names):
        picture = Image.fromarray(render(name, np.random.default_rng([seed, index])))
        picture.save(folder / name / f"{100_001 + index}.jpg", quality=90)
        progress(index + 1, count)
    return {name: names.count(name) for name in ordered(KINDS)}
