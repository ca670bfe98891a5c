"""What a source of galaxies is, and how its rows are parted."""

import logging
from dataclasses import replace
from pathlib import Path

from datasets.arrow.dataset import Dataset
from datasets.arrow.description import FILE
from datasets.catalogues.dataset_rows import dataset_mark, plan_dataset
from datasets.catalogues.file_rows import plan_files
from datasets.catalogues.layout import CatalogueLayout
from datasets.catalogues.parquet_rows import image_column, plan_parquet
from datasets.catalogues.record import Planned
from datasets.catalogues.table_rows import plan_table
from datasets.errors import SourceError, StorageError
from datasets.images.archives import is_archive
from datasets.images.files import images_among
from datasets.images.magic import is_tfrecord, kind_of
from datasets.images.reading import Directory, file_head, is_hidden
from datasets.images.row_images import count_rows, is_table_file
from datasets.sources.encodable import as_utf8
from datasets.storage.fetching import is_file, local_file, name_of
from datasets.storage.folders import Folder, open_folder
from datasets.storage.trees import files_below
from datasets.tables.cells import holds_images
from datasets.tables.exact.appending import memory_of_table
from datasets.tables.exact.opening import open_exact
from datasets.wording import few

_log = logging.getLogger(__name__)
_FEWEST, _MOST, _PARTS = 100, 1000, 64
"""Rows of a partition: at least, and at most, in between so many that there are 64 of them. A partition is what a
worker that is lost has done for nothing; what its file and the driver's look at it cost is spread over its rows."""
_PARQUET = (".parquet", ".pq")
_EXPECTED = "expected a folder of images, an imported dataset, Parquet with images or a table that names them"


def partition_size(rows: int) -> int:
    """Return how many rows a partition of a source of ``rows`` has."""
    return min(_MOST, max(_FEWEST, -(-rows // _PARTS)))


def plan_catalogue(layout: CatalogueLayout, source: str, *, here: str, size: int | None = None) -> Planned:
    """Part a source, a path or URI, into partitions, and keep in ``layout`` what they are of.

    - An imported dataset, as it is; its images are prepared already.
    - A folder of images and FITS files, listed now: what comes later is no part of it.
    - Parquet with an image file in each row: a file, or a folder of such files, read where they lie.
    - A table that names images by paths or URIs, its rows as they are now. Relative paths are looked for from its
      folder, then from ``here``.

    ``size`` is that of a partition, by default `partition_size`. Raises SourceError where it is none of these, or holds
    no image; StorageError, FormatError.
    """
    folder = open_folder(source)
    _require_utf8(folder.uri)
    planned = _planned(layout, folder, source, here, size)
    if not planned.sizes:
        raise SourceError(f"'{source}' holds no image: expected at least one")
    return planned


def is_unchanged(source: str, planned: Planned) -> bool:
    """Say whether a source is what it was when it was parted. Raises as `source_mark`.

    Of a dataset earlier versions kept the fingerprint alone.
    """
    if planned.kind == "dataset" and planned.mark == Dataset.open(open_folder(source)).fingerprint:
        return True
    return source_mark(source, planned) == planned.mark


def is_kept(planned: Planned) -> bool:
    """Whether rows are as they were planned whatever becomes of the source; else they are read from it each time."""
    return planned.kind in ("files", "table")


def source_mark(source: str, planned: Planned) -> str:
    """Return what `Planned.mark` would be now. Raises StorageError, FormatError or SourceError where it is gone."""
    folder = open_folder(source)
    if planned.kind == "dataset":
        return dataset_mark(Dataset.open(folder))
    if planned.kind == "table":
        return _mark(folder)
    if planned.kind == "parquet":
        files = [(name, called) for name, called in planned.details["files"]]
        place = folder if planned.details["in_folder"] else folder.parent
        return plan_parquet(place, files, size=_MOST).mark
    return planned.mark


def _planned(layout: CatalogueLayout, folder: Folder, source: str, here: str, size: int | None) -> Planned:
    name = name_of(folder)
    if folder.exists(FILE):
        dataset = Dataset.open(folder)
        return plan_dataset(dataset, size=size or partition_size(len(dataset)))
    if not folder.exists():
        raise SourceError(f"'{source}' cannot be classified: expected a folder, dataset or table, found nothing there")
    if is_file(folder):
        return _table(layout, folder.parent, name, source, here, size)
    names = _names(folder)
    images = images_among(names)
    if images:
        if archives := [each for each in names if is_archive(each)]:
            raise SourceError(
                f"'{source}' cannot be classified by workers: expected images, found archives among them "
                f"({few(archives)}): unpack them and remove them, or leave --address out"
            )
        called = source if folder.local is None else str(Path(source))
        return plan_files(layout, folder, called, images, size or partition_size(len(images)))
    parquet = [each for each in names if each.lower().endswith(_PARQUET)]
    for each in parquet:
        _require_utf8(f"{source.rstrip('/')}/{each}")
    if parquet and image_column(folder, parquet[0]) is not None:
        files = [(each, f"{source.rstrip('/')}/{each}") for each in parquet]
        return _in_parquet(folder, files, size, in_folder=True)
    raise SourceError(
        f"'{source}' cannot be classified by workers: expected images, FITS files or Parquet that holds images in this "
        f"folder, found {few(names) if names else 'nothing'}: unpack archives, or leave --address out"
    )


def _table(layout: CatalogueLayout, folder: Folder, name: str, source: str, here: str, size: int | None) -> Planned:
    with local_file(folder, name) as path:
        if not is_table_file(path):
            raise SourceError(f"'{source}' cannot be classified by workers: {_EXPECTED}, found {_other(path)}")
        if (needed := memory_of_table(path)) is not None:
            _log.warning(
                "A VOTable is read as a whole: about %.0f MB of memory for '%s'.", max(1, needed / 1e6), source
            )
        with open_exact(path) as table:
            held = [field.name for field in table.schema if holds_images(field.type)]
        if not held:
            _require_utf8(here)
            size = size or partition_size(count_rows(path))
            planned = plan_table(layout, path, source, folder, size=size, here=here)
            return replace(planned, mark=_mark(folder.child(name)))
        if not file_head(path).startswith(b"PAR1"):
            raise SourceError(
                f"'{source}' holds images in its column '{held[0]}': expected Parquet for that, not packed as a whole, "
                f"found {name}"
            )
    return _in_parquet(folder, [(name, source)], size, in_folder=False)


def _other(path: Path) -> str:
    """Say what a file is that is no table, and what is to be done with it."""
    head = file_head(path)
    arrays = kind_of(head, path.name)
    if arrays is not None or is_tfrecord(head):
        kind = "a TFRecord" if arrays is None else f"arrays ({arrays.name})"
        return f"{kind}: import it first (`galaxy import`) and give the dataset, or leave --address out"
    if is_archive(path.name):
        return "an archive: unpack it and give the folder, or leave --address out"
    return "another file: give the folder that it is in, or leave --address out"


def _in_parquet(folder: Folder, files: list[tuple[str, str]], size: int | None, *, in_folder: bool) -> Planned:
    if size is None:
        size = partition_size(sum(plan_parquet(folder, files, size=_MOST).sizes))
    planned = plan_parquet(folder, files, size=size)
    return replace(planned, details={**planned.details, "in_folder": in_folder})


def _require_utf8(path: str) -> None:
    """Raise SourceError for a path that the record, which is JSON, cannot hold."""
    if as_utf8(path) != path:
        raise SourceError(
            f"'{as_utf8(path)}' cannot be classified by workers: expected a path in UTF-8: rename what is not, or "
            "leave --address out"
        )


def _names(folder: Folder) -> list[str]:
    """Return the paths, below a folder, of all visible files, sorted."""
    if folder.local is None:
        return sorted(name for name in files_below(folder) if not is_hidden(name))
    try:
        return sorted(name for name, is_folder in Directory(folder.local).members if not is_folder)
    except OSError as error:
        raise StorageError(f"cannot list '{folder.uri}': {error.strerror or error}") from error


def _mark(file: Folder) -> str:
    name = name_of(file)
    return f"{file.parent.size(name)} bytes of {file.parent.modified(name)}"
