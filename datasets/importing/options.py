"""How a source is imported."""

from dataclasses import dataclass

from datasets.errors import SourceError
from datasets.sources.formats import FORMATS


@dataclass(frozen=True)
class ImportOptions:
    """How a source is imported.

    Attributes:
        format: form of the source, ``auto`` or a key of ``FORMATS``.
        image_size: side of the stored square images in pixels, 8–1024.
        crop: central square of each source image that is kept, as a fraction of its shorter side, above 0 to 1.
        validation: share of each class for validation, 0–1, where the source has no split of that name.
        test: share of each class for the test, likewise; training gets what the two leave.
        seed: of the splits, ≥ 1.
        strict: whether the first file that cannot be used stops the import.

    Raises:
        SourceError: a field breaks its rule.
    """

    format: str = "auto"
    image_size: int = 64
    crop: float = 1.0
    validation: float = 0.1
    test: float = 0.1
    seed: int = 1
    strict: bool = False

    def __post_init__(self) -> None:
        known = ("auto", *FORMATS)
        _require(self.format in known, "format", f"one of {', '.join(known)}", self.format)
        _require(8 <= self.image_size <= 1024, "image size", "8 to 1024 pixels", self.image_size)
        _require(0 < self.crop <= 1, "crop", "a fraction above 0 and at most 1", self.crop)
        _require(0 <= self.validation <= 1, "validation share", "0 to 1", self.validation)
        _require(0 <= self.test <= 1, "test share", "0 to 1", self.test)
        both = self.validation + self.test
        _require(both <= 1 + 1e-9, "sum of the validation and test shares", "at most 1", both)
        _require(self.seed >= 1, "seed", "1 or more", self.seed)


def _require(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise SourceError(f"the {name} must be {expected}, got {found}")
