"""How a source is imported."""

from dataclasses import dataclass
from typing import Annotated

from datasets.importing.stratification import shares
from datasets.option import Option
from datasets.sources.options import SourceOptions, require
from datasets.splits import Split


@dataclass(frozen=True)
class ImportOptions(SourceOptions):
    """How a source is imported: each field is an option of ``galaxy import``.

    Shares are of each class, and apply where the source has no split of that name; training gets what the two leave.

    Raises SourceError where a field breaks its rule.
    """

    image_size: Annotated[int, Option("Height and width of the dataset's images, in pixels.", min=8, max=1024)] = 64
    crop: Annotated[float, Option("Use only this central part of each image, e.g. 0.55.", fraction=True)] = 1.0
    stretch_of: Annotated[
        str | None,
        Option("Stretch FITS as this dataset's are, e.g. that of a model to be evaluated.", metavar="DATASET"),
    ] = None
    validation: Annotated[float, Option("Part kept to compare trials on.", min=0, max=1)] = 0.1
    test: Annotated[float, Option("Part kept to test the final model on.", min=0, max=1)] = 0.1
    unlabelled: Annotated[
        str | None,
        Option(
            "Galaxies of none of the classes, for a model to learn what is none of these: images as `galaxy "
            "classify` takes them.",
            metavar="SOURCE",
        ),
    ] = None
    seed: Annotated[int, Option("Everything random derives from it.", min=1)] = 1
    strict: Annotated[bool, Option("Stop at the first image that cannot be used.")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(8 <= self.image_size <= 1024, "image size", "8 to 1024 pixels", self.image_size)
        require(0 < self.crop <= 1, "crop", "a fraction above 0 and at most 1", self.crop)
        alone = self.stretch_of is None or self.bands is None
        require(alone, "stretch of another dataset", "given without --bands, which it has", self.bands)
        require(0 <= self.validation <= 1, "validation share", "0 to 1", self.validation)
        require(0 <= self.test <= 1, "test share", "0 to 1", self.test)
        both = self.validation + self.test
        require(both <= 1 + 1e-9, "sum of the validation and test shares", "at most 1", both)
        require(self.seed >= 1, "seed", "1 or more", self.seed)

    @property
    def shares(self) -> dict[Split, float]:
        """The share of each split; training gets what validation and test leave."""
        return shares(validation=self.validation, test=self.test)
