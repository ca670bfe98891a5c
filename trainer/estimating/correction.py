"""The score of the chosen finalist, without what the choice among finalists made of luck."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from trainer.estimating.estimate import Estimate
from trainer.estimating.interval import interval_of_confusion
from trainer.estimating.macro_f1 import SUPPORT, count_confusion, f1, macro_f1

_REPEATS = 1000
_AT_ONCE = 100
_QUANTILES = (0.025, 0.975)
_FEWEST = 2
"""Images of a class without which none is ever left over that was not drawn."""


def corrected_score(
    true: npt.NDArray[np.int64], decisions: Mapping[str, npt.NDArray[np.int64]], classes: int, *, seed: int
) -> Estimate | None:
    """Estimate the macro F1 of the best of some finalists on images by which none was chosen.

    Bootstrap bias correction (BBC-CV; Tsamardinos, Greasidou & Borboudakis 2018, doi:10.1007/s10994-018-5714-4): the
    best finalist is chosen on images drawn with replacement, and scored on those that were not drawn, many times.
    Images are drawn within each class. The F1 of a class is averaged over the repeats that leave an image of it: the
    macro F1 of the others alone would be too high, as the classes of few images are mostly the poor ones. The choice
    of the finalists themselves, among trials, is not corrected.

    The interval holds that of the repeats, that of the best finalist's own answers (`interval_of_confusion`), and the
    latter moved by the correction: repeats of two or three images of a class take what these do not show for
    impossible, and hold the true value in 58 to 97 % of cases.

    Args:
        true: Class numbers, int64 (n,), of all divisions' validation images.
        decisions: Finalist → what its networks decided for, each on what it had not seen, int64 (n,); at least one.
        classes: How many there are.
        seed: Of the draws.

    Returns None where a class has fewer than two images, of which nothing can be told so.
    """
    if np.bincount(true, minlength=classes).min() < _FEWEST:
        return None
    generator = np.random.default_rng(seed)
    answers = _indicators(true, np.stack(list(decisions.values())), classes)
    parts = [_outside(_draw(true, classes, generator), answers) for _ in range(_REPEATS // _AT_ONCE)]
    scores, held = (np.concatenate(each) for each in zip(*parts, strict=True))
    for of_class, there in zip(scores.T, held.T, strict=True):
        # What a repeat does not tell of a class is taken from one that does: the interval is of all classes then.
        of_class[~there] = generator.choice(of_class[there], size=int((~there).sum()))
    value = np.mean([of_class[there].mean() for of_class, there in zip(scores.T, held.T, strict=True)])
    low, high = np.quantile(scores.mean(axis=1), _QUANTILES)
    measured, (least, most) = _best(true, decisions, classes, seed=seed)
    correction = float(value) - measured
    return Estimate(
        float(value), max(0.0, min(float(low), least, least + correction)), max(float(high), most, most + correction)
    )


def _best(
    true: npt.NDArray[np.int64], decisions: Mapping[str, npt.NDArray[np.int64]], classes: int, *, seed: int
) -> tuple[float, tuple[float, float]]:
    """Return the macro F1 of the best finalist on all images, and its interval."""
    matrices = [
        np.bincount(true * classes + each, minlength=classes**2).reshape(classes, classes)
        for each in decisions.values()
    ]
    scores = [float(macro_f1(count_confusion(matrix.astype(np.float64)))) for matrix in matrices]
    return max(scores), interval_of_confusion(matrices[int(np.argmax(scores))], seed=seed)


def _outside(
    drawn: npt.NDArray[np.float32], answers: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return each class's F1 on what was not drawn of the finalist that is best on what was, (_AT_ONCE, classes).

    And, of the same shape, whether any image of it was not drawn.
    """
    inside, outside = (np.tensordot(each, answers, 1) for each in (drawn, (drawn == 0).astype(np.float32)))
    best = outside[np.arange(len(drawn)), macro_f1(inside).argmax(axis=1)]
    return f1(best), best[:, SUPPORT] > 0


def _draw(true: npt.NDArray[np.int64], classes: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return how often each image is drawn, float32 (_AT_ONCE, n), as many of each class as there are."""
    drawn = np.zeros((_AT_ONCE, len(true)), np.float32)
    for label in range(classes):
        rows = np.flatnonzero(true == label)
        drawn[:, rows] = generator.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_AT_ONCE)
    return drawn


def _indicators(true: npt.NDArray[np.int64], decided: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float32]:
    """Return what each image adds to the counts of finalists' decisions, (finalists, n): (n, finalists, 3, classes)."""
    one_hot = np.eye(classes, dtype=np.float32)
    named = one_hot[decided]
    truth = np.broadcast_to(one_hot[true], named.shape)
    return np.stack([named * truth, truth, named], axis=2).swapaxes(0, 1)
