"""The forms of source that can be imported, and which of them a source is."""

import pkgutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from datasets.errors import SourceError
from datasets.images.fits_names import is_fits
from datasets.images.reading import is_hdf5
from datasets.sources.listing import Listing
from datasets.sources.trees import is_image, open_tree, tables_in
from datasets.tables.kinds import is_table
from datasets.tables.reading import Table, table_file

FORMATS: Mapping[str, str] = {
    "class-folders": "datasets.sources.class_folders:list_class_folders",
    "galaxy-challenge": "datasets.sources.galaxy_challenge:list_galaxy_challenge",
    "galaxy-zoo-2": "datasets.sources.galaxy_zoo_2:list_galaxy_zoo_2",
    "galaxy10": "datasets.sources.galaxy10:list_galaxy10",
    "table": "datasets.sources.labels_table:list_table",
    "fits": "datasets.sources.fits_folders:list_fits",
}
"""Where the function is that lists each form; its module, and what that needs, is imported with the first use."""
EXPECTED = "a folder, zip, table or HDF5 file of labelled images"
_BY_COLUMNS = (
    ("galaxy-challenge", {"galaxyid", "class1.1"}),
    ("galaxy-zoo-2", {"dr7objid", "t01_smooth_or_features_a01_smooth_debiased"}),
    ("table", {"path", "label"}),
)


def list_source(source: Path, format: str) -> Listing:
    """List a source of a form that is a key of FORMATS. Raises SourceError where it is none."""
    lister: Callable[[Path], Listing] = pkgutil.resolve_name(FORMATS[format])
    return lister(source)


def recognise(source: Path) -> str:
    """Say of which form a source is: by the magic number of a file, the columns of a table, the suffixes of images.

    Whatever is nothing else is taken for class folders. Raises SourceError for what cannot be read at all.
    """
    if is_hdf5(source):
        return "galaxy10"
    if source.is_file() and is_table(source.name) and not zipfile.is_zipfile(source):
        return _by_columns(table_file(source)) or "table"
    tree = open_tree(source, expected=EXPECTED)
    for _, table in tables_in(tree):
        if (form := _by_columns(table)) is not None:
            return form
    if source.is_dir() and any(name.lower().endswith((".h5", ".hdf5")) and "/" not in name for name in tree.files):
        return "galaxy10"
    return "fits" if any(map(is_fits, tree.files)) and not any(map(is_image, tree.files)) else "class-folders"


def _by_columns(table: Table) -> str | None:
    try:
        present = {name.strip().casefold() for name in table.header()}
    except SourceError:  # a stray file; a source that is about it is refused where it is listed
        return None
    return next((name for name, columns in _BY_COLUMNS if columns <= present), None)
