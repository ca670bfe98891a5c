"""Galaxy10: ten classes of galaxies in one HDF5 file, `images` uint8 (n, side, side, 3) and `ans` (class 0–9).

There are two, with different classes (H. Leung and J. Bovy, https://github.com/henrysky/Galaxy10): Galaxy10 SDSS with
21,785 images of 69×69 pixels, and Galaxy10 DECaLS with 17,736 of 256×256. The side of the images tells them apart.
"""

from dataclasses import replace

import numpy as np

from datasets.errors import ImageError, SourceError
from datasets.sources.arrays.choosing import Part, choose
from datasets.sources.arrays.form import array_files, listed, named_arrays
from datasets.sources.listing import Evidence, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, described, refusal
from datasets.wording import few

OVER = frozenset({"arrays"})
OPTIONS = frozenset({"id_column", "value_range"})
EXPECTED = "a Galaxy10 file (HDF5 with images and ans), or a folder that holds one"
SDSS = (
    "Disk, Face-on, No Spiral",
    "Smooth, Completely round",
    "Smooth, in-between round",
    "Smooth, Cigar shaped",
    "Disk, Edge-on, Rounded Bulge",
    "Disk, Edge-on, Boxy Bulge",
    "Disk, Edge-on, No Bulge",
    "Disk, Face-on, Tight Spiral",
    "Disk, Face-on, Medium Spiral",
    "Disk, Face-on, Loose Spiral",
)
DECALS = (
    "Disturbed Galaxies",
    "Merging Galaxies",
    "Round Smooth Galaxies",
    "In-between Round Smooth Galaxies",
    "Cigar Shaped Smooth Galaxies",
    "Barred Spiral Galaxies",
    "Unbarred Tight Spiral Galaxies",
    "Unbarred Loose Spiral Galaxies",
    "Edge-on Galaxies without Bulge",
    "Edge-on Galaxies with Bulge",
)
_NAMES = {69: ("SDSS", SDSS), 256: ("DECaLS", DECALS)}


def recognise(tree: Tree, options: SourceOptions) -> Evidence | None:
    """See an HDF5 file whose arrays are those of one of the two."""
    try:
        found = _found(tree, options)
    except SourceError:
        return None
    return Evidence(f"Galaxy10 {_NAMES[found.images.stored.shape[1]][0]}: {found.images}")


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List a Galaxy10 file; an image's id is its row, and its object the position on the sky where the file has it.

    Raises SourceError where it is none.
    """
    found = _found(tree, options)
    try:
        return listed(tree, [found], options, _NAMES[found.images.stored.shape[1]][1])
    except ImageError as error:
        raise refusal(tree.path, EXPECTED, str(error)) from error


def _found(tree: Tree, options: SourceOptions) -> Part:
    """Find the arrays of a Galaxy10. Raises SourceError where they are not there, or of other axes."""
    files = [name for name in array_files(tree) if not name.lower().endswith((".npy", ".npz")) and "/" not in name]
    if len(files) != 1:
        raise refusal(tree.path, EXPECTED, f"{len(files)} HDF5 files in it ({described(tree)})")
    try:
        arrays = named_arrays(tree, files)
    except ImageError as error:
        raise refusal(tree.path, EXPECTED, f"a file that cannot be read ({error})") from error
    by_name = {array.name: array for array in arrays}
    if not {"images", "ans"} <= by_name.keys():
        raise refusal(tree.path, EXPECTED, f"an HDF5 file with {few(list(by_name))}")
    images = by_name["images"].stored
    if images.dtype != np.uint8 or images.shape[1:] not in {(side, side, 3) for side in _NAMES}:
        raise refusal(
            tree.path,
            "images uint8 (n, 69, 69, 3) of Galaxy10 SDSS or (n, 256, 256, 3) of Galaxy10 DECaLS",
            f"{images.dtype} {images.shape}; --format arrays takes them as they are",
        )
    if by_name["ans"].stored.shape != images.shape[:1]:
        raise refusal(tree.path, EXPECTED, f"{images.shape[0]} images and {by_name['ans'].stored.shape} answers")
    return choose(tree.path, arrays, replace(options, image_column="images", label_column="ans"))[0]
