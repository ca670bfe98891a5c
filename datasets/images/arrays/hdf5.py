"""Arrays in HDF5 files; a module of its own, as few sources need what reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from datasets.errors import ImageError, first_line
from datasets.images.arrays.stored import Stored
from datasets.images.magic import Kind
from datasets.images.memory_files import is_in_memory

_CLASS_NAMES = {"class_names", "classes", "names", "label_names", "labels_names", "target_names"}


def in_hdf5(path: Path) -> Iterator[Stored]:
    """Yield the arrays of at least one axis, by name. Raises ImageError where the file cannot be read."""
    found: dict[str, Stored] = {}

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        if isinstance(node, h5py.Dataset) and node.shape:
            _check_inside(name, node)
            names = _class_names(node) or _class_names(node.parent) or of_file
            found[name] = Stored(path, name, node.shape, node.dtype, Kind.HDF5, names)

    with open_hdf5(path) as file:
        of_file = _class_names(file)
        file.visititems(visit)
    yield from (found[name] for name in sorted(found))


def _check_inside(name: str, array: h5py.Dataset) -> None:
    """Refuse what HDF5 would read from other files: any file's bytes as pixels, or zeros where it is not there."""
    if array.external or array.is_virtual:
        raise ImageError(f"'{name}' is kept in other files: copy it into this one, as h5repack does")


def _class_names(node: h5py.Group | h5py.Dataset) -> tuple[str, ...]:
    """Read the class names that a node has as an attribute; empty where it has none."""
    for key in node.attrs:
        if key.casefold().replace("-", "_").replace(" ", "_") in _CLASS_NAMES:
            values = np.atleast_1d(np.asarray(node.attrs[key]))
            if values.ndim == 1 and values.dtype.kind in "SUO":
                return tuple(value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist())
    return ()


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file to be read. Raises ImageError where that is impossible, also in the block."""
    try:
        # HDF5 asks for the real path of a file, and one in memory has none.
        with path.open("rb") as stream, h5py.File(stream if is_in_memory(path) else path) as file:
            yield file
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise ImageError(f"cannot be read: {first_line(error)}") from error
