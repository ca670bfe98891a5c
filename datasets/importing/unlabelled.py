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
from datasets.errors import ImageError, SourceError
from datasets.images.archives import is_archive
from datasets.images.decoded import Decoded, Read, decode_read
from datasets.images.decoding import decode_all
from datasets.images.files import BESIDE, ImageFile, iterate_images
from datasets.images.value_range import ValueRanges
from datasets.importing.options import ImportOptions
from datasets.importing.quarantine import Quarantine
from datasets.progress import Progress, silent
from datasets.sources.listing import Item
from datasets.sources.source import path_of
from datasets.storage.checksums import checksum_of

_SCALE_TOLERANCE = 0.02
"""Relative difference of size that is none: as `trainer` has it for images to be classified."""
_LOOKED_AT, _SIDE = 16, 16
"""Images of each kind that are looked at before all are decoded, and the pixels that they are decoded to then."""


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
    files = (file for file in iterate_images([path], ranges=ranges) if not _is_unpacked_beside(file))
    return [Candidate(file.name.removeprefix(above), file.read) for file in files]


def _is_unpacked_beside(file: ImageFile) -> bool:
    """Say whether it is an archive that stands for nothing, as the folder of its name is taken."""
    if not is_archive(file.name):
        return False
    try:
        file.read()
    except ImageError as error:
        return str(error) == BESIDE
    return False


def check_given(candidates: Sequence[Candidate], items: Sequence[Item], options: ImportOptions) -> None:
    """Look at some of ``--unlabelled SOURCE`` and of the others before time is spent on all.

    Raises SourceError where it has nothing else than what cannot be used, or each is larger, or smaller, than each of
    the others: what `keep_unlabelled` would find at its end.
    """
    draw = np.random.default_rng(options.seed)
    sides = _sides([candidates[number].read for number in sorted(draw.permutation(len(candidates))[:_LOOKED_AT])])
    if not sides and len(candidates) <= _LOOKED_AT:
        raise _unusable(options.unlabelled)
    others = _sides([items[number].read for number in sorted(draw.permutation(len(items))[:_LOOKED_AT])])
    if not sides or not others:
        return
    if min(sides) > (1 + _SCALE_TOLERANCE) * max(others) or max(sides) < (1 - _SCALE_TOLERANCE) * min(others):
        raise _of_other_scale(float(np.median(sides)), float(np.median(others)), options.unlabelled)


def _sides(reads: Sequence[Read]) -> list[int]:
    decoded = (decode_read(read, crop=1.0, image_size=_SIDE).image for read in reads)
    return [min(image.source_size) for image in decoded if image is not None]


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
        raise _unusable(source)
    if sizes:
        _check_scale(float(np.median(sizes)), preprocessing, source)
    checksums = tuple(checksum_of(built / name) for name in names)
    return UnlabelledInfo(files.total, left_out, source, names, checksums)


def _check_scale(side: float, preprocessing: Preprocessing, source: str | None) -> None:
    expected = min(preprocessing.source_size)
    if abs(side - expected) > _SCALE_TOLERANCE * expected:
        raise _of_other_scale(side, expected, source)


def _of_other_scale(side: float, expected: float, source: str | Path | None) -> SourceError:
    return SourceError(
        f"--unlabelled '{source}' cannot be kept: expected images of {expected:.0f} pixels (median of the shorter "
        f"side) as the others, found {side:.0f}: cut out as much sky as the others show"
    )


def _unusable(source: str | Path | None) -> SourceError:
    return SourceError(f"--unlabelled '{source}' cannot be kept: none of its images can be used")


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
