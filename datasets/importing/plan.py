"""What an import will take of a source, known before more than some images are read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from datasets.arrow.description import UnlabelledInfo
from datasets.arrow.provenance import Provenance
from datasets.garbage import uncollected
from datasets.images.framing import Framing
from datasets.importing.assignment import stated, with_trained
from datasets.importing.framing import framing_of_source
from datasets.importing.options import ImportOptions
from datasets.importing.preview import draw_preview
from datasets.importing.unlabelled import Candidate, check_given, given
from datasets.sources.source import Source, read_source
from datasets.splits import Split

DRAWN = "drawn"
"""Stands for the split of images whose source has none."""


@dataclass(frozen=True)
class ImportPlan:
    """What will be imported, as far as the source tells without its images.

    Attributes:
        source: what is imported, an absolute path.
        provenance: what was taken for what.
        classes: names, in the order of the labels.
        image_size: (height, width) of the images to be stored, in pixels.
        total: number of images.
        counts: number of images by split and class; ``drawn`` are those whose split will be drawn.
        quarantined: number of files that cannot be used already.
        left_out: number of images that are left out.
        framing: how much of the images the objects fill, as some of them show.
        unlabelled: images of galaxies of no class that are to be kept beside, without files; None where there are none.
    """

    source: str
    provenance: Provenance
    classes: tuple[str, ...]
    image_size: tuple[int, int]
    total: int
    counts: Mapping[str, Mapping[str, int]]
    quarantined: int
    left_out: int
    framing: Framing
    unlabelled: UnlabelledInfo | None = None

    @classmethod
    def of(cls, source: Source, options: ImportOptions, *, given: Sequence[Candidate] = ()) -> Self:
        """Make the plan of a source that was read; some of its images are looked at.

        ``given`` are the images of ``--unlabelled SOURCE``. Raises SourceError where some show that none can be kept.
        """
        listing = source.listing
        if given:
            check_given(given, listing.items, options)
        labels, splits = stated(listing.items)
        settled = with_trained(labels, splits, options.shares)
        tallies = {
            name: np.bincount(labels[settled == code], minlength=len(listing.classes)).tolist()
            for name, code in (*((split.value, split.code) for split in Split), (DRAWN, -1))
        }
        counts = {name: dict(zip(listing.classes, of, strict=True)) for name, of in tallies.items() if any(of)}
        notes = (*source.provenance.notes, *_said_of_trained(int((settled != splits).sum()), listing.splits_from))
        return cls(
            source=str(source.tree.path.absolute()),
            provenance=replace(source.provenance, notes=notes),
            classes=listing.classes,
            image_size=(options.image_size, options.image_size),
            total=len(listing.items),
            counts=counts,
            quarantined=len(listing.rejected),
            left_out=sum(omission.count for omission in source.provenance.omitted),
            framing=framing_of_source(listing.items, options),
            unlabelled=_unlabelled(len(listing.unlabelled), len(given), options),
        )

    def as_json(self) -> dict[str, object]:
        """Return the object that `galaxy import --dry-run --json` prints: that of an import, with nothing made."""
        absent = {"path": None, "format": None, "fingerprint": None}
        return absent | asdict(self) | {"source_format": self.provenance.format}


def _said_of_trained(count: int, splits_from: str) -> list[str]:
    """Say what becomes of a few images without a split, of classes that the source has splits for."""
    if not count:
        return []
    images = "1 image has" if count == 1 else f"{count:,} images have"
    said = f"{images} no split by {splits_from}: trained on, unless others of the same galaxy are measured on"
    return [said]


def _unlabelled(left_out: int, given: int, options: ImportOptions) -> UnlabelledInfo | None:
    if not left_out + given:
        return None
    source = None if options.unlabelled is None else str(Path(options.unlabelled).absolute())
    return UnlabelledInfo(left_out + given, left_out, source, (), ())


def plan_import(
    source: str | Path, options: ImportOptions | None = None, *, preview: str | Path | None = None
) -> ImportPlan:
    """Say what an import would take, and draw a ``preview`` of it if a path for one is given.

    Raises:
        SourceError: the source or options cannot be used.
        StorageError: the preview cannot be written.
    """
    options = options or ImportOptions()
    with uncollected():
        opened = read_source(source, options)
    others = [] if options.unlabelled is None else given(options.unlabelled, options.stated_range)
    if preview is not None:
        draw_preview(opened.listing, options, preview)
    return ImportPlan.of(opened, options, given=others)
