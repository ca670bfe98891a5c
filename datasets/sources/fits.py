"""FITS cutouts in class folders: one file with three bands a galaxy, or one file a band.

The folders are those of ``class_folders``, splits above them included; files of the bands of one galaxy lie side by
side and differ in the band alone (`g7_g.fits`, `g7_r.fits`, `g7_i.fits`). See ``fits_pixels`` for what becomes of them.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.sources.class_folders import ClassFile, class_files
from datasets.sources.fits_names import by_galaxy, colours, is_fits
from datasets.sources.fits_pixels import composite
from datasets.sources.listing import Item, Listing
from datasets.sources.trees import refusal

EXPECTED = "a folder or zip with a folder of FITS files for each class"


def list_fits(source: Path) -> Listing:
    """List FITS cutouts; an item's id is its file's path, with a ``*`` for the band where it has several.

    Other files are left out; a galaxy of which bands lack is rejected. Raises SourceError where there is none.
    """
    found = class_files(source, expected=EXPECTED)
    files: defaultdict[int, dict[str, ClassFile]] = defaultdict(dict)
    for file in found.files:
        if is_fits(file.name):
            files[file.label][file.name] = file
    if not files:
        raise refusal(source, EXPECTED, "no FITS file in any folder")
    items, rejected = [], list(found.tree.rejected)
    for label in sorted(files):
        for galaxy, bands in sorted(by_galaxy(files[label]).items()):
            names = _in_order(bands)
            if names is None:
                rejected.append((galaxy, f"the bands {', '.join(sorted(bands))}: expected three, or g, r and i"))
                continue
            reads = [partial(found.tree.read, found.root + name) for name in names]
            items.append(Item(galaxy, label, partial(_compose, reads), files[label][names[0]].split))
    others = len(found.files) - sum(len(named) for named in files.values())
    return Listing(found.classes, tuple(items), tuple(rejected), found.loose + others)


def _in_order(bands: dict[str, str]) -> list[str] | None:
    """Return the files to read, from blue to red, or the only one."""
    if len(bands) == 1:
        return list(bands.values())
    chosen = colours(list(bands))
    return None if chosen is None else [bands[band] for band in chosen]


def _compose(reads: Sequence[Callable[[], bytes]]) -> npt.NDArray[np.uint8]:
    return composite([read() for read in reads])
