"""Counts over many classifications, of which only the first are kept."""

from collections import Counter
from dataclasses import dataclass, field

from datasets import ImageError
from ui.predictions.prediction import Prediction

SHOWN = 1000
"""How many images are kept, to be shown one by one."""


@dataclass
class Tally:
    """Counts predictions as they come.

    Attributes:
        total: of all images.
        classes: images by the class named.
        warnings: images by warning.
        seen: images that the model was trained or chosen on.
        failed: images that could not be used.
        overruled: images whose class is not the most probable one.
        shown: the first of all predictions.
        first_failure: the first image that could not be used.
    """

    total: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    failed: int = 0
    overruled: int = 0
    shown: list[Prediction] = field(default_factory=list)
    first_failure: Prediction | None = None

    def add(self, prediction: Prediction) -> None:
        """Count one more."""
        self.total += 1
        self.warnings.update(prediction.warnings)
        self.seen += prediction.seen is True
        self.overruled += prediction.is_overruled
        if len(self.shown) < SHOWN:
            self.shown.append(prediction)
        if prediction.class_name is not None:
            self.classes[prediction.class_name] += 1
            return
        self.failed += 1
        self.first_failure = self.first_failure or prediction

    def require_one(self) -> None:
        """Raise ImageError unless at least one image was classified: the command has then done nothing."""
        if self.classes:
            return
        if self.first_failure is None:
            raise ImageError("expected at least one image, found none in these paths")
        first = self.first_failure
        others = f"; no other of the {self.total:,} files could be used either" if self.total > 1 else ""
        raise ImageError(f"{first.path} cannot be classified: {first.error}{others}")
