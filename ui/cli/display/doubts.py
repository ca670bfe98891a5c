"""What a table of scores hides: classes that are hardly ever found, and scores that few images tell little of."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets import DatasetInfo, GalaxyTunerError, Split, few, locate_dataset, shown_name
from ui import wording
from ui.ranking import best

if TYPE_CHECKING:
    from search import SearchView
    from trainer import LostClass

_RIGHT = 0.8
"""Share of each class that is taken to be named rightly before anything is trained."""
_MORE = "more images of it, more epochs or a closer crop may help (`galaxy info` says how much the objects fill)"
_FAIR = "`--decide balanced` gives it a fair chance"


def never_measured_on(info: DatasetInfo, *splits: Split) -> list[str]:
    """Say which classes a dataset has no image of in its ``splits``, where these have others."""
    says = {Split.VALIDATION: "what is chosen by scores says nothing of it", Split.TEST: "no final score is of it"}
    lines = []
    for split in splits:
        counts = info.counts.get(split, {})
        absent = [f"'{shown_name(name)}'" for name, count in counts.items() if not count]
        if absent and any(counts.values()):
            lines.append(
                f"no {split} image of {few(absent, most=3)}: {says[split]}; add some, or import with splits drawn anew "
                "(`--split-column none`, of folders `--split-folders none`)"
            )
    return lines


def few_to_measure_on(info: DatasetInfo) -> list[str]:
    """Say how uncertain macro scores on a dataset will be, where its splits have few images of a class, or none."""
    from trainer import FEW

    splits = {split: info.counts.get(split, {}) for split in (Split.VALIDATION, Split.TEST)}
    lines = never_measured_on(info, *splits)
    for split, counts in splits.items():
        present = {name: count for name, count in counts.items() if count}
        if present and (rarest := min(present.values())) < FEW:
            names = [f"'{shown_name(name)}'" for name, count in present.items() if count == rarest]
            of = f"{'each of' if len(names) > 1 else 'of'} {few(names, most=3)}"
            width = f"±{_half_width([*present.values()]):.2f} (95 %)"
            images = wording.plural(rarest, f"{split} image")
            lines.append(f"{images} {of}: macro F1 on that split is uncertain by about {width}")
    return lines


def _half_width(counts: list[int]) -> float:
    """Return half the width of the interval that macro F1 will have on so many images of each class."""
    from trainer import interval_of_confusion

    wrong = (1 - _RIGHT) / max(len(counts) - 1, 1)
    shares = np.full((len(counts), len(counts)), wrong) + np.diag(np.full(len(counts), _RIGHT - wrong))
    low, high = interval_of_confusion(np.array(counts)[:, np.newaxis] * shares, seed=1)
    return (high - low) / 2


def said_of_lost(scores: Mapping[str, Mapping[str, Any]], *, fair: bool) -> list[str]:
    """Say which classes are hardly ever found in scores as JSON has them, by the split that they are on.

    ``fair`` says that the answers are those of a decision that is fair to rare classes already.
    """
    from trainer import lost_classes

    help_ = _MORE if fair else f"{_FAIR}; {_MORE}"
    found = {split: lost_classes(score["confusion_matrix"], score["classes"]) for split, score in scores.items()}
    return [_said(classes, split, help_) for split, classes in found.items() if classes]


def said_of_few(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say what macro F1 may be where it is of few images of a class, for tables that have no interval of it."""
    from trainer import FEW

    lines = []
    for split, score in scores.items():
        counts = {name: sum(row) for name, row in zip(score["classes"], score["confusion_matrix"], strict=True)}
        rarest = min((count for count in counts.values() if count), default=FEW)
        if rarest < FEW:
            low, high = score["macro_f1_interval"]
            names = few([f"'{shown_name(name)}'" for name, count in counts.items() if count == rarest], most=3)
            lines.append(
                f"macro F1 as the model decides, {score['macro']['f1']:.2f} on {split}, may be {low:.2f} to {high:.2f} "
                f"(95 %): {wording.plural(rarest, 'image')} of {names}"
            )
    return lines


def lost_in_search(view: "SearchView") -> list[str]:
    """Say which class the best trial of a search hardly ever finds; nothing where its dataset is there no more."""
    from trainer import LostClass, is_lost

    leader = best(view.board)
    number = math.nan if leader is None else leader.metrics.get("val_worst_class", math.nan)
    if leader is None or math.isnan(number):  # an older version's trial has none
        return []
    try:
        info = locate_dataset(view.specification.dataset)
    except GalaxyTunerError:
        return []
    if info.fingerprint != view.specification.fingerprint:  # another has its name by now
        return []
    name, recall = view.specification.classes[int(number)], leader.metrics["val_worst_recall"]
    images = info.counts[Split.VALIDATION][name]
    return [_said([LostClass(name, recall, images)], Split.VALIDATION, _MORE)] if is_lost(recall, images) else []


def _said(lost: "Sequence[LostClass]", split: str, help_: str) -> str:
    each = [
        f"'{shown_name(one.name)}' (recall {one.recall:.2f} on {wording.plural(one.images, 'image')})" for one in lost
    ]
    return f"Hardly ever found on {split}: {few(each, most=5)}; {help_}"
