"""A bundle on test images and galaxies of no class that nothing was chosen by."""

import sys

import numpy as np

from datasets import Dataset, Split, decode, iterate_images
from trainer import Classifier, share_with_interval
from trainer.answering.judging import Judge
from trainer.bundles.evaluating_none import told_of_none


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def drawn(dataset: Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``count`` of a dataset's test rows, drawn with seed 1, and the others."""
    rows = dataset.rows(Split.TEST)
    order = rows[np.random.default_rng(1).permutation(len(rows))]
    return np.sort(order[:count]), np.sort(order[count:])


def report(model: str, location: str, source: str, left_out: int, share: float) -> None:
    classifier, dataset = Classifier.load(model), Dataset.open(location)
    known = classifier.bundle.manifest.preprocessing
    rows = drawn(dataset, left_out)[1]
    true, probabilities = dataset.labels[rows], classifier.probabilities(dataset.take(rows))
    images = [
        decode(file.read(), crop=known.crop, image_size=known.image_size, stretch=known.stretch).pixels
        for file in iterate_images([source])
    ]
    of_none = classifier.probabilities(np.stack(images))
    told = told_of_none(classifier, true, probabilities, of_none, None)
    if told is None:
        raise SystemExit("expected a model that was shown galaxies of no class")
    alarms = told.alarms()
    say(f"caught {share_with_interval(told.caught, told.shown)} of {told.shown}, AUROC {told.auroc:.3f}")
    everything = [sum(each) for each in zip(*alarms.values(), strict=True)]
    say(f"false alarms {share_with_interval(*everything)} of {len(rows):,} test images")
    judge, trust = Judge.of(classifier.bundle.trust, classifier.point(None), None, model), classifier.bundle.trust
    assert trust is not None
    for what, chances in {"test images": probabilities, "galaxies of no class": of_none}.items():
        numbers = classifier.decide(chances)
        verdicts = judge.judge([None] * len(chances), chances, numbers)
        confident = int((chances[np.arange(len(chances)), numbers] >= (judge.threshold or np.inf)).sum())
        sure = sum(verdict.sure is True for verdict in verdicts)
        say(f"sure of {share_with_interval(sure, len(chances))} of the {what}; {confident} by probability alone")
    say(f"| class | images | taken for none | purity with {share:.0%} of none | without those taken for none |")
    say("| --- | --- | --- | --- | --- |")
    for name, purity in told.purities(share).items():
        before, after = ("–" if each is None else f"{each:.1%}" for each in (purity.before, purity.after))
        say(f"| {name} | {alarms[name][1]:,} | {share_with_interval(*alarms[name])} | {before} | {after} |")
