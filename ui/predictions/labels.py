"""What people say that images are, as a table that `galaxy import` takes."""

import io
from collections.abc import Iterable, Mapping

from datasets import harmless, harmless_path, write_csv

_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".bmp", ".webp")
_FITS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.bz2", ".fits.fz")


def labels_csv(labels: Mapping[str, str]) -> str:
    """Write (path → class) as CSV: with the images beside it, `galaxy import` takes the folder that both are in.

    Rows of arrays and tables have no path that a table could name: see `labelled`.
    """
    stream = io.StringIO()
    rows = ([harmless_path(path), harmless(name)] for path, name in labelled(labels).items())
    write_csv(stream, [["path", "class"], *rows])
    return stream.getvalue()


def labelled(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of images that are files, alone or in an archive."""
    return {path: name for path, name in labels.items() if path.lower().endswith((*_PICTURES, *_FITS))}


def told_apart(labels: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Return (path → class) of images, and the paths that several images of different classes have."""
    classes: dict[str, set[str]] = {}
    for path, name in labels:
        classes.setdefault(path, set()).add(name)
    alone = {path: next(iter(names)) for path, names in classes.items() if len(names) == 1}
    return alone, [path for path in classes if path not in alone]
