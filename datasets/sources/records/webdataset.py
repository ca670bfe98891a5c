"""WebDataset: tars (or what was in them) in which a galaxy's files differ in what follows the first dot.

``000012.jpg`` and ``000012.cls`` are one sample: an image, and its class as a name or number. Without a ``.cls``, the
class is in the ``.json`` under a usual key (``label``, ``class``), or the whole of the ``.txt``; ``--label-column``
names a suffix or a key, ``--image-column`` the suffix of one of several images, ``--id-column`` a key of the galaxies'
names. Splits are those of the tars' names, or of folders in the source.
"""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.documents import read_json
from datasets.errors import ImageError, SourceError
from datasets.images.preparing import SUFFIXES
from datasets.images.tars import is_tar
from datasets.sources.galaxies import NO_GALAXIES, Galaxies, galaxy_column
from datasets.sources.label_tables.columns import NO_COLUMN
from datasets.sources.labels import Labels, read_labels, without_unknown
from datasets.sources.listing import Evidence, Item, Listing
from datasets.sources.options import SourceOptions
from datasets.sources.records.shards import missing_shards, split_of
from datasets.sources.side_columns import Columns, side_columns
from datasets.sources.trees import Tree, refusal
from datasets.splits import Split
from datasets.wording import few

OVER = frozenset({"class-folders"})
OPTIONS = frozenset({"image_column", "label_column", "id_column"})
EXPECTED = "a tar of samples, each with an image and its class beside it (0001.jpg and 0001.cls, .json or .txt)"
_NAMES = ("class_name", "label_name")
_KEYS = (*_NAMES, "label", "class", "cls", "category", "target")
"""Usual keys of the class in a sample's JSON; names before numbers."""


@dataclass(frozen=True)
class _Sample:
    """The files of a galaxy by their suffixes: all that follows the first dot, small."""

    key: str
    files: Mapping[str, str]

    @property
    def images(self) -> list[str]:
        """Suffixes of its images."""
        return [suffix for suffix in self.files if f".{suffix}" in SUFFIXES]


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """Recognise samples of an image and a class; of JSON or text only in tars: folders have them for much else."""
    in_tar = is_tar(tree.path.name) or any(map(is_tar, {part for name in tree.files for part in name.split("/")[:-1]}))
    labelled = ["cls", "json", "txt"] if in_tar else ["cls"]
    samples = [sample for sample in _samples(tree) if sample.images]
    beside = Counter(suffix for sample in samples for suffix in labelled if suffix in sample.files)
    found = next((suffix for suffix in labelled if 2 * beside[suffix] > len(samples)), None)
    return Evidence(f"{len(samples):,} samples of an image and .{found}") if found and samples else None


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List the samples; one without a class is left out, one without an image rejected.

    Raises SourceError where there is none, or more than one file of each may be its image or class.
    """
    samples = _samples(tree)
    image = _image_suffix(tree, samples, options)
    usable = [sample for sample in samples if image in sample.files]
    rejected = [
        (sample.key, f"no image in {few(sorted(sample.files))}") for sample in samples if image not in sample.files
    ]
    place, labels = _labels(tree, usable, options)
    classes = ordered({name for name in labels.names if name is not None})
    rejected += [(usable[row].files[image], reason) for row, reason in sorted(labels.reasons.items())]
    side = _columns(tree, usable)
    splits = [_split(tree, sample) for sample in usable]
    ids, galaxies = _galaxies(tree, usable, side, splits, labels.names, options)
    items = []
    for sample, label, split, object_id in zip(usable, labels.names, splits, ids, strict=True):
        if label is not None:
            file = sample.files[image]
            items.append(Item(file, classes.index(label), tree.reader(file), split, galaxies.of(object_id)))
    unlabelled = len(usable) - len(items) - len(labels.reasons)
    tars = {part for sample in usable for part in sample.key.split("/") if is_tar(part)}
    return Listing(
        classes,
        tuple(items),
        (*tree.rejected, *rejected),
        (Omission("samples without a class", unlabelled, f"nothing in {place}"),) if unlabelled else (),
        labels_from=f"{place} of each sample",
        splits_from="the names of the tars" if any(item.split for item in items) else "",
        galaxies_from=galaxies.taken,
        notes=(*labels.notes, *galaxies.notes, *missing_shards(sorted(tars))),
        side=side_columns([(side, [sample.files[image] for sample in usable])]),
    )


def _split(tree: Tree, sample: _Sample) -> Split | None:
    """Return the split of the folders and tars that a sample lies in, below the source or what this is itself."""
    inside = sample.key.rpartition("/")[0]
    return split_of(f"{tree.path.name}/{inside}" if is_tar(tree.path.name) else inside)


def _galaxies(
    tree: Tree,
    samples: Sequence[_Sample],
    side: Columns,
    splits: Sequence[Split | None],
    labels: Sequence[str | None],
    options: SourceOptions,
) -> tuple[list[str], Galaxies]:
    """Return what the samples' JSON has for the galaxy of each, and what of it names one. Raises SourceError."""
    asked = options.id_column not in (None, NO_COLUMN)
    column = options.id_column if asked else galaxy_column(side, options)
    if column is None:
        return [""] * len(samples), NO_GALAXIES
    if column not in side:
        raise refusal(tree.path, f"a key '{column}' in the JSON of samples (--id-column)", few(sorted(side)))
    ids = ["" if value is None else str(value) for value in side[column]]
    tars = [sample.key.rpartition("/")[0] for sample in samples]
    return ids, Galaxies(column, ids, tars, splits, labels=labels, is_asked=asked)


def _columns(tree: Tree, samples: Sequence[_Sample]) -> Columns:
    """Return what the samples' JSON says of them, a value a key; one that is no JSON says nothing."""
    documents = []
    for sample in samples:
        try:
            documents.append(_document(tree, sample.files.get("json")))
        except ImageError:
            documents.append({})
    keys = sorted({key for document in documents for key in document})
    return {key: [document.get(key) for document in documents] for key in keys}


def _samples(tree: Tree) -> list[_Sample]:
    """Gather the files of each sample, those of its folder that agree up to the first dot."""
    found: dict[str, dict[str, str]] = {}
    for file in tree.files:
        folder, _, name = file.rpartition("/")
        key, _, suffix = name.partition(".")
        found.setdefault(f"{folder}/{key}" if folder else key, {})[suffix.casefold()] = file
    return [_Sample(key, files) for key, files in sorted(found.items())]


def _image_suffix(tree: Tree, samples: Sequence[_Sample], options: SourceOptions) -> str:
    """Return the suffix of the samples' images. Raises SourceError where there is none, or several."""
    if options.image_column is not None:
        return options.image_column.removeprefix(".").casefold()
    counts = Counter(suffix for sample in samples for suffix in sample.files if f".{suffix}" in SUFFIXES)
    if not counts:
        raise refusal(tree.path, EXPECTED, few(tree.files))
    if len(counts) > 1:
        commands = few([f"--image-column {shlex.quote(suffix)}" for suffix in counts], most=3)
        raise SourceError(f"'{tree.path}' cannot be imported: images have several suffixes: say which with {commands}")
    return next(iter(counts))


def _labels(tree: Tree, samples: Sequence[_Sample], options: SourceOptions) -> tuple[str, Labels]:
    """Return where the classes stand, and them. Raises SourceError."""
    wanted = options.label_column
    suffixes = {suffix for sample in samples for suffix in sample.files}
    try:
        if wanted is not None and (suffix := wanted.removeprefix(".").casefold()) in suffixes - {"json"}:
            return f".{suffix}", _of_values([_text(tree, sample.files.get(suffix)) for sample in samples])
        if wanted is None and "cls" in suffixes:
            return ".cls", _of_values([_text(tree, sample.files.get("cls")) for sample in samples])
        if "json" in suffixes:
            documents = [_document(tree, sample.files.get("json")) for sample in samples]
            key = _key(tree, documents, wanted)
            return f"'{key}' in the .json", _of_values([document.get(key) for document in documents])
        if wanted is None and "txt" in suffixes:
            return ".txt", _of_values([_text(tree, sample.files.get("txt")) for sample in samples])
    except ImageError as error:
        raise refusal(
            tree.path, EXPECTED, f"{error}; --label-column names another suffix, or a key in the JSON"
        ) from error
    raise refusal(tree.path, EXPECTED, f"samples with {few(sorted(suffixes))}; --label-column names a suffix or a key")


def _key(tree: Tree, documents: Sequence[Mapping[str, object]], wanted: str | None) -> str:
    """Return the key that the class has in the samples' JSON. Raises SourceError."""
    keys = sorted({key for document in documents for key in document})
    found = [key for key in (_KEYS if wanted is None else (wanted,)) if key in keys]
    if not found:
        raise refusal(tree.path, "a key for the class in each JSON (--label-column), such as 'label'", few(keys))
    if len(found) > 1 and found[0] not in _NAMES:
        commands = few([f"--label-column {shlex.quote(key)}" for key in found], most=3)
        raise SourceError(f"'{tree.path}' cannot be imported: several keys may be the class: say which with {commands}")
    return found[0]


def _of_values(values: Sequence[object]) -> Labels:
    """Read labels, numbers also where they are written as text. Raises ImageError where they are no classes."""
    if not all(value is None or isinstance(value, str | int | float) for value in values):
        raise ImageError("values that are neither names nor numbers")
    kinds = {isinstance(value, bool) for value in values if isinstance(value, int | float)}
    if len(kinds) > 1:
        raise ImageError("both truths and numbers")
    texts = ["" if value is None else str(value).strip() for value in values]
    return without_unknown([read_labels(np.array(texts), ())])[0]


def _text(tree: Tree, file: str | None) -> str:
    return "" if file is None else tree.reader(file)().decode(errors="replace").strip()


def _document(tree: Tree, file: str | None) -> dict[str, object]:
    try:
        document = read_json(tree.reader(file)()) if file is not None else {}
    except ValueError as error:
        raise ImageError(f"'{file}' is no JSON") from error
    return document if isinstance(document, dict) else {}
