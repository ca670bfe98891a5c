"""How a source is imported."""

from dataclasses import dataclass
from typing import Annotated

from datasets.errors import SourceError
from datasets.option import Option


@dataclass(frozen=True)
class ImportOptions:
    """How a source is imported: each field is an option of ``galaxy import``.

    Shares are of each class, and apply where the source has no split of that name; training gets what the two leave.

    Raises SourceError where a field breaks its rule.
    """

    format: Annotated[
        str,
        Option(
            "What SOURCE is: class-folders, galaxy-challenge, galaxy-zoo-2, galaxy10, table or fits; `auto` looks.",
            metavar="FORM",
        ),
    ] = "auto"
    image_size: Annotated[int, Option("Height and width of the dataset's images, in pixels.", min=1)] = 64
    crop: Annotated[float, Option("Use only this central part of each image, e.g. 0.55.", fraction=True)] = 1.0
    validation: Annotated[float, Option("Part kept to compare trials on.", min=0, max=1)] = 0.1
    test: Annotated[float, Option("Part kept to test the final model on.", min=0, max=1)] = 0.1
    seed: Annotated[int, Option("Everything random derives from it.", min=1)] = 1
    strict: Annotated[bool, Option("Stop at the first image that cannot be used.")] = False

    def __post_init__(self) -> None:
        # Only here: the command line reads the fields, and must not wait for what reads images.
        from datasets.sources.formats import FORMATS

        known = ("auto", *FORMATS)
        _require(self.format in known, "format", f"one of {', '.join(known)}", self.format)
        _require(8 <= self.image_size <= 1024, "image size", "8 to 1024 pixels", self.image_size)
        _require(0 < self.crop <= 1, "crop", "a fraction above 0 and at most 1", self.crop)
        _require(0 <= self.validation <= 1, "validation share", "0 to 1", self.validation)
        _require(0 <= self.test <= 1, "test share", "0 to 1", self.test)
        both = self.validation + self.test
        _require(both <= 1 + 1e-9, "sum of the validation and test shares", "at most 1", both)
        _require(self.seed >= 1, "seed", "1 or more", self.seed)


def _require(holds: bool, name: str, expected: str, value: object) -> None:
    if not holds:
        raise SourceError(f"the {name} must be {expected}, got {value}")
