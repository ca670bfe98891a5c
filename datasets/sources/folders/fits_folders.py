"""FITS cutouts in class folders: one file with three bands a galaxy, or one file a band.

The folders are those of ``class_folders``, splits above them included; files of the bands of one galaxy lie side by
side and differ in the band alone (`g7_g.fits`, `g7_r.fits`, `g7_i.fits`). See `bands_of` for what becomes of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath

from datasets.arrow.provenance import Omission
from datasets.errors import ImageError, SourceError
from datasets.images.fits.names import by_galaxy, galaxy_of, is_fits, read_content
from datasets.images.fits.passbands import is_band
from datasets.sources.folders.class_files import ClassFile, class_files
from datasets.sources.folders.class_folders import evidence, listed
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, refusal
from datasets.wording import few

OVER = frozenset[str]()
OPTIONS = frozenset({"split_folders", "class_level"})
EXPECTED = "a folder or archive with a folder of FITS files for each class"


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See class folders that hold FITS files."""
    try:
        found = class_files(tree, options)
    except SourceError:
        return None
    return evidence(found) if any(is_fits(file.name) for file in found.files) else None


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List FITS cutouts; an item's id is its file's path, with a ``*`` for the band where it has several.

    Other files are left out; a galaxy whose bands are incomplete is rejected. Raises SourceError where there is none.
    """
    found = class_files(tree, options)
    files: defaultdict[int, dict[str, ClassFile]] = defaultdict(dict)
    for file in found.files:
        if is_fits(file.name):
            files[file.label][file.name] = file
    if all(is_band(name.lower()) for name in found.classes) and _shared(files.values()):
        found_instead = f"folders named for bands, {few(found.classes)}, that hold files of the same names"
        raise refusal(tree.path, f"{EXPECTED}, and in it files or folders of bands", found_instead)
    if not files:
        raise refusal(tree.path, EXPECTED, "no FITS file in any folder")
    items, rejected = [], []
    for label in sorted(files):
        for galaxy, bands in sorted(by_galaxy(files[label]).items()):
            try:
                names, of_names = galaxy_of(bands, options.wanted_bands)
            except ImageError as error:
                rejected.append((galaxy, str(error)))
                continue
            read = partial(read_content, tree.contents.read, [found.root + name for name in names], of_names)
            items.append(Item(galaxy, label, read, files[label][names[0]].split))
    others = len(found.files) - sum(len(named) for named in files.values())
    left = [Omission("other files in the folders", others, "no FITS files")] if others else []
    return listed(tree, found, tuple(items), left=left, rejected=tuple(rejected))


def _shared(folders: Iterable[Iterable[str]]) -> bool:
    """Say whether folders hold files of the same names, as folders of bands do."""
    names = Counter(name for files in folders for name in {PurePosixPath(file).name for file in files})
    return any(count > 1 for count in names.values())
