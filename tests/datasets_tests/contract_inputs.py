"""What the contract of imports is tried on: sources whose every image is known, and what must come of each."""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from datasets import Dataset, ImportOptions, Split, import_dataset

NAMES = ("edge-on", "smooth", "spiral")
SIDE = 16
Files = Mapping[str, "int | bytes | str"]
"""What a source holds by name: the number of a picture, or content. A name with a ``/`` behind is an empty folder."""
Make = Callable[[Path], Path]
Truth = Mapping[int, tuple[str, Split]]
"""The class and split of each picture, by its number."""


@dataclass(frozen=True)
class Right:
    """The source is understood: each picture has the class and split of ``truth``, no other is there.

    ``says`` is what notes, omissions or evidence must say.
    """

    truth: Truth
    says: str = ""


@dataclass(frozen=True)
class Refused:
    """The source is refused with a message that has ``way_out``, a pattern."""

    way_out: str


@dataclass(frozen=True)
class Input:
    """A source, made by ``make`` at a path, with what must come of it."""

    make: Make
    expected: Right | Refused
    options: Mapping[str, object] = field(default_factory=dict)


@cache
def pixels(number: int) -> np.ndarray:
    """Return picture ``number``, like no other: uint8, (SIDE, SIDE, 3); red, green or blue for the class of NAMES."""
    levels = np.random.default_rng(number).integers(0, 90, (4, 4, 3), dtype=np.uint8)
    levels[..., number % 3] += 150
    return np.kron(levels, np.ones((4, 4, 1), np.uint8))


@cache
def picture(number: int, file_format: str = "PNG") -> bytes:
    """Return the file of picture ``number``."""
    stream = io.BytesIO()
    Image.fromarray(pixels(number)).save(
        stream, format=file_format, **({"quality": 95} if file_format == "JPEG" else {})
    )
    return stream.getvalue()


def name(number: int) -> str:
    """Return the class of a picture: what its colour says."""
    return NAMES[number % 3]


def content(value: int | bytes | str, file: str = "") -> bytes:
    if isinstance(value, int):
        return picture(value, "JPEG" if file.lower().endswith((".jpg", ".jpeg")) else "PNG")
    return value if isinstance(value, bytes) else value.encode()


def laid(pattern: str, numbers: Iterable[int] = range(12), **names: object) -> dict[str, int]:
    """Lay pictures out: ``{c}`` in the pattern is the class, ``{n}`` the picture's number."""
    return {pattern.format(c=name(number), n=number, **names): number for number in numbers}


def truth(
    numbers: Iterable[int] = range(12), split: Split = Split.TRAIN, **renamed: str
) -> dict[int, tuple[str, Split]]:
    """Say that pictures are of the classes that their colours say, in one split."""
    return {number: (renamed.get(name(number), name(number)), split) for number in numbers}


def folder(files: Files) -> Make:
    def make(place: Path) -> Path:
        place.mkdir(parents=True)
        for file, value in files.items():
            path = place / file
            if file.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content(value, file))
        return place

    return make


def zip_bytes(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file, value in files.items():
            archive.writestr(file, b"" if file.endswith("/") else content(value, file))
    return stream.getvalue()


def zipped(files: Files) -> Make:
    return written("source.zip", lambda: zip_bytes(files))


def written(file: str, data: Callable[[], bytes]) -> Make:
    """Make a source of a single file."""

    def make(place: Path) -> Path:
        place.mkdir(parents=True)
        (place / file).write_bytes(data())
        return place / file

    return make


def imported(source: Path, target: Path, options: Mapping[str, object], known: Iterable[int]) -> tuple[str, Truth]:
    """Import a source; return what the import says of how it was read, and what the dataset has, by picture.

    A picture of the dataset is the one of those ``known`` that it is most like; one that is like none is -1 - its row.
    No split is drawn: images without one come into training.
    """
    chosen = ImportOptions(**{"image_size": SIDE, "validation": 0.0, "test": 0.0} | dict(options))
    info = import_dataset(source, target, chosen)
    dataset = Dataset.open(info.path)
    numbers = sorted(known)
    models = np.stack([pixels(number) for number in numbers]).reshape(len(numbers), -1).astype(float)
    found: dict[int, tuple[str, Split]] = {}
    for split in Split:
        rows = dataset.rows(split)
        for row, image in zip(rows.tolist(), dataset.take(rows), strict=True):
            distance = np.abs(models - image.reshape(-1)).mean(axis=1)
            best = int(distance.argmin())
            is_known = distance[best] < 12 and numbers[best] not in found
            found[numbers[best] if is_known else -1 - row] = (dataset.classes[dataset.labels[row]], split)
    assert info.provenance is not None
    said = [info.provenance.evidence, *info.provenance.notes, f"quarantined {info.quarantined}"]
    said += [f"{omission.what} {omission.count}: {omission.why}" for omission in info.provenance.omitted]
    return "; ".join(said), found
