"""Import: a source's images → a dataset directory, whole or not at all."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.building import building_place, publish
from datasets.decoding import decode_all
from datasets.description import FILE, FORMAT, DatasetInfo, Preprocessing
from datasets.errors import SourceError
from datasets.fingerprints import fingerprint
from datasets.progress import Progress, silent
from datasets.sources.class_folders import list_class_folders
from datasets.sources.listing import Listing
from datasets.splits import Split, check_counts, stratified
from datasets.staging import Staging
from datasets.storage import open_folder, storage_errors

QUARANTINE = "quarantine.csv"
Quarantine = list[tuple[str, str]]
"""(file, reason) of each file that cannot be used."""
SOURCES: Mapping[str, Callable[[Path], Listing]] = {"class-folders": list_class_folders}
"""The forms of source that can be imported, by the name that ``--format`` takes."""


@dataclass(frozen=True)
class ImportOptions:
    """How a source is imported.

    Attributes:
        format: form of the source, ``auto`` or a key of SOURCES.
        image_size: side of the stored square images in pixels, 8–1024.
        crop: central square of each source image that is kept, as a fraction of its shorter side, above 0 to 1.
        validation: share of each class for validation, 0–1.
        test: share of each class for the test; training gets what the two leave.
        seed: of the splits, ≥ 1.

    Raises:
        SourceError: a field breaks its rule.
    """

    format: str = "auto"
    image_size: int = 64
    crop: float = 1.0
    validation: float = 0.1
    test: float = 0.1
    seed: int = 1

    def __post_init__(self) -> None:
        known = ("auto", *SOURCES)
        _require(self.format in known, "format", f"one of {', '.join(known)}", self.format)
        _require(8 <= self.image_size <= 1024, "image size", "8 to 1024 pixels", self.image_size)
        _require(0 < self.crop <= 1, "crop", "a fraction above 0 and at most 1", self.crop)
        _require(0 <= self.validation <= 1, "validation share", "0 to 1", self.validation)
        _require(0 <= self.test <= 1, "test share", "0 to 1", self.test)
        both = self.validation + self.test
        _require(both <= 1 + 1e-9, "sum of the validation and test shares", "at most 1", both)
        _require(self.seed >= 1, "seed", "1 or more", self.seed)


def import_dataset(
    source: str | Path,
    target: str | Path,
    options: ImportOptions | None = None,
    *,
    progress: Progress = silent,
) -> DatasetInfo:
    """Import a source into a new dataset directory.

    Images that cannot be used are listed in `quarantine.csv` and the import goes on. The directory is built beside its
    place under a hidden name and renamed when it is complete; on an object store `dataset.json` comes last.

    Args:
        source: a local folder or zip.
        target: path or URI of the dataset; nothing may be there yet.
        options: by default those of ``ImportOptions()``.
        progress: called with the number of images done and in all.

    Raises:
        SourceError: the source, target or options cannot be used. Nothing is left behind, nothing is changed.
        StorageError: the target cannot be written. Likewise.
    """
    options = options or ImportOptions()
    listing = SOURCES["class-folders" if options.format == "auto" else options.format](Path(source))
    _check_classes(listing, [item.label for item in listing.items], options, noun="image")
    folder = open_folder(target)
    if folder.exists():
        raise SourceError(f"'{folder.uri}' exists already: give a new place for the dataset, or remove it first")
    with storage_errors("write", folder.uri, absent_is_error=True), building_place(folder) as place:
        staging, quarantine = _decode_into(place, listing, options, progress)
        _check_usable(source, listing, staging, quarantine, options)
        info = _complete(listing, staging, options)
        info = replace(info, path=folder.uri, source=str(Path(source).absolute()), quarantined=len(quarantine))
        _write_quarantine(place / QUARANTINE, quarantine)
        (place / FILE).write_bytes(info.as_document())
        publish(place, folder)
    return info


def _require(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise SourceError(f"the {name} must be {expected}, got {found}")


def _check_classes(listing: Listing, labels: list[int], options: ImportOptions, *, noun: str) -> None:
    counts = np.bincount(labels, minlength=len(listing.classes)).tolist()
    check_counts(counts, listing.classes, validation=options.validation, test=options.test, noun=noun)


def _check_usable(
    source: str | Path, listing: Listing, staging: Staging, quarantine: Quarantine, options: ImportOptions
) -> None:
    if not staging.ids:
        file, reason = quarantine[0]
        raise SourceError(f"none of the {len(quarantine)} files in '{source}' can be used; the first, {file}: {reason}")
    _check_classes(listing, staging.labels, options, noun="usable image")


def _decode_into(
    place: Path, listing: Listing, options: ImportOptions, progress: Progress
) -> tuple[Staging, Quarantine]:
    """Decode all items; stage the usable ones below ``place`` and return them with the list of the others."""
    staging, quarantine, done = Staging(place, options.image_size), list(listing.rejected), 0
    for chunk in decode_all(listing.items, crop=options.crop, image_size=options.image_size):
        for decoded in chunk:
            if decoded.image is None:
                quarantine.append((decoded.item.id, decoded.reason))
            else:
                staging.add(decoded, decoded.image)
        done += len(chunk)
        progress(done, len(listing.items))
    return staging, quarantine


def _complete(listing: Listing, staging: Staging, options: ImportOptions) -> DatasetInfo:
    """Draw the splits, write the Arrow files and describe them; path, source and quarantine are the caller's."""
    labels = np.array(staging.labels, np.int64)
    splits = stratified(
        labels,
        staging.ids,
        classes=listing.classes,
        validation=options.validation,
        test=options.test,
        seed=options.seed,
    )
    height, width = np.median(staging.source_sizes, axis=0).astype(int).tolist()
    preprocessing = Preprocessing(options.image_size, options.crop, (height, width))
    return DatasetInfo(
        path="",
        format=FORMAT,
        fingerprint=fingerprint(listing.classes, preprocessing, staging.keys(splits)),
        classes=listing.classes,
        image_size=(options.image_size, options.image_size),
        total=len(labels),
        counts=_counts(labels, splits, listing.classes),
        quarantined=0,
        left_out=listing.left_out,
        source="",
        preprocessing=preprocessing,
        converted=dict(sorted(staging.notes.items())),
        shards=staging.complete(splits),
    )


def _counts(
    labels: npt.NDArray[np.int64], splits: npt.NDArray[np.int8], classes: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    """Count the rows by split and class, zeros included."""
    tallies = {split: np.bincount(labels[splits == split.code], minlength=len(classes)) for split in Split}
    return {split.value: dict(zip(classes, tally.tolist(), strict=True)) for split, tally in tallies.items()}


def _write_quarantine(path: Path, quarantine: Quarantine) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        csv.writer(file).writerows([("file", "reason"), *quarantine])
