"""Import: a source's images → a dataset directory, whole or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.arrow.description import COLUMNS, FILE, FORMAT, GROUPS, QUARANTINE, DatasetInfo, Preprocessing
from datasets.arrow.groups import pack_groups
from datasets.arrow.verification import fingerprint
from datasets.errors import SourceError
from datasets.garbage import uncollected
from datasets.images.decoding import decode_all
from datasets.images.fits.stretch import Stretch
from datasets.importing.assignment import Assignment, assign_splits, check_labels, stated, with_trained
from datasets.importing.duplicates import Row
from datasets.importing.options import ImportOptions
from datasets.importing.plan import ImportPlan
from datasets.importing.preview import draw_preview
from datasets.importing.publishing import check_free, publish
from datasets.importing.quarantine import Quarantine, left_on_refusal
from datasets.importing.staging import Staging
from datasets.importing.stretch_choice import stretch_for
from datasets.importing.unlabelled import Candidate, given, keep_unlabelled
from datasets.progress import Progress, part_of, silent
from datasets.sources.listing import Item, Listing
from datasets.sources.source import Source, read_source
from datasets.splits import Split
from datasets.storage.building import building_place
from datasets.storage.checksums import checksum_of
from datasets.storage.folders import Folder, open_folder
from datasets.wording import shown_name


def import_dataset(
    source: str | Path,
    target: str | Path,
    options: ImportOptions | None = None,
    *,
    preview: str | Path | None = None,
    announce: Callable[[ImportPlan], None] = lambda _: None,
    progress: Progress = silent,
) -> DatasetInfo:
    """Import a source into a new dataset directory, which is there when it is complete, or not at all.

    Images that cannot be used are listed in `quarantine.csv` and the import goes on, as are those whose pixels the
    source has in two classes, or again in another of its splits. A local directory is built under a hidden name and
    renamed. Any other is built in the node's cache and uploaded, `dataset.json` last: what an interrupted upload leaves
    is no dataset, and the next import to that place replaces it.

    ``source`` is a local folder, archive, table or file, of a form in ``FORMS``; ``target`` a path or URI, at which
    nothing may be yet. ``announce`` is called once, before time is spent, with what was taken for what, and a
    ``preview`` of it drawn first where a path for one is given.

    Raises:
        SourceError: the source, target or options cannot be used. Nothing is changed; where images could not be used,
            a list of them is left beside the target.
        StorageError: the target cannot be written. Likewise.
    """
    options = options or ImportOptions()
    folder = open_folder(target)
    with uncollected():
        opened = read_source(source, options)
        others = [] if options.unlabelled is None else given(options.unlabelled, options.stated_range)
    if preview is not None:
        draw_preview(opened.listing, options, preview)
    plan = ImportPlan.of(opened, options, given=others)
    announce(plan)
    quarantine = Quarantine(options.strict)
    with left_on_refusal(quarantine, folder):
        return _imported(opened, plan, folder, quarantine, options, others, progress)


def _imported(
    source: Source,
    plan: ImportPlan,
    folder: Folder,
    quarantine: Quarantine,
    options: ImportOptions,
    others: Sequence[Candidate],
    progress: Progress,
) -> DatasetInfo:
    listing = source.listing
    candidates = [*(Candidate(item.id, item.read, is_left_out=True) for item in listing.unlabelled), *others]
    total = len(listing.items) + len(candidates)
    for file, reason in listing.rejected:
        quarantine.add(file, reason)
    _check_classes(listing, listing.items, options, noun="image")
    check_free(folder)
    stretch = stretch_for(listing.items, options)
    with building_place(folder) as built:
        staging = _decode_into(built, listing, quarantine, options, stretch, part_of(progress, before=0, total=total))
        if not staging.rows:
            file, reason = quarantine.files[0]
            raise SourceError(
                f"none of the {len(quarantine.files)} files in '{source.tree.path}' can be used; the first, "
                f"{shown_name(file, longest=200)}: {reason}"
            )
        _check_classes(listing, staging.rows, options, noun="usable image")
        assignment = _assign(listing, staging, quarantine, options)
        splits = assignment.splits
        complete = _complete(built, listing, staging, splits, options, stretch)
        unlabelled = None
        if candidates:
            unlabelled = keep_unlabelled(
                built,
                candidates,
                source=None if plan.unlabelled is None else plan.unlabelled.source,
                preprocessing=complete.preprocessing,
                labelled={row.pixels for row in staging.rows},
                quarantine=quarantine,
                progress=part_of(progress, before=len(listing.items), total=total),
            )
        info = replace(
            complete,
            path=folder.uri,
            source=str(source.tree.path.absolute()),
            source_format=source.provenance.format,
            quarantined=len(quarantine.files),
            columns=_keep_columns(built, listing, staging, splits),
            provenance=plan.provenance,
            grouped=_keep_groups(built, assignment),
            validation_given=any(row.split is Split.VALIDATION for row in staging.rows),
            framing=plan.framing,
            unlabelled=unlabelled,
        )
        quarantine.write(built)
        paths = [built / name for name in (COLUMNS, GROUPS, QUARANTINE)]
        info = replace(info, beside={path.name: checksum_of(path) for path in paths if path.exists()})
        (built / FILE).write_bytes(info.as_document())
        publish(built, folder)
    return info


def _check_classes(listing: Listing, rows: Sequence[Item | Row], options: ImportOptions, *, noun: str) -> None:
    labels, splits = stated(rows)
    settled = with_trained(labels, splits, options.shares)
    check_labels(labels, settled, listing.classes, options.shares, listing.counts, noun=noun)


def _decode_into(
    built: Path,
    listing: Listing,
    quarantine: Quarantine,
    options: ImportOptions,
    stretch: Stretch | None,
    progress: Progress,
) -> Staging:
    """Decode all items; stage the usable ones below ``built``, and note the others."""
    staging, done = Staging(built, options.image_size), 0
    for chunk in decode_all(listing.items, crop=options.crop, image_size=options.image_size, stretch=stretch):
        for item, decoded in chunk:
            if decoded.image is None:
                quarantine.add(item.id, decoded.reason)
            else:
                staging.add(item, decoded, decoded.image)
        done += len(chunk)
        progress(done, len(listing.items))
    return staging


def _assign(listing: Listing, staging: Staging, quarantine: Quarantine, options: ImportOptions) -> Assignment:
    """Find the split of each row; those that cannot stay go into quarantine."""

    def reject(reasons: dict[int, str]) -> None:
        for row, reason in sorted(reasons.items()):
            quarantine.add(staging.rows[row].id, reason)

    return assign_splits(
        staging.rows, listing.classes, options.shares, seed=options.seed, reject=reject, listed=listing.counts
    )


def _complete(
    built: Path,
    listing: Listing,
    staging: Staging,
    splits: npt.NDArray[np.int8],
    options: ImportOptions,
    stretch: Stretch | None,
) -> DatasetInfo:
    """Write the Arrow files and describe them; path, source and quarantine are the caller's."""
    kept = splits >= 0
    labels = np.array([row.label for row in staging.rows], np.int64)[kept]
    notes = Counter(note for row, of_row in staging.notes.items() if kept[row] for note in of_row)
    source_size = staging.source_size(kept)
    preprocessing = Preprocessing(options.image_size, options.crop, source_size, stretch, options.stated_range)
    shards = staging.complete(splits)
    with ThreadPoolExecutor(thread_name_prefix="checksum") as pool:  # hashing lets go of the interpreter's lock
        checksums = tuple(pool.map(lambda name: checksum_of(built / name), shards))
    return DatasetInfo(
        path="",
        format=FORMAT,
        fingerprint=fingerprint(listing.classes, preprocessing, staging.keys(splits)),
        classes=listing.classes,
        image_size=(options.image_size, options.image_size),
        total=len(labels),
        counts=_counts(labels, splits[kept], listing.classes),
        quarantined=0,
        left_out=listing.left_out,
        source="",
        preprocessing=preprocessing,
        converted=dict(sorted(notes.items())),
        shards=shards,
        checksums=checksums,
    )


def _keep_columns(built: Path, listing: Listing, staging: Staging, splits: npt.NDArray[np.int8]) -> tuple[str, ...]:
    """Write what the source's table says of the rows that stay; return the names of its columns."""
    if listing.side is None:
        return ()
    kept = {row.id for row, code in zip(staging.rows, splits.tolist(), strict=True) if code >= 0}
    return listing.side.write(built / COLUMNS, kept)


def _keep_groups(built: Path, assignment: Assignment) -> int:
    """Write which of the rows that stay show the same galaxy, and return how many do so."""
    shared, packed = pack_groups(assignment.groups[assignment.splits >= 0])
    if shared:
        (built / GROUPS).write_bytes(packed)
    return shared


def _counts(
    labels: npt.NDArray[np.int64], splits: npt.NDArray[np.int8], classes: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    """Count the rows by split and class, zeros included."""
    tallies = {split: np.bincount(labels[splits == split.code], minlength=len(classes)) for split in Split}
    return {split.value: dict(zip(classes, tally.tolist(), strict=True)) for split, tally in tallies.items()}
