"""How many images each class has, in each split, and in an epoch once the training rows are balanced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datasets import Balance, DatasetInfo, Split, balanced_counts, class_weights
from ui import wording


@dataclass(frozen=True)
class Balanced:
    """A class in training, before and after balancing.

    Attributes:
        name: of the class.
        images: it has in the training split.
        drawn: of these an epoch has, repeats counted.
        weight: what the loss of each is multiplied by, so that the mean over all images is 1.
        share: of the training split, 0–1.
        share_after: of an epoch's loss, 0–1: what training goes by.
    """

    name: str
    images: int
    drawn: int
    weight: float
    share: float
    share_after: float


def split_table(info: DatasetInfo) -> list[dict[str, object]]:
    """Return a row a class: its images in each split that has any, in all, and its share."""
    splits = [split for split in Split if sum(info.counts.get(split, {}).values())]
    rows = []
    for name in info.classes:
        counts = {str(split): info.counts[split].get(name, 0) for split in splits}
        total = sum(counts.values())
        rows.append({"class": name, **counts, "all": total, "share (%)": in_percent(total / max(info.total, 1))})
    return rows


def in_percent(share: float) -> float:
    """Return a share, 0–1, in percent, as a table has it: a number, so that it sorts as one."""
    return round(100 * share, 2)


def training_counts(info: DatasetInfo) -> list[int]:
    """Return the number of training images of each class, in their order."""
    counts = info.counts.get(Split.TRAIN, {})
    return [counts.get(name, 0) for name in info.classes]


def balanced(classes: Sequence[str], counts: Sequence[int], balance: Balance) -> list[Balanced]:
    """Say what balancing makes of so many training images of each class: `datasets.balanced_counts`, as training does.

    An epoch drops the rows of its last batch that are not a whole one: that many fewer.
    """
    labels = np.repeat(np.arange(len(counts)), counts)
    drawn_of: Mapping[int, int] = balanced_counts(labels, balance)
    drawn = np.array([drawn_of.get(label, 0) for label in range(len(counts))])
    weights = np.ones(len(counts))
    if balance.kind == "weights" and len(labels):
        weights = class_weights(labels, classes=len(counts), power=balance.power).astype(np.float64)
    before, after = np.array(counts) / max(len(labels), 1), drawn * weights
    after = after / max(after.sum(), 1e-9)
    each = zip(classes, counts, drawn.tolist(), weights.tolist(), before.tolist(), after.tolist(), strict=True)
    return [Balanced(*row) for row in each]


def balance_in_words(balance: Balance) -> str:
    """Say what a balance does, one sentence."""
    again = ", chosen anew for each epoch" if balance.fresh else ", chosen once"
    if balance.kind == "undersample":
        most = f"{balance.ratio:g} times the images of the rarest"
        return f"No class has more than {most}: the others are left out{again}."
    if balance.kind == "oversample":
        percent = wording.percent(balance.ratio)
        return f"No class has fewer than {percent} of the images of the most frequent: its own are repeated{again}."
    if balance.kind == "weights":
        by = f"1 / (images of its class) to the power {balance.power:g}"
        return f"Each image counts by {by}; none is left out or repeated."
    return "Each training image is used once an epoch."
