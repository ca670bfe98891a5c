"""How the weights of an ensemble are to be found on few images: by what is measured there, or by what is expected.

    PYTHONPATH=tests python -m benchmarks.trainer.weighing FILE --work FOLDER [--draws 100]

FILE and FOLDER are those of `benchmarks.search.guides`: recorded configurations, of two networks each, and what these
answer on thousands of images. Of the dozen best of the half to choose by two or three are drawn as finalists, and some
of the images; the first network of each answers for one half of them, the second for the other. Weights are found on
these answers. Told is the log loss, calibrated, of the average of all networks on all other images, above that of equal
weights, with its standard error over draws. Then the same where one of the finalists is none of the best.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.results import Results
from benchmarks.search.guides import answers
from benchmarks.search.methods.halves import HALVES, is_of

from trainer import limit_threads
from trainer.final import expecting
from trainer.final.choosing import choose_best, log_loss
from trainer.final.weighing import ensemble_weights

_BEST = 12
_IMAGES = (50, 100, 200, 600, 2000)
_APART = (0.03, 0.05, 0.1, 0.2, 1e6)
"""Standard deviations of what an average saves around what is expected; with the last one all is as measured."""
Array = npt.NDArray[np.floating]
Weigh = Callable[[npt.NDArray[np.int64], Sequence[Array]], Sequence[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=100)
    options = parser.parse_args()
    limit_threads(1)
    configurations, true = networks(options.file, options.work)
    ways: dict[str, Weigh] = {"the best one alone": _best_alone, "equal": lambda _, each: [1.0] * len(each)}
    ways |= {f"expected, {apart:g}" if apart < 1 else "as measured": _expected(apart) for apart in _APART}
    for is_one_poor in (False, True):
        sys.stdout.write(f"\n| images | {' | '.join(ways)} |\n{'| --- ' * (len(ways) + 1)}|\n")
        for images in _IMAGES:
            found = compared(configurations, true, ways, images, options.draws, is_one_poor=is_one_poor)
            cells = (f"{each.mean():+.2%} ± {each.std() / len(each) ** 0.5:.2%}" for each in found.values())
            sys.stdout.write(f"| {images} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


def networks(file: Path, work: Path) -> tuple[list[list[Array]], npt.NDArray[np.int64]]:
    """Return what both networks of each configuration answer, (n, classes), the best first, and the classes, (n,)."""
    found: dict[int, list[Array]] = {}
    true = np.zeros(0, np.int64)
    for one in Results(file, "number", "beginning"):
        if is_of(HALVES[0], one["number"]) and one["reason"] is None and (known := answers(one, work)) is not None:
            found.setdefault(known.configuration, []).append(known.probabilities)
            true = known.true
    complete = [each for each in found.values() if len(each) > 1]
    return sorted(complete, key=lambda each: sum(log_loss(true, one) for one in each)), true


def compared(
    configurations: Sequence[Sequence[Array]],
    true: npt.NDArray[np.int64],
    ways: Mapping[str, Weigh],
    images: int,
    draws: int,
    *,
    is_one_poor: bool,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return, for each way, the share of the log loss by which it is above that of equal weights in each draw."""
    generator, found = np.random.default_rng(images), {name: np.zeros(draws) for name in ways}
    for draw in range(draws):
        drawn = generator.choice(_BEST, generator.integers(2, 4), replace=False)
        if is_one_poor:
            drawn[0] = generator.integers(_BEST, len(configurations))
        shuffled = generator.permutation(len(true))
        parts, others = np.array_split(shuffled[:images], 2), shuffled[images:]
        held = [np.concatenate([configurations[one][part][rows] for part, rows in enumerate(parts)]) for one in drawn]
        all_of = [np.mean([each[others] for each in configurations[one]], axis=0) for one in drawn]
        of_equal = log_loss(true[others], np.mean(all_of, axis=0))
        for name, weigh in ways.items():
            weights = weigh(true[shuffled[:images]], held)
            loss = log_loss(true[others], np.average(all_of, axis=0, weights=weights))
            found[name][draw] = loss / of_equal - 1
    return found


def _best_alone(true: npt.NDArray[np.int64], each: Sequence[Array]) -> list[float]:
    (best,) = choose_best(true, each)
    return [float(number == best) for number in range(len(each))]


def _expected(apart: float) -> Weigh:
    def weigh(true: npt.NDArray[np.int64], each: Sequence[Array]) -> Sequence[float]:
        expecting._APART = apart
        return ensemble_weights(true, each)

    return weigh


if __name__ == "__main__":
    main()
