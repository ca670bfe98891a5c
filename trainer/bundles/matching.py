"""Which rows of a dataset can be put to a model, and which of its classes are which of the model's."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split, class_mapping, few
from trainer.bundles.bundle import Bundle
from trainer.bundles.preparation import require_same_preparation
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
    require_same_preparation(bundle.manifest, dataset.info, model=bundle.uri)
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
