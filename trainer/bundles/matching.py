"""Whether a dataset can be put to a model, and which of its classes are which of the model's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Preprocessing, Split, class_mapping, few
from trainer.answering.judging import scale_warning
from trainer.bundles.bundle import Bundle
from trainer.errors import ModelMismatchError, SplitError


@dataclass(frozen=True)
class LabelledRows:
    """Rows of a dataset whose classes a model knows.

    Attributes:
        rows: int64, (n,), n ≥ 1: of the dataset.
        true: int64, (n,): the class of each, as a number of the model.
        spelled: The dataset's name of a class → the model's, where the two are spelled differently.
        left_out: Class that the model does not know → number of its images in the split, which are not among the rows.
    """

    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    spelled: Mapping[str, str]
    left_out: Mapping[str, int]


def labelled_rows(bundle: Bundle, dataset: Dataset, split: Split | None, *, known_only: bool = False) -> LabelledRows:
    """Match the classes of a split's rows (None: of all rows) with a bundle's, by name.

    The dataset may have any of the model's classes, in any order. Rows of others are refused unless ``known_only``
    leaves them out.

    Raises:
        ModelMismatchError: Image size or crop are not those of the bundle, or it does not know a class, or none.
        SplitError: There is no such row.
    """
    require_same_preparation(bundle, dataset)
    rows = dataset.rows(split)
    if len(rows) == 0:
        raise SplitError(
            f"{dataset.info.path!r} has no images to evaluate on in the split {split or 'all'}{_elsewhere(dataset)}"
        )
    mapping = class_mapping(dataset.classes, bundle.manifest.classes)
    counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes)).tolist()
    present = [
        (name, place, count) for name, place, count in zip(dataset.classes, mapping, counts, strict=True) if count
    ]
    left_out = {name: count for name, place, count in present if place is None}
    if left_out and (not known_only or len(left_out) == len(present)):
        raise _unknown(bundle, dataset, left_out, some_known=len(left_out) < len(present))
    true = np.array([-1 if place is None else place for place in mapping], np.int64)[dataset.labels[rows]]
    ours = {name: bundle.manifest.classes[place] for name, place, _ in present if place is not None}
    spelled = {name: known for name, known in ours.items() if name != known}
    return LabelledRows(rows[true >= 0], true[true >= 0], spelled, left_out)


def other_scale(bundle: Bundle, dataset: Dataset) -> str | None:
    """Say that galaxies appear to the model at another scale than in its training; None where they do not."""
    ours, theirs = bundle.manifest.preprocessing, dataset.preprocessing
    if scale_warning(ours, theirs.source_size, theirs.crop) is None:
        return None
    learnt, shown = ("×".join(map(str, each.source_size)) for each in (ours, theirs))
    return f"Another scale than in training: images of {shown} pixels, where the model learnt from {learnt}"


def other_stretch(bundle: Bundle, preprocessing: Preprocessing) -> str | None:
    """Say that FITS bands are stretched otherwise than for the model's training; None where they are not."""
    ours, theirs = bundle.manifest.preprocessing.stretch, preprocessing.stretch
    if ours == theirs:
        return None
    learnt, shown = ("pictures, not FITS" if each is None else str(each) for each in (ours, theirs))
    way = "" if ours is None or theirs is None else f"; import it with `--stretch-of {bundle.manifest.dataset}`"
    return f"Another stretch than in training: {shown}, where the model learnt from {learnt}{way}"


def other_range(bundle: Bundle, preprocessing: Preprocessing) -> str | None:
    """Say that other values of arrays are black and white than in training; None where that is not known."""
    ours, theirs = bundle.manifest.preprocessing.value_range, preprocessing.value_range
    if ours is None or theirs is None or ours == theirs:  # pictures have none, and what is evident is not kept
        return None
    learnt, shown = (f"{each[0]:g}–{each[1]:g}" for each in (ours, theirs))
    way = f"import it with `--value-range {ours[0]:g},{ours[1]:g}`"
    return f"Another value range than in training: {shown}, where the model learnt from {learnt}; {way}"


def require_same_preparation(bundle: Bundle, dataset: Dataset) -> None:
    """Raise ModelMismatchError unless a dataset's images were prepared as those that the bundle learnt from."""
    ours, theirs = bundle.manifest.preprocessing, dataset.preprocessing
    if ours.image_size != theirs.image_size or not math.isclose(ours.crop, theirs.crop):
        raise ModelMismatchError(
            f"{dataset.info.path!r} does not fit the model {bundle.uri!r}: expected image size {ours.image_size} and "
            f"crop {ours.crop:g}, found {theirs.image_size} and {theirs.crop:g}; import it again with "
            f"`--image-size {ours.image_size} --crop {ours.crop:g}`"
        )


def _unknown(bundle: Bundle, dataset: Dataset, unknown: Mapping[str, int], *, some_known: bool) -> ModelMismatchError:
    images = few([f"{name} ({count:,})" for name, count in unknown.items()])
    advice = "`--known-only` leaves those out" if some_known else "`galaxy classify` answers without labels"
    return ModelMismatchError(
        f"{dataset.info.path!r} does not fit the model {bundle.uri!r}: expected the classes "
        f"{few(bundle.manifest.classes)}; found {few(dataset.classes)}, and images of what the model does not know: "
        f"{images}; {advice}"
    )


def _elsewhere(dataset: Dataset) -> str:
    """Say in which splits there are images."""
    counts = {name: sum(classes.values()) for name, classes in dataset.info.counts.items()}
    having = [f"`--split {name}` has {count:,}" for name, count in counts.items() if count]
    return "".join(f"; {each}" for each in having)
