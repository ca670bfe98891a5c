"""FITS cutouts in class folders: one file with three bands a galaxy, or one file a band.

The folders are those of ``class_folders``, splits above them included; files of the bands of one galaxy lie side by
side and differ in the band alone (`g7_g.fits`, `g7_r.fits`, `g7_i.fits`). See ``fits_pixels`` for what becomes of them.
"""

from collections import defaultdict
from functools import partial
from pathlib import Path

from datasets.errors import ImageError
from datasets.images.fits_names import by_galaxy, in_order, is_fits, read_content
from datasets.sources.class_folders import ClassFile, class_files
from datasets.sources.listing import Item, Listing
from datasets.sources.trees import refusal

EXPECTED = "a folder or zip with a folder of FITS files for each class"


def list_fits(source: Path) -> Listing:
    """List FITS cutouts; an item's id is its file's path, with a ``*`` for the band where it has several.

    Other files are left out; a galaxy whose bands are incomplete is rejected. Raises SourceError where there is none.
    """
    folders = class_files(source, expected=EXPECTED)
    files: defaultdict[int, dict[str, ClassFile]] = defaultdict(dict)
    for file in folders.files:
        if is_fits(file.name):
            files[file.label][file.name] = file
    if not files:
        raise refusal(source, EXPECTED, "no FITS file in any folder")
    items, rejected = [], list(folders.tree.rejected)
    for label in sorted(files):
        for galaxy, bands in sorted(by_galaxy(files[label]).items()):
            try:
                names = in_order(bands)
            except ImageError as error:
                rejected.append((galaxy, str(error)))
                continue
            read = partial(read_content, folders.tree.contents.read, [folders.root + name for name in names])
            items.append(Item(galaxy, label, read, files[label][names[0]].split))
    others = len(folders.files) - sum(len(named) for named in files.values())
    return Listing(folders.classes, tuple(items), tuple(rejected), folders.loose + others)
