"""What the names of arrays say: the split, and what an array holds.

Splits are in the names of files, groups or arrays (``train.h5``, ``test/images``, ``x_train``, ``y_val.npy``); the rest
of the last part says what is in it, in the words that people use.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from datasets.images.arrays.stored import Stored
from datasets.splits import Split, split_named

IMAGES = ({"images", "image", "imgs", "img", "pictures", "cutouts", "pixels"}, {"x", "data", "features", "arr_0"})
"""Names of arrays of images, those that can mean nothing else first."""
BESIDE = {
    "mask",
    "masks",
    "seg",
    "segmentation",
    "psf",
    "psfs",
    "weight",
    "weights",
    "ivar",
    "error",
    "errors",
    "noise",
}
"""Names of arrays that have the axes of images and are none."""
LABELS = (
    {"labels", "label", "ans", "answers", "answer", "class", "classes", "targets", "target", "category", "categories"},
    {"y", "arr_1", "morphology", "type"},
)
LEGEND = {"class_names", "classes", "names", "label_names", "target_names", "categories", "legend"}
"""Names of arrays that list the classes that whole numbers stand for."""
IDS = {"id", "ids", "object_id", "objid", "galaxy_id", "galaxyid", "iauname", "dr7objid", "id_str"}
_APART = re.compile(r"[\s._-]+")


@dataclass(frozen=True)
class Named:
    """An array and its whole name: its file below the source, if that says something, and its path there."""

    name: str
    stored: Stored

    @cached_property
    def split(self) -> Split | None:
        """The split that its name states."""
        return next((split for part in reversed(self._parts) for word in part if (split := split_named(word))), None)

    @property
    def role(self) -> str:
        """The last part of its name without a split, small: ``images`` of ``images_train``, ``x`` of ``x_train``."""
        return _joined(self._parts[-1])

    @property
    def beside(self) -> tuple[str, ...]:
        """What is left of its name: equal for arrays that belong together."""
        known = {word for words in (*IMAGES, *LABELS, IDS) for word in words}
        rest = tuple(word for word in self._parts[-1] if split_named(word) is None and word not in known)
        return (*(_joined(part) for part in self._parts[:-1]), *rest)

    def rank(self, words: tuple[set[str], ...]) -> int:
        """Return the place of the first set that has its role, or a word of it; their number where none has."""
        own = {self.role, *self._parts[-1]}
        return next((place for place, some in enumerate(words) if own & some), len(words))

    def is_called(self, name: str) -> bool:
        """Say whether a user means it by a name, with or without what the splits differ in."""
        small = name.strip().casefold()
        whole = self.name.casefold()
        return small in {whole, whole.rpartition("/")[2], self.role}

    @cached_property
    def _parts(self) -> list[list[str]]:
        return [[word for word in _APART.split(part.casefold()) if word] for part in self.name.split("/")]

    def __str__(self) -> str:
        return f"{self.name} {self.stored.shape}"


def _joined(words: list[str]) -> str:
    return "_".join(word for word in words if split_named(word) is None)
