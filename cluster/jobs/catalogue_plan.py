"""What is to be done of a catalogue in a folder: as it was begun there, or planned now; else it is refused."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cluster.errors import CatalogueError
from cluster.workers.partition import Answering
from datasets import (
    CATALOGUE_FORMAT,
    CatalogueLayout,
    CatalogueRecord,
    Folder,
    exactly,
    is_unchanged,
    open_folder,
    open_rows,
    plan_catalogue,
    read_info,
    read_record,
)
from search import check_gpus, now
from trainer import (
    AnswerTable,
    Decide,
    Manifest,
    about_answers,
    check_fraction,
    model_mark,
    prepared_otherwise,
    read_manifest,
    require_same_preparation,
)

if TYPE_CHECKING:
    import pyarrow as pa

_MANIFEST = "bundle.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CatalogueSettings:
    """How a catalogue is classified.

    Attributes:
        crop, decide, max_error: As for `trainer.Classifier.classify`.
        prefix: Stands before the names of our columns.
        modules: Modules to be imported before the model is loaded.
        workers: How many at a time, ≥ 1; None: as many as the nodes carry.
        cpus_per_worker: CPUs, and threads, of each, ≥ 1.
        gpus_per_worker: GPUs of each, a whole number, or a fraction to share one.
        rows: Of a partition, ≥ 1; None: 100 to 1,000, as many as the catalogue is long.

    Raises:
        CatalogueError: These GPUs are none that Ray gives.
    """

    crop: float | None = None
    decide: str | None = None
    max_error: float | None = None
    prefix: str = ""
    modules: tuple[str, ...] = ()
    workers: int | None = None
    cpus_per_worker: int = 1
    gpus_per_worker: float = 0.0
    rows: int | None = None

    def __post_init__(self) -> None:
        try:
            check_gpus(self.gpus_per_worker)
        except ValueError as error:
            raise CatalogueError(f"--gpus-per-worker: {error}") from error


def begun_or_planned(layout: CatalogueLayout, model: str, source: str, settings: CatalogueSettings) -> Answering:
    """Return what is to be done in the folder.

    Raises CatalogueError where it has answers of something else, a name of a column is taken, or a dataset is to be
    cropped; ModelMismatchError for a dataset of another size or crop than the model's; OptionsError for what is no
    fraction; and as `read_manifest` and `plan_catalogue` do.
    """
    check_fraction("crop", settings.crop)
    check_fraction("max_error", settings.max_error)
    bundle = open_folder(model)
    manifest = read_manifest(bundle)
    decide = manifest.point(None if settings.decide is None else Decide(settings.decide), bundle.uri)
    said = about_answers(manifest, bundle.uri, decide, settings.max_error)
    asked = {
        "model": hashlib.sha256(bundle.read(_MANIFEST)).hexdigest()[:16],
        "crop": "as in training" if settings.crop is None else exactly(settings.crop),
        "decide": said["decide"],
        "max_error": "none" if manifest.trust is None else exactly(settings.max_error or manifest.trust.max_error),
        "prefix": repr(settings.prefix),
    }
    table = AnswerTable(manifest.classes, settings.prefix)
    record = _record(layout, bundle, source, asked, table.saying(said), settings.rows)
    if record.planned.kind == "dataset":
        record = _of_dataset(record, manifest, bundle, source, settings)
    return Answering(
        output=layout.root.uri,
        record=record,
        model=bundle.uri,
        mark=model_mark(manifest),
        said=said,
        crop=settings.crop,
        decide=settings.decide,
        max_error=settings.max_error,
        prefix=settings.prefix,
        modules=settings.modules,
        cpus=settings.cpus_per_worker,
    )


def _of_dataset(
    record: CatalogueRecord, manifest: Manifest, bundle: Folder, source: str, settings: CatalogueSettings
) -> CatalogueRecord:
    """Say in what a dataset was prepared otherwise than for the model, and have that said of each of its images.

    Raises ModelMismatchError where its images are of another size or crop, CatalogueError where they are to be cropped.
    """
    if settings.crop is not None:
        raise CatalogueError(
            f"{source!r} is an imported dataset, whose images were cropped at their import: leave out --crop"
        )
    info = read_info(source)
    require_same_preparation(manifest, info, model=bundle.uri)
    notes = prepared_otherwise(manifest, info.preprocessing)
    for note in notes:
        _log.warning("%s.", note)
    return replace(record, planned=replace(record.planned, details={"notes": notes}))


def _record(
    layout: CatalogueLayout,
    bundle: Folder,
    source: str,
    asked: Mapping[str, str],
    ours: "pa.Schema",
    size: int | None,
) -> CatalogueRecord:
    place = open_folder(source).uri
    record = read_record(layout)
    if record is not None and layout.done():
        _check_same(layout, record, place, bundle.uri, asked)
        return record
    planned = plan_catalogue(layout, source, here=str(Path.cwd()), size=size)
    _check_names(open_rows(layout, place, planned.kind, planned.details).schema(), ours)
    record = CatalogueRecord(CATALOGUE_FORMAT, place, planned, asked, bundle.uri, now())
    record.write(layout)
    for note in planned.notes:
        _log.warning("%s.", note)
    return record


def _check_same(
    layout: CatalogueLayout, record: CatalogueRecord, source: str, model: str, asked: Mapping[str, str]
) -> None:
    """Raise CatalogueError unless a folder with answers is one of what is asked for."""
    where = layout.root.uri
    if record.settings.get("model") != asked["model"]:
        found = "what was there before it was trained again" if record.model == model else f"'{record.model}'"
        raise CatalogueError(f"'{where}' has answers of {found}, not of the model '{model}': give another --output")
    if differences := record.differences(source, asked):
        raise CatalogueError(f"'{where}' has other answers ({'; '.join(differences)}): give another --output")
    if not is_unchanged(source, record.planned):
        raise CatalogueError(
            f"'{source}' has changed since {record.created}, when it was parted for '{where}': give another --output"
        )


def _check_names(theirs: "pa.Schema", ours: "pa.Schema") -> None:
    """Raise CatalogueError where the source has a column, or says of its rows, what our answers do."""
    if said := (theirs.metadata or {}).keys() & (ours.metadata or {}).keys():
        raise CatalogueError(
            f"the source says {min(said).decode()!r} of its rows already, in its metadata, as the answers do: give "
            "theirs other keys with --prefix, such as `--prefix gt_`"
        )
    names = {name.strip().casefold() for name in ours.names}
    if taken := [name for name in theirs.names if name.strip().casefold() in names]:
        raise CatalogueError(
            f"the source has a column {taken[0]!r} already, as the answers have: give theirs other names with "
            "--prefix, such as `--prefix gt_`"
        )
