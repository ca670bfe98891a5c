"""TFRecord: files of `tf.train.Example`, each with an encoded image and its class, alone or as the shards of splits.

Features are known by the names that people use: ``image/encoded`` or ``image``; ``image/class/text``,
``image/class/label`` or ``label``; ``--image-column``, ``--label-column`` and ``--id-column`` name others. Images are
read out of the file when they are decoded; a compressed file is unpacked first.
"""

import contextlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.arrow.provenance import Omission
from datasets.classes import ordered
from datasets.errors import ImageError, SourceError
from datasets.images.embedded import Embedded
from datasets.images.magic import GZIP, HEAD, is_tfrecord
from datasets.images.tfrecords import Feature, examples, plain
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

OVER: frozenset[str] = frozenset()
OPTIONS = frozenset({"image_column", "label_column", "id_column"})
EXPECTED = "TFRecords of tf.train.Example, each with an encoded image and a label"
_NAMED = re.compile(r"\.tfrec|-\d+-of-\d+(\.gz)?\Z", re.IGNORECASE)
_TEXTS = ("image/class/text", "class_name", "label_name", "label_text", "class_text", "label/text")
_LABELS = ("image/class/label", "label", "class", "labels", "target", "class_id", "category", "y")
_LONGEST = 256
"""Bytes of a feature that is kept beside the images as text."""


@dataclass(frozen=True)
class _Record:
    """An example: its name, its file, its split, its features without the image, and what reads that."""

    name: str
    file: str
    split: Split | None
    features: Mapping[str, Feature]
    image: Embedded


def recognise(tree: Tree, _options: SourceOptions) -> Evidence | None:
    """Recognise TFRecords by the check of the first length; compressed ones by their names."""
    found = _files(tree)
    return Evidence(few(found, most=3)) if found else None


def list_source(tree: Tree, options: SourceOptions) -> Listing:
    """List the images of TFRecords; a file that is damaged is rejected from there on.

    Raises SourceError where the features that hold images and labels cannot be told, or labels are no classes.
    """
    files = _files(tree)
    if not files:
        raise refusal(tree.path, EXPECTED, few(tree.files))
    found: list[_Record] = []
    rejected = list(tree.rejected)
    for file in files:
        prefix, split = f"{file}/" if len(files) > 1 else "", split_of(file)
        try:
            path = plain(tree.local(file), tree.scratch)
            read = examples(path, options.image_column, otherwise="--image-column names the feature")
            for row, (given, image) in enumerate(read):
                if isinstance(image, ImageError):
                    rejected.append((f"{prefix}{row:05d}", str(image)))
                else:
                    found.append(_Record(f"{prefix}{row:05d}", file, split, given, image))
        except ImageError as error:
            rejected.append((file, str(error)))
    if not found:
        raise refusal(tree.path, EXPECTED, f"in {rejected[0][0]}: {rejected[0][1]}" if rejected else "no record")
    return _listing(tree, found, rejected, options)


def _listing(tree: Tree, found: Sequence[_Record], rejected: list[tuple[str, str]], options: SourceOptions) -> Listing:
    name = _label_feature(tree, found, options)
    try:
        (labels,) = without_unknown([_labels(found, name)])
    except ImageError as error:
        raise refusal(tree.path, EXPECTED, f"in '{name}' {error}; --label-column names another feature") from error
    classes = ordered({name for name in labels.names if name is not None})
    ids, galaxies = _galaxies(tree, found, labels.names, options)
    rejected += [(found[row].name, reason) for row, reason in sorted(labels.reasons.items())]
    items = [
        Item(record.name, classes.index(label), record.image, record.split, galaxies.of(object_id))
        for record, label, object_id in zip(found, labels.names, ids, strict=True)
        if label is not None
    ]
    unlabelled = len(found) - len(items) - len(labels.reasons)
    return Listing(
        classes,
        tuple(items),
        tuple(rejected),
        (Omission("records without a label", unlabelled, f"no '{name}' in them"),) if unlabelled else (),
        labels_from=f"the feature '{name}'",
        splits_from="the names of the files" if any(record.split for record in found) else "",
        galaxies_from=galaxies.taken,
        notes=(*labels.notes, *galaxies.notes, *missing_shards(_files(tree))),
        side=side_columns([(_columns(found), [record.name for record in found])]),
    )


def _files(tree: Tree) -> list[str]:
    """Return the names of the TFRecords in a tree."""
    likely = tree.files if tree.is_file else [name for name in tree.files if _NAMED.search(name)]
    heads = ((name, tree.head(name, HEAD)) for name in likely)
    return [name for name, head in heads if is_tfrecord(head) or (head.startswith(GZIP) and _NAMED.search(name))]


def _label_feature(tree: Tree, found: Sequence[_Record], options: SourceOptions) -> str:
    """Return the name of the feature that has the label: texts before numbers. Raises SourceError."""
    names = sorted({name for record in found for name in record.features})
    if options.label_column is not None:
        if options.label_column not in names:
            raise refusal(tree.path, f"a feature '{options.label_column}' (--label-column)", few(names))
        return options.label_column
    texts, numbers = ([name for name in usual if name in names] for usual in (_TEXTS, _LABELS))
    if texts and numbers:
        _check_texts(tree, found, texts[0], numbers[0])
    for usual in (texts, numbers):
        if len(usual) == 1:
            return usual[0]
        if usual:
            commands = few([f"--label-column {shlex.quote(name)}" for name in usual], most=3)
            raise SourceError(
                f"'{tree.path}' cannot be imported: several features may be the label: say which with {commands}"
            )
    raise refusal(
        tree.path, "a label in each record (--label-column), such as 'image/class/label' or 'label'", few(names)
    )


def _check_texts(tree: Tree, found: Sequence[_Record], text: str, number: str) -> None:
    """Check that texts and numbers mean the same classes. Raises SourceError."""
    pairs = {
        (record.features[text], record.features[number]) for record in found if {text, number} <= record.features.keys()
    }
    if len({first for first, _ in pairs}) != len(pairs) or len({second for _, second in pairs}) != len(pairs):
        raise SourceError(
            f"'{tree.path}' cannot be imported: '{text}' and '{number}' mean different classes: "
            f"give --label-column {shlex.quote(text)}, or --label-column {shlex.quote(number)}"
        )


def _labels(found: Sequence[_Record], name: str) -> Labels:
    """Read the labels of all records. Raises ImageError where they are no classes."""
    values = [record.features.get(name) for record in found]
    present = [value for value in values if value is not None]
    if isinstance(present[0][0], bytes):
        texts = [value[0].decode(errors="replace") if value and isinstance(value[0], bytes) else "" for value in values]
        return read_labels(np.array(texts), ())
    lengths = {len(value) for value in present}
    if len(lengths) > 1 or any(isinstance(value[0], bytes) for value in present):
        raise ImageError("values of different kinds or lengths: expected one label in each record")
    nothing = (float("nan"),) * lengths.pop()
    return read_labels(np.array([nothing if value is None else value for value in values], np.float64), ())


def _columns(found: Sequence[_Record]) -> Columns:
    """Return the features of one value a record, text as such where it is UTF-8 and short."""
    names = sorted({name for record in found for name, values in record.features.items() if len(values) == 1})
    return {name: [_scalar(record.features.get(name, (None,))) for record in found] for name in names}


def _scalar(values: Sequence[bytes | float | None]) -> str | float | None:
    if len(values) != 1 or not isinstance(values[0], bytes):
        return values[0] if len(values) == 1 and not isinstance(values[0], bytes) else None
    with contextlib.suppress(UnicodeDecodeError):
        return values[0].decode() if len(values[0]) <= _LONGEST else None
    return None


def _galaxies(
    tree: Tree, found: Sequence[_Record], labels: Sequence[str | None], options: SourceOptions
) -> tuple[list[str], Galaxies]:
    """Return what the records have for the galaxy of each, and what of it names one. Raises SourceError."""
    features = sorted({name for record in found for name in record.features})
    by_name = {name.removeprefix("image/"): name for name in features}
    asked = options.id_column not in (None, NO_COLUMN)
    usual = galaxy_column(by_name, options)
    column = options.id_column if asked else by_name.get(usual or "")
    if column is None:
        return [""] * len(found), NO_GALAXIES
    if column not in features:
        raise refusal(tree.path, f"a feature '{column}' (--id-column)", few(features))
    values = [(record.features.get(column) or ("",))[0] for record in found]
    ids = [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values]
    files, splits = [record.file for record in found], [record.split for record in found]
    return ids, Galaxies(column, ids, files, splits, labels=labels, is_asked=asked)
