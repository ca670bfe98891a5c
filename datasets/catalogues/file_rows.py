"""Image files below a folder, on a local disk or an object store, listed once."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa

from datasets.catalogues.layout import CatalogueLayout
from datasets.catalogues.record import Planned
from datasets.catalogues.rows import Galaxies
from datasets.errors import ImageError
from datasets.images.files import COMPANION, ImageFile
from datasets.images.fits.names import read_content
from datasets.images.places import read_place
from datasets.images.reading import read_file
from datasets.sources.encodable import as_utf8
from datasets.storage.folders import Folder

_KEPT = pa.schema(
    [
        ("path", pa.string()),
        # Below the folder: those of several bands, each with its band, or the one file. A name on a disk is any bytes.
        ("files", pa.list_(pa.binary())),
        ("bands", pa.list_(pa.string())),
    ]
)
Listed = tuple[str, Mapping[str, str] | None]
"""An image's name below the folder and its files by band; None for what belongs to an image beside it."""


def plan_files(layout: CatalogueLayout, folder: Folder, called: str, images: Sequence[Listed], size: int) -> Planned:
    """Keep the images of a folder in partitions of ``size`` rows. They are known as if the folder were ``called``."""
    sizes = []
    for number, start in enumerate(range(0, len(images), size)):
        part = images[start : start + size]
        columns = [
            [_called(folder, called, name) for name, _ in part],
            [list(map(os.fsencode, (bands or {}).values())) for _, bands in part],
            [list(bands or {}) for _, bands in part],
        ]
        arrays = [pa.array(values, field.type) for values, field in zip(columns, _KEPT, strict=True)]
        layout.write_rows(number, pa.record_batch(arrays, schema=_KEPT))
        sizes.append(len(part))
    names = (file for _, bands in images for file in (bands or {}).values())
    first = next((name for name in names if as_utf8(name) == name), None)  # which the record can hold
    witness = None if folder.local is None or first is None else str(folder.local / first)
    return Planned("files", {}, sizes, witness=witness)


class FileRows:
    """Reads them; the only column is the image's ``path``."""

    def __init__(self, layout: CatalogueLayout, folder: str) -> None:
        self._layout, self._folder = layout, Folder(folder)

    def schema(self) -> pa.Schema:
        """Return the column."""
        return pa.schema([_KEPT.field("path")])

    def read(self, number: int, start: int, count: int) -> Iterator[Galaxies]:
        """Yield the rows of a partition, as `rows.Rows` has it."""
        kept = self._layout.read_rows(number)
        rows = zip(*(column.to_pylist() for column in kept.columns), strict=True)
        yield pa.record_batch([kept.column(0)], schema=self.schema()), [self._image(*row) for row in rows]

    def _image(self, name: str, files: list[bytes] | list[str], bands: list[str]) -> ImageFile:
        """Return an image; its ``files`` are text in catalogues that an older version began."""
        if not files:
            return ImageFile(name, _companion)
        return ImageFile(name, partial(read_content, self._read, list(map(os.fsdecode, files)), bands))

    def _read(self, name: str) -> bytes:
        local = self._folder.local
        return read_place(self._folder.child(name).uri) if local is None else read_file(local / name)


def _called(folder: Folder, called: str, name: str) -> str:
    """Return an image's path: as the user would write it, of a URI the whole, so that other programs find it."""
    return as_utf8(f"{called}/{name}" if folder.local is not None else folder.child(name).uri)


def _companion() -> bytes:
    raise ImageError(COMPANION)
