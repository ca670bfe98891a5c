"""Whether a model was trained or chosen on the images that it is asked about: what it answers for these is no test.

Images are known again wherever they lie and whatever they are called, but only as they were prepared for the training:
the same galaxy in another cut-out is another image.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split, row_hashes
from trainer.bundles.bundle import Bundle
from trainer.bundles.hashes import known_among
from trainer.bundles.matching import LabelledRows
from trainer.errors import OptionsError, SeenError, SplitError

_MOST = 0.05
"""Share of images that may have been seen: with more, a score would be too good by more than chance makes of some
hundreds of images."""


@dataclass(frozen=True)
class Overlap:
    """How many images were ``seen`` among ``total``, None where the bundle does not say, and how many ``left_out``."""

    seen: int | None = None
    total: int = 0
    left_out: int = 0

    @property
    def is_large(self) -> bool:
        """Whether a score says little of new images."""
        return self.seen is not None and self.seen > _MOST * self.total

    def notes(self) -> list[str]:
        """Say it, a line each."""
        lines = []
        if self.left_out:
            lines.append(f"Left out, as the model was trained or chosen on them: {self.left_out:,} images")
        if self.seen:
            worth = "say nothing of new ones" if self.is_large else "are too good by no more than that"
            lines.append(
                f"The model was trained or chosen on {self.seen:,} of these {self.total:,} images "
                f"({self.seen / self.total:.1%}): scores {worth}"
            )
        return lines


def overlap(
    bundle: Bundle,
    dataset: Dataset,
    split: Split | None,
    labelled: LabelledRows,
    *,
    allowed: bool,
    unseen_only: bool,
) -> tuple[LabelledRows, Overlap]:
    """Find out which rows of a split (None: of all) a model has seen, and leave these out where ``unseen_only``.

    Raises:
        SeenError: More than a twentieth of them are such, and that is not ``allowed``; the text says what else to do.
        SplitError: There are no others, and only those are wanted.
        OptionsError: Only those are wanted, and the bundle does not say which it has seen, as older ones do not; or the
            others are ``allowed`` at the same time.
    """
    if allowed and unseen_only:
        raise OptionsError(
            "expected one of --seen and --unseen-only, found both: the one keeps what the other leaves out"
        )
    if bundle.seen is None:
        if unseen_only:
            raise OptionsError(
                f"{bundle.uri!r} does not say which images it was trained and chosen on: it was made before that was "
                "kept; train it again"
            )
        return labelled, Overlap(None, len(labelled.rows))
    seen = known_among(row_hashes(dataset, labelled.rows), bundle.seen)
    if unseen_only:
        if seen.all():
            raise SplitError(f"{dataset.info.path!r} has no image in {_named(split)} that {bundle.uri!r} has not seen")
        unseen = replace(labelled, rows=labelled.rows[~seen], true=labelled.true[~seen])
        return unseen, Overlap(0, len(unseen.rows), int(seen.sum()))
    found = Overlap(int(seen.sum()), len(seen))
    if found.is_large and not allowed:
        raise _seen_error(bundle, dataset, split, seen)
    return labelled, found


def _seen_error(bundle: Bundle, dataset: Dataset, split: Split | None, seen: npt.NDArray[np.bool_]) -> SeenError:
    advice = ["`--seen` scores it all the same"]
    if not seen.all():
        advice.insert(0, "`--unseen-only` leaves those out")
    tested = len(dataset.rows(Split.TEST))
    if tested and split is not Split.TEST and dataset.fingerprint == bundle.manifest.dataset_fingerprint:
        advice.insert(0, f"`--split test` has {tested:,} others")
    return SeenError(
        f"{dataset.info.path!r} cannot show how {bundle.uri!r} does on new images: expected images that it was not "
        f"trained or chosen on, found {seen.sum():,} of {len(seen):,} in {_named(split)} that it was; "
        f"{'; '.join(advice)}"
    )


def _named(split: Split | None) -> str:
    return "the dataset" if split is None else f"the split {split}"
