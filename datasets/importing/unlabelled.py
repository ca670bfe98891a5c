"""Galaxies of no class on their way into a dataset: beside its rows, in files of their own.

They are those that a source of votes leaves out (``--keep-unlabelled``) and those of another source
(``--unlabelled SOURCE``): anything that `galaxy classify` takes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.arrow.description import Preprocessing, UnlabelledInfo
from datasets.arrow.shard_files import make_table, rows_per_shard, unlabelled_name, with_splits, write_table
from datasets.errors import SourceError
from datasets.images.decoded import Decoded, Read
from datasets.images.decoding import decode_all
from datasets.images.files import iterate_images
from datasets.images.value_range import ValueRanges
from datasets.importing.quarantine import Quarantine
from datasets.progress import Progress, silent
from datasets.sources.source import path_of
from datasets.storage.checksums import checksum_of

_SCALE_TOLERANCE = 0.02
"""Relative difference of size that is none: as `trainer` has it for images to be classified."""


@dataclass(frozen=True)
class Candidate:
    """An image of a galaxy of no class that has not been read yet; ``is_left_out`` by the dataset's own source."""

    id: str
    read: Read
    is_left_out: bool = False


def given(source: str | Path, value_range: tuple[float, float] | None = None) -> list[Candidate]:
    """List the images of ``--unlabelled SOURCE``, of arrays with the ``value_range`` stated of those with labels.

    Raises SourceError where there is nothing.
    """
    path = path_of(source)
    if not path.exists():
        raise SourceError(f"--unlabelled: '{path}' does not exist: give a folder, archive, table or file of images")
    ranges = ValueRanges(learnt=value_range)
    above = str(path.parent / "_")[:-1]  # ids do not say where the source lies
    return [Candidate(file.name.removeprefix(above), file.read) for file in iterate_images([path], ranges=ranges)]


def keep_unlabelled(
    built: Path,
    candidates: Sequence[Candidate],
    *,
    source: str | None,
    preprocessing: Preprocessing,
    labelled: Collection[str],
    quarantine: Quarantine,
    progress: Progress = silent,
) -> UnlabelledInfo | None:
    """Write the usable ones of some candidates below ``built``; the others go into quarantine. None where none is.

    An image is left out whose pixels are those of a row, of which ``labelled`` has the pixel hashes, or of another one.

    Raises SourceError where none of ``source`` can be used, or they have another size than the dataset's: what a
    network sees of them first would be their scale.
    """
    files, told = _Files(built, preprocessing.image_size), set[str]()
    sizes, left_out, done = list[int](), 0, 0
    for chunk in decode_all(
        candidates, crop=preprocessing.crop, image_size=preprocessing.image_size, stretch=preprocessing.stretch
    ):
        for candidate, decoded in chunk:
            if decoded.image is None:
                quarantine.add(candidate.id, decoded.reason)
            elif decoded.pixel_hash in labelled:
                quarantine.add(candidate.id, "unlabelled, and has the pixels of an image that has a class")
            elif decoded.pixel_hash in told:
                quarantine.add(candidate.id, "has the pixels of another unlabelled image")
            else:
                told.add(decoded.pixel_hash)
                files.add(candidate.id, decoded)
                left_out += candidate.is_left_out
                if not candidate.is_left_out:
                    sizes.append(min(decoded.image.source_size))
        done += len(chunk)
        progress(done, len(candidates))
    names = files.complete()
    if not names and source is None:
        return None
    if not sizes and source is not None:
        raise SourceError(f"--unlabelled '{source}' cannot be kept: none of its images can be used")
    if sizes:
        _check_scale(float(np.median(sizes)), preprocessing, source)
    checksums = tuple(checksum_of(built / name) for name in names)
    return UnlabelledInfo(files.total, left_out, source, names, checksums)


def _check_scale(side: float, preprocessing: Preprocessing, source: str | None) -> None:
    expected = min(preprocessing.source_size)
    if abs(side - expected) > _SCALE_TOLERANCE * expected:
        raise SourceError(
            f"--unlabelled '{source}' cannot be kept: expected images of {expected} pixels (median of the shorter "
            f"side) as the others, found {side:.0f}: cut out as much sky as the others show"
        )


class _Files:
    """The Arrow files, written one after the other: no more than one's pixels are in memory."""

    def __init__(self, place: Path, image_size: int) -> None:
        self.total = 0
        self._place = place
        self._pixels = np.empty((rows_per_shard(image_size), image_size, image_size, 3), np.uint8)
        self._ids: list[str] = []
        self._hashes: list[bytes] = []
        self._names: list[str] = []

    def add(self, name: str, decoded: Decoded) -> None:
        assert decoded.image is not None
        self._pixels[len(self._ids)] = decoded.image.pixels
        self._ids.append(name)
        self._hashes.append(decoded.source_hash)
        self.total += 1
        if len(self._ids) == len(self._pixels):
            self._write()

    def complete(self) -> tuple[str, ...]:
        """Write what is left, and return the files' names."""
        self._write()
        return tuple(self._names)

    def _write(self) -> None:
        count = len(self._ids)
        if count:
            none = np.full(count, -1)
            table = make_table(self._ids, none, self._hashes, self._pixels[:count])
            self._names.append(unlabelled_name(len(self._names)))
            write_table(with_splits(table, none.astype(np.int8)), self._place / self._names[-1])
            self._ids, self._hashes = [], []
