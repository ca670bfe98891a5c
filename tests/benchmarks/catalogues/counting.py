"""How well `galaxy count` finds the mix of classes in catalogues of which the truth is known.

    PYTHONPATH=tests python -m benchmarks.catalogues.counting MODEL DATASET [--no-class IMAGES] [--answers FILE.npz]
        [--mixes 100] [--size 700] [--held-out 2500] [--kept]

DATASET has images that MODEL has never seen. For each mix a part of them, drawn anew, is held out as the images are
that a model is calibrated on, and of the others a catalogue is drawn: a rare class of 0.5 to 20 %, its logarithm
uniform, and the others by a Dirichlet distribution. With ``--kept`` nothing is drawn to be held out: the answers are
those that the model itself keeps. IMAGES are galaxies of none of the classes: catalogues of which a part is such, where
the model has never been shown one, and where half of them were held out. FILE keeps the answers, so that they are not
asked for again.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Split, iterate_images, open_folder
from trainer import Classifier, Count, HeldOut, answers_on, count_classes, read_held_out, read_manifest

RARE, LEAST, MOST = "Cigar-shaped smooth", 0.005, 0.2
NONE_SHARES = (0.1, 0.25, 0.53)
OF_OTHERS = 2.0
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """Answers to a dataset's ``rows``: true classes, probabilities, classes decided for; and to galaxies of none."""

    rows: Numbers
    true: Numbers
    probabilities: npt.NDArray[np.float32]
    decided: Numbers
    none: npt.NDArray[np.float32]
    none_decided: Numbers


@dataclass(frozen=True)
class Mix:
    """A catalogue: rows of answers, and of galaxies of none; and the rows that are held out."""

    rows: Numbers
    none: Numbers
    held_out: Numbers
    none_held_out: Numbers


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ask(options: argparse.Namespace) -> Answers:
    """Return the model's answers, from the file that keeps them where it is there."""
    kept = Path(options.answers) if options.answers else None
    if kept is not None and kept.exists():
        with np.load(kept) as arrays:
            return Answers(**{name: arrays[name] for name in arrays.files})
    classifier = Classifier.load(options.model)
    found = answers_on(classifier, Dataset.open(options.dataset), Split.TEST, unseen_only=True)
    say("; ".join(found.notes()) or "no image was seen before")
    images = iterate_images([options.no_class]) if options.no_class else iter(())
    others = [one for one in classifier.classify(images) if one.probabilities is not None]
    none = np.array([[*(one.probabilities or {}).values()] for one in others], np.float32)
    none = none.reshape(-1, len(classifier.classes))
    answers = Answers(found.rows, found.true, found.probabilities, found.decided(), none, classifier.decide(none))
    if kept is not None:
        np.savez_compressed(kept, **vars(answers))
    return answers


def mixes(
    answers: Answers, options: argparse.Namespace, classes: list[str], *, none: float, shown: bool
) -> Iterator[Mix]:
    """Draw catalogues of which a share is ``none``; where they are ``shown``, half of those are held out."""
    rare = classes.index(RARE)
    for number in range(options.mixes):
        generator = np.random.default_rng((options.seed, number))
        rows = generator.permutation(len(answers.true))
        held_out, pool = (rows[:0], rows) if options.kept else (rows[: options.held_out], rows[options.held_out :])
        share = float(np.exp(generator.uniform(np.log(LEAST), np.log(MOST))))
        shares = np.insert(generator.dirichlet([OF_OTHERS] * (len(classes) - 1)) * (1 - share), rare, share)
        of_none = round(none * options.size)
        counts = generator.multinomial(options.size - of_none, shares)
        chosen = [pool[answers.true[pool] == one][:count] for one, count in enumerate(counts)]
        others = generator.permutation(len(answers.none))
        half = len(others) // 2 if shown else 0
        yield Mix(np.concatenate(chosen), others[half:][:of_none], held_out, others[:half])


def counted(answers: Answers, mix: Mix, kept: HeldOut | None, classes: list[str], draws: int) -> tuple[Count, Floats]:
    """Count a catalogue; return that and its true shares, of each class and of none."""
    none = len(classes)
    if kept is None:
        kept = HeldOut(answers.true[mix.held_out], answers.probabilities[mix.held_out])
    if len(mix.none_held_out):
        kept = kept.with_none(answers.none[mix.none_held_out])
    probabilities = np.concatenate([answers.probabilities[mix.rows], answers.none[mix.none]])
    decided = np.concatenate([answers.decided[mix.rows], answers.none_decided[mix.none]])
    true = np.concatenate([answers.true[mix.rows], np.full(len(mix.none), none)])
    count = count_classes(kept, probabilities, decided, classes, draws=draws)
    return count, np.bincount(true, minlength=none + 1) / len(true)


def judge(answers: Answers, options: argparse.Namespace, classes: list[str], *, none: float, shown: bool) -> None:
    """Count all catalogues of a kind and say how good the counts are."""
    folder = open_folder(options.model)
    kept = read_held_out(folder, read_manifest(folder)) if options.kept else None
    covered, corrected, uncorrected, widths, flagged, total = [], [], [], [], 0, 0
    for mix in mixes(answers, options, classes, none=none, shown=shown):
        count, truth = counted(answers, mix, kept, classes, options.draws)
        total += 1
        flagged += not count.is_explained
        for at, (name, share) in enumerate(count.shares.items()):
            if share.value is None or share.low is None or share.high is None:
                continue
            is_rare = name == RARE
            covered.append((is_rare, share.low <= truth[at] <= share.high))
            corrected.append((is_rare, abs(share.value - truth[at])))
            uncorrected.append((is_rare, abs(share.named / count.galaxies - truth[at])))
            widths.append((is_rare, share.high - share.low))
    said = f"of none {none:.0%}{', shown' if shown else ''}: "
    for which, name in ((False, "all"), (True, RARE)):
        hit, error, before, width = (
            float(np.mean([value for is_rare, value in values if is_rare or not which]))
            for values in (covered, corrected, uncorrected, widths)
        )
        said += (
            f"{name}: covered {hit:.1%}, error {100 * error:.2f} points, uncorrected {100 * before:.2f}, "
            f"ratio {error / before:.2f}, width {100 * width:.1f}; "
        )
    say(f"{said}not explained {flagged} of {total}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("dataset")
    parser.add_argument("--no-class", help="images, folders, archives")
    parser.add_argument("--none", type=float, nargs="*", default=NONE_SHARES, help="shares of such galaxies")
    parser.add_argument("--answers", help=".npz that keeps what the model answered")
    parser.add_argument("--mixes", type=int, default=100)
    parser.add_argument("--size", type=int, default=700, help="galaxies of a catalogue")
    parser.add_argument("--held-out", type=int, default=2500, help="images held out")
    parser.add_argument("--kept", action="store_true", help="hold out what the model keeps")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    classes = list(read_manifest(open_folder(options.model)).classes)
    answers = ask(options)
    numbers = dict(zip(classes, np.bincount(answers.true, minlength=len(classes)).tolist(), strict=True))
    say(f"{len(answers.true):,} images, {numbers}, accuracy {(answers.decided == answers.true).mean():.1%}")
    judge(answers, options, classes, none=0.0, shown=False)
    for none in options.none if len(answers.none) else ():
        judge(answers, options, classes, none=none, shown=False)
        judge(answers, options, classes, none=none, shown=True)


if __name__ == "__main__":
    main()
