"""A picture of what an import will take: three images of each class, as they will be stored."""

import random
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.images.contact_sheet import Section, contact_sheet
from datasets.images.decoded import decode_read
from datasets.images.fits.stretch import Stretch
from datasets.importing.options import ImportOptions
from datasets.importing.stretch_choice import stretch_for
from datasets.sources.listing import Item, Listing
from datasets.storage.folders import storage_errors
from datasets.storage.whole_files import replace_file

_PER_CLASS, _TRIES = 3, 12


def draw_preview(listing: Listing, options: ImportOptions, target: str | Path) -> Path:
    """Draw three images of each class into a PNG, which replaces an older one; return its absolute path.

    They are chosen by the options' seed; of those that cannot be used others are tried, twelve a class at most.

    Raises StorageError where it cannot be written.
    """
    stretch = stretch_for(listing.items, options)
    members: dict[int, list[Item]] = {label: [] for label in range(len(listing.classes))}
    for item in listing.items:
        members[item.label].append(item)
    sections = [
        Section(f"{name}: {len(members[label]):,}", [_thumbnails(members[label], options, stretch)])
        for label, name in enumerate(listing.classes)
    ]
    path = Path(target).absolute()
    with storage_errors("write", str(path), absent_is_error=True):
        replace_file(path, contact_sheet(sections, (options.image_size, options.image_size)))
    return path


def _thumbnails(items: list[Item], options: ImportOptions, stretch: Stretch | None) -> list[npt.NDArray[np.uint8]]:
    chosen = random.Random(options.seed).sample(items, min(_TRIES, len(items)))
    shown: list[npt.NDArray[np.uint8]] = []
    for item in chosen:
        if len(shown) == _PER_CLASS:
            break
        image = decode_read(item.read, crop=options.crop, image_size=options.image_size, stretch=stretch).image
        if image is not None:
            shown.append(image.pixels)
    return shown
