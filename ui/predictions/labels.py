"""What people say that images are, as a table that `galaxy import` takes."""

import io
from collections.abc import Mapping

from datasets import harmless_path, write_csv

_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".bmp", ".webp")
_FITS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.bz2", ".fits.fz")


def labels_csv(labels: Mapping[str, str]) -> str:
    """Write (path → class) as CSV: with the images beside it, `galaxy import` takes the folder that both are in.

    Rows of arrays and tables have no path that a table could name: see `labelled`.
    """
    stream = io.StringIO()
    rows = ([harmless_path(path), name] for path, name in labelled(labels).items())
    write_csv(stream, [["path", "class"], *rows])
    return stream.getvalue()


def labelled(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of images that are files, alone or in an archive."""
    return {path: name for path, name in labels.items() if path.lower().endswith((*_PICTURES, *_FITS))}
