"""How well a model tells galaxies of no class: false alarms, those caught, and the purity of catalogues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.bundles.manifest import Manifest

HALF = 0.5
"""Share of galaxies of no class in a catalogue that is told of where none is known."""
Matrix = Sequence[Sequence[int]]
"""A confusion matrix: rows true, columns named."""


@dataclass(frozen=True)
class Purity:
    """Of the galaxies that a class is named for, the shares, 0–1, that are of it: all, and without those of none.

    None where it is named for nothing.
    """

    before: float | None
    after: float | None


@dataclass(frozen=True)
class ToldOfNone:
    """How images were told.

    Attributes:
        classes: Names.
        matrix: Of images of these classes.
        kept: Of those among them that are not taken for none.
        shown: Galaxies of no class.
        caught: Those among them that are taken for none.
        auroc: Area under the curve of the two; None where there is no galaxy of no class.
        named: Class → galaxies of no class that it is named for, and those not taken for none.
    """

    classes: tuple[str, ...]
    matrix: Matrix
    kept: Matrix
    shown: int
    caught: int
    auroc: float | None
    named: Mapping[str, tuple[int, int]]

    @classmethod
    def of_bundle(cls, manifest: Manifest, split: str) -> "ToldOfNone | None":
        """Return what a bundle says of a split; None of one that was shown no galaxy of no class."""
        record = manifest.none
        if record is None:
            return None
        matrix = manifest.scored()[manifest.decide][split]["confusion_matrix"]
        return cls(
            manifest.classes, matrix, record.kept[split], record.shown, record.caught, record.auroc, record.named
        )

    def alarms(self) -> dict[str, tuple[int, int]]:
        """Return, by class, the images that are taken for none of the classes, and all images of it."""
        images, kept = (np.array(each, np.int64).sum(axis=1) for each in (self.matrix, self.kept))
        return dict(zip(self.classes, zip((images - kept).tolist(), images.tolist(), strict=True), strict=True))

    def purities(self, share: float) -> dict[str, Purity]:
        """Return the purity of each class in a catalogue of which a ``share``, 0–1, is of no class, else as here."""
        images = max(np.array(self.matrix).sum(), 1)
        of_none = np.array([self.named[name] for name in self.classes], np.float64).T / max(self.shown, 1)
        before, after = (
            _purity(np.array(matrix) / images, named, share)
            for matrix, named in zip((self.matrix, self.kept), of_none, strict=True)
        )
        return {name: Purity(*each) for name, *each in zip(self.classes, before, after, strict=True)}

    def as_json(self, share: float = HALF) -> dict[str, object]:
        """Return it JSON-ready, with the purity of a catalogue of which a ``share`` is of no class."""
        alarms, purities = self.alarms(), self.purities(share) if self.shown else {}
        return {
            "images": sum(images for _, images in alarms.values()),
            "alarms": sum(count for count, _ in alarms.values()),
            "shown": self.shown,
            "caught": self.caught,
            "auroc": self.auroc,
            "share": share if self.shown else None,
            "per_class": {
                name: {
                    "alarms": count,
                    "images": images,
                    "purity": purities[name].before if purities else None,
                    "purity_without_none": purities[name].after if purities else None,
                }
                for name, (count, images) in alarms.items()
            },
        }


def told_of_split(manifest: Manifest) -> str:
    """Return the split that a bundle's figures are of: that for tests, or where there is none, validation."""
    return "test" if "test" in manifest.metrics else "validation"


def auroc(known: npt.NDArray[np.floating], none: npt.NDArray[np.floating]) -> float | None:
    """Return the area under the curve of values, (n,) and (m,); None where there is none of either."""
    from sklearn.metrics import roc_auc_score

    if not len(known) or not len(none):
        return None
    return float(roc_auc_score(np.repeat([0, 1], [len(known), len(none)]), np.concatenate([known, none])))


def confusion(true: npt.NDArray[np.int64], named: npt.NDArray[np.int64], classes: int) -> tuple[tuple[int, ...], ...]:
    """Return the confusion matrix of class numbers, (n,)."""
    counts = np.bincount(true * classes + named, minlength=classes**2).reshape(classes, classes)
    return tuple(map(tuple, counts.tolist()))


def named_so(
    named: npt.NDArray[np.int64], values: npt.NDArray[np.floating], classes: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Count, by class, the galaxies of no class that it is named for, and of these those with values, (m,), up to 1."""
    counts = (np.bincount(each, minlength=len(classes)).tolist() for each in (named, named[values <= 1]))
    return dict(zip(classes, zip(*counts, strict=True), strict=True))


def _purity(shares: npt.NDArray[np.float64], of_none: npt.NDArray[np.float64], share: float) -> list[float | None]:
    """``shares``, (classes, classes), are of all images with a class, rows true, ``of_none``, (classes,), of others."""
    named = (1 - share) * shares.sum(axis=0) + share * of_none
    right = (1 - share) * shares.diagonal()
    return [float(one / all_of) if all_of else None for one, all_of in zip(right, named, strict=True)]
