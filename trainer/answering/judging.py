"""What is said of an answer beside its class: whether it is sure, and warnings that it may mean little."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from datasets import Preprocessing
from trainer.answering.asked import check_fraction
from trainer.answering.decision import Decide
from trainer.answering.limits import Trust
from trainer.answering.none_of_these import NoneOfThese
from trainer.answering.selective import MAX_ERROR
from trainer.errors import OptionsError

UNLIKE = "not like the training images (novelty above 1): what the model says of it means little"
NONE_OF_THESE = "none of these classes (none above 1): its probabilities are as those of galaxies that belong to none"
_SCALE_TOLERANCE = 0.02
"""Relative difference of scale that is not worth a warning; training itself varies the scale by more."""


@dataclass(frozen=True)
class Verdict:
    """Of one image: see `trainer.Classification`; ``warnings`` say what is amiss, alike for all images."""

    sure: bool | None
    novelty: float | None
    none: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Judge:
    """Judges answers of one call: from ``threshold`` on one is sure, else ``doubt`` is said; None: nothing is known.

    ``none`` tells galaxies of no class, where the model was shown such: of these it is never sure.
    """

    threshold: float | None
    doubt: str
    none: NoneOfThese | None = None

    @classmethod
    def of(cls, trust: Trust | None, decide: Decide, max_error: float | None, uri: str) -> Self:
        """Make one. Raises OptionsError where ``max_error`` is no fraction, or the bundle cannot promise it."""
        check_fraction("max_error", max_error)
        if trust is None and max_error is not None:
            raise OptionsError(
                f"{uri!r} can promise no error rate: it was trained before that was kept; train it again"
            )
        threshold = None if trust is None else trust.threshold(decide, max_error)
        rate = MAX_ERROR if max_error is None else max_error
        said = f"from which on at most {100 * rate:g} % of the answers should be wrong"
        doubt = "" if threshold is None else f"not sure: the probability is below {threshold:.3f}, {said}"
        return cls(threshold, doubt, None if trust is None else trust.none)

    def judge(
        self,
        novelty: Sequence[float | None],
        probabilities: npt.NDArray[np.float32],
        decided: npt.NDArray[np.int64],
    ) -> list[Verdict]:
        """Judge images of a novelty, (n,), whose probabilities, (n, classes), led to the classes decided for, (n,)."""
        confidence = probabilities[np.arange(len(decided)), decided]
        none = [None] * len(decided) if self.none is None else self.none.of(probabilities).tolist()
        sure = [None] * len(decided) if self.threshold is None else (confidence >= self.threshold).tolist()
        return [self._verdict(*each) for each in zip(sure, novelty, none, strict=True)]

    def _verdict(self, sure: bool | None, novelty: float | None, none: float | None) -> Verdict:
        is_of_none = none is not None and none > 1
        unlike = [UNLIKE] if novelty is not None and novelty > 1 else []
        of_none = [NONE_OF_THESE] if is_of_none else []
        doubts = [self.doubt] if sure is False and not is_of_none else []
        return Verdict(sure and not is_of_none, novelty, none, (*unlike, *of_none, *doubts))


def advised_crop(preprocessing: Preprocessing, source_size: tuple[int, int]) -> float | None:
    """Return the crop at which a galaxy appears at the scale of training; None where the image is too small for any.

    The image is (height, width) before its crop.
    """
    learnt = preprocessing.crop * min(preprocessing.source_size)
    return None if learnt > min(source_size) else round(learnt / min(source_size), 3)


def scale_warning(preprocessing: Preprocessing, source_size: tuple[int, int], crop: float) -> str | None:
    """Return a warning where a galaxy would appear at another scale than in training, else None.

    Sizes are compared in source pixels: those of the same camera and survey cover the same angle of sky. The image is
    (height, width) before its crop, and ``crop`` the fraction of its shorter side that is looked at.
    """
    learnt = preprocessing.crop * min(preprocessing.source_size)
    side = min(source_size)
    if abs(crop * side - learnt) <= _SCALE_TOLERANCE * learnt:
        return None
    height, width = source_size
    seen = f"{height}×{width} pixels, of which the central {crop * side:.0f} are looked at"
    if learnt > side:
        return (
            f"{seen}: the model learnt from {learnt:.0f}, so the galaxy looks larger to it than those; "
            "no --crop can make the pixel scale equal, take a larger cut-out"
        )
    return f"{seen}: the model learnt from {learnt:.0f}; for an equal pixel scale use --crop {learnt / side:.3f}"
