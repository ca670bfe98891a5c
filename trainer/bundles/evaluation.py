"""Evaluating a classifier on a dataset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Progress, Split, few, silent
from trainer.answering.decision import Decide
from trainer.bundles.classifier import Classifier
from trainer.bundles.evaluating_none import answers_of_none, told_of_none
from trainer.bundles.manifest import INTERIM
from trainer.bundles.matching import labelled_rows
from trainer.bundles.of_none import ToldOfNone
from trainer.bundles.preparation import other_range, other_scale, other_stretch
from trainer.bundles.seen import Overlap, overlap
from trainer.estimating.interval import with_interval
from trainer.scores import Scores, score_predictions

_AT_ONCE = 64
Ready = Callable[[npt.NDArray[np.int64]], None]


@dataclass(frozen=True)
class Evaluation:
    """What a classifier answers on labelled images: enough for the scores of each operating point.

    ``rows``, int64 (n,), are the dataset's; ``true``, int64 (n,), class numbers of the classifier; ``probabilities``,
    float32 (n, classes), are calibrated. ``spelled`` and ``left_out`` are those of `LabelledRows`; ``scale``,
    ``stretch`` and ``value_range`` are what is to be said of the scale of the images, of how their FITS bands are
    stretched, and of what is black and white in arrays; ``overlap`` is about the images that the classifier was trained
    or chosen on. ``of_none``, float32 (m, classes), are the probabilities of the dataset's galaxies of no class, as
    `answers_of_none` has them.
    """

    classifier: Classifier
    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    spelled: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    scale: str | None = None
    stretch: str | None = None
    value_range: str | None = None
    overlap: Overlap = field(default_factory=Overlap)
    of_none: npt.NDArray[np.float32] | None = None

    @property
    def absent(self) -> tuple[str, ...]:
        """Classes of the classifier that no image is of; an answer that names one is a mistake."""
        present = set(self.true.tolist())
        return tuple(name for number, name in enumerate(self.classifier.classes) if number not in present)

    def decided(self, decide: Decide | None = None) -> npt.NDArray[np.int64]:
        """Return the class numbers decided for, int64 (n,), by default at the bundle's own operating point."""
        return self.classifier.decide(self.probabilities, decide)

    def scores(self, decide: Decide | None = None) -> Scores:
        """Score the decisions at an operating point, by default the bundle's own, with the interval of macro F1."""
        scores = score_predictions(self.true, self.probabilities, self.classifier.classes, decided=self.decided(decide))
        return with_interval(scores)

    def told_of_none(self, decide: Decide | None = None) -> ToldOfNone | None:
        """Return how galaxies of no class, and others, were told; None where the classifier was never shown such."""
        nothing = np.zeros((0, len(self.classifier.classes)), np.float32)
        of_none = nothing if self.of_none is None else self.of_none
        return told_of_none(self.classifier, self.true, self.probabilities, of_none, decide)

    def matching(self) -> dict[str, object]:
        """Return how dataset and classifier fit, JSON-ready: ``absent``, ``spelled`` … ``seen``."""
        classes = {"absent": list(self.absent), "spelled": dict(self.spelled), "left_out": dict(self.left_out)}
        seen = {"seen": self.overlap.seen, "seen_left_out": self.overlap.left_out}
        return {**classes, "scale": self.scale, "stretch": self.stretch, "value_range": self.value_range, **seen}

    def notes(self) -> list[str]:
        """Say in what the dataset is not as the classifier's own, a line each."""
        interim = [INTERIM] if self.classifier.bundle.manifest.interim else []
        lines = [*interim, *(said for said in (self.scale, self.stretch, self.value_range) if said is not None)]
        if self.absent:
            present = len(self.classifier.classes) - len(self.absent)
            lines.append(f"No image is of {few(self.absent)}: means over classes are over the other {present}")
        if self.spelled:
            pairs = [f"'{name}' is the model's '{known}'" for name, known in self.spelled.items()]
            taken = few(pairs, most=3, longest=150)
            lines.append(f"Spelled otherwise: {taken}")
        if self.left_out:
            unknown = few([f"{name} ({count:,})" for name, count in self.left_out.items()])
            lines.append(f"Left out, as the model does not know them: images of {unknown}")
        return [*lines, *self.overlap.notes()]


def answers_on(
    classifier: Classifier,
    dataset: Dataset,
    split: Split | None = None,
    *,
    known_only: bool = False,
    seen: bool = False,
    unseen_only: bool = False,
    ready: Ready | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Ask a classifier about a split of a dataset (None: all of it). Classes are matched by name.

    Args:
        known_only: Leave out images of classes that it does not know.
        seen: Ask about images that it was trained or chosen on, too, however many they are.
        unseen_only: Leave those out.
        ready: Told of the classes of the images, before the first is answered: what it raises is raised.

    Raises:
        ModelMismatchError: It does not know a class of the images, or their size or crop are not those of the bundle.
        SplitError: The dataset has no such images.
        SeenError: More than a twentieth are such as it was trained or chosen on.
        OptionsError: ``unseen_only``, and it does not say which these are; or ``seen`` at the same time.
    """
    bundle = classifier.bundle
    labelled = labelled_rows(bundle, dataset, split, known_only=known_only)
    labelled, found = overlap(bundle, dataset, split, labelled, allowed=seen, unseen_only=unseen_only)
    rows = labelled.rows
    if ready is not None:
        ready(labelled.true)
    probabilities: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(rows), _AT_ONCE):
        probabilities.append(classifier.probabilities(dataset.take(rows[start : start + _AT_ONCE])))
        progress(min(start + _AT_ONCE, len(rows)), len(rows))
    answers = np.concatenate(probabilities)
    return Evaluation(
        classifier,
        rows,
        labelled.true,
        answers,
        labelled.spelled,
        labelled.left_out,
        scale=other_scale(bundle.manifest, dataset.preprocessing),
        stretch=other_stretch(bundle.manifest, dataset.preprocessing),
        value_range=other_range(bundle.manifest, dataset.preprocessing),
        overlap=found,
        of_none=answers_of_none(classifier, dataset),
    )


def evaluate(
    classifier: Classifier,
    dataset: Dataset,
    split: Split | None = None,
    *,
    decide: Decide | None = None,
    known_only: bool = False,
    seen: bool = False,
    unseen_only: bool = False,
    progress: Progress = silent,
) -> Scores:
    """Score a classifier on a split of a dataset (None: all of it), by default at its own operating point.

    Raises as `answers_on` and `Classifier.point`.
    """
    answers = answers_on(
        classifier, dataset, split, known_only=known_only, seen=seen, unseen_only=unseen_only, progress=progress
    )
    return answers.scores(decide)
