"""Galaxy10: ten classes of galaxies in one HDF5 file, `images` uint8 (n, side, side, 3) and `ans` (class 0–9).

There are two, with different classes (H. Leung and J. Bovy, https://github.com/henrysky/Galaxy10): Galaxy10 SDSS with
21,785 images of 69×69 pixels, and Galaxy10 DECaLS with 17,736 of 256×256. The side of the images tells them apart.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from datasets.errors import first_line
from datasets.images.hdf5 import Slices
from datasets.images.reading import is_hdf5
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.trees import Tree, described, refusal, two_classes
from datasets.wording import few

OVER = frozenset[str]()
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
_CLASSES = {69: SDSS, 256: DECALS}


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """See one HDF5 file in the first level."""
    names = _files(tree)
    return Evidence(f"the HDF5 file {names[0]}") if len(names) == 1 else None


def list_source(tree: Tree, _options: SourceOptions) -> Listing:
    """List a Galaxy10 file; an image's id is its row, and its object the position on the sky where the file has it.

    Raises SourceError where it is none.
    """
    names = _files(tree)
    if len(names) != 1:
        raise refusal(tree.path, EXPECTED, f"{len(names)} HDF5 files in it ({described(tree)})")
    path = tree.local(names[0])
    try:
        with h5py.File(path) as file:
            return replace(_listing(path, file), labels_from=f"`ans` of {names[0]}")
    except OSError as error:
        raise refusal(tree.path, EXPECTED, f"a file that cannot be read ({first_line(error)})") from error


def _files(tree: Tree) -> list[str]:
    names = [name for name in tree.files if "/" not in name]
    return [name for name in names if name.lower().endswith((".h5", ".hdf5")) or is_hdf5(tree.head(name))]


def _listing(path: Path, file: h5py.File) -> Listing:
    images, answers = file.get("images"), file.get("ans")
    if not isinstance(images, h5py.Dataset) or not isinstance(answers, h5py.Dataset):
        raise refusal(path, EXPECTED, f"an HDF5 file with {few(sorted(file))}")
    names = _CLASSES.get(images.shape[1]) if images.ndim == 4 else None
    if names is None or images.shape[1:] != (images.shape[1], images.shape[1], 3) or images.dtype != np.uint8:
        raise refusal(
            path,
            "images uint8 (n, 69, 69, 3) of Galaxy10 SDSS or (n, 256, 256, 3) of Galaxy10 DECaLS",
            f"{images.dtype} {images.shape}",
        )
    codes = np.asarray(answers)
    if codes.shape != images.shape[:1]:
        raise refusal(path, EXPECTED, f"{len(images)} images and {codes.shape} answers")
    return _items(path, names, codes, _objects(file, len(codes)))


def _items(path: Path, names: tuple[str, ...], codes: npt.NDArray[np.integer], objects: list[str]) -> Listing:
    valid = np.isin(codes, np.arange(len(names)))
    classes = two_classes(path, EXPECTED, {names[int(code)] for code in codes[valid]})
    slices = Slices(path)
    items = tuple(
        Item(f"{row:05d}", classes.index(names[int(codes[row])]), partial(slices.image, row), object_id=objects[row])
        for row in np.flatnonzero(valid).tolist()
    )
    rejected = tuple(
        (f"{row:05d}", f"class {codes[row]}: expected 0 to {len(names) - 1}") for row in np.flatnonzero(~valid).tolist()
    )
    return Listing(classes, items, rejected)


def _objects(file: h5py.File, count: int) -> list[str]:
    """Name each galaxy by its position, to 0.1 arc seconds; empty where the file does not have it."""
    columns = [np.asarray(file[name]) if name in file else None for name in ("ra", "dec")]
    if any(column is None or column.shape != (count,) for column in columns):
        return [""] * count
    return [f"{ra:.5f} {dec:+.5f}" for ra, dec in zip(*columns, strict=True)]
