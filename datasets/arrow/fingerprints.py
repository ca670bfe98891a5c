"""Fingerprints: whether two datasets hold the same, however they are cut into files and wherever they lie."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np

from datasets.arrow.dataset import Dataset
from datasets.arrow.description import Preprocessing
from datasets.images.decoded import pixel_hash
from datasets.splits import Split

RowKey = tuple[str, int, str, str]
"""(id, label, split, pixel hash in hexadecimal)."""


def fingerprint(classes: Sequence[str], preprocessing: Preprocessing, rows: Iterable[RowKey]) -> str:
    """SHA-256 over classes, preprocessing and the sorted rows, in hexadecimal. Neither sharding nor order matter."""
    digest = hashlib.sha256(_line([list(classes), asdict(preprocessing)]))
    for row in sorted(rows):
        digest.update(_line(row))
    return digest.hexdigest()


def content_fingerprint(dataset: Dataset) -> str:
    """Compute the fingerprint again from all that a dataset holds; a damaged dataset has another than its own."""
    names = list(Split)
    splits = np.empty(len(dataset), np.int64)
    for code, split in enumerate(names):
        splits[dataset.rows(split)] = code
    rows = (
        (name, int(label), names[code].value, pixel_hash(dataset.take([row])[0]))
        for row, (name, label, code) in enumerate(zip(dataset.ids, dataset.labels, splits, strict=True))
    )
    return fingerprint(dataset.classes, dataset.preprocessing, rows)


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"
