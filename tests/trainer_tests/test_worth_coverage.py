"""How often the interval of a gain holds the true one, and how far off the gain is, over networks made up by a rule.

A network names an image rightly where the sum of what its configuration, its beginning, the image and chance add is
above 0; else it names the class that this image is easily taken for. Images are as hard for all networks; networks of
one configuration err alike as far as their training images are the same, which no division of them shows.
"""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import norm

from trainer.estimating.gains import FinalistScores, gain_with_error
from trainer.estimating.macro_f1 import macro_f1

SHARES = np.array([0.02, 0.29, 0.14, 0.28, 0.27])
"""Of the classes: those of the real galaxies."""
MARGINS = norm.ppf([0.60, 0.93, 0.88, 0.91, 0.93])
"""How surely the space's defaults are right, by class, in standard deviations."""
TAKEN_FOR = np.array([2, 3, 4, 1, 3])
OFF = 0.12 * np.array([1.6, 1, 1, 1, 1])
"""Standard deviation of what a beginning adds: macro F1 differs by 0.015 between beginnings, images apart."""
HARD, TASTE = 0.5, 0.3
"""Shares of what decides on an image that are the image's own, and the image's for networks of one configuration."""
TEST_SHARE, REPEATS, PARTS = 0.1, 60, 20
TRUE_GAINS = {
    "none": [0.0],
    "none of three": [0.0, 0.0, 0.0],
    "one small": [0.1],
    "one small of three": [0.1, 0.0, 0.0],
    "small, all three": [0.1, 0.1, 0.1],
    "one large": [0.3],
    "one large of two": [0.3, 0.0],
    "two large and a small one": [0.3, 0.3, 0.1],
}
"""Of the other finalists, in standard deviations: 0.02 macro F1 and 0.05."""
Numbers = npt.NDArray[np.float64]


def counted(shifts: Numbers, divisions: int, rows: int, seed: int, same: bool) -> tuple[Numbers, Numbers]:
    """Return counts of finalists' answers, (REPEATS, finalists, divisions, 3, classes), and by parts of the images.

    ``same``: all divisions are of the same images.
    """
    generator = np.random.default_rng(seed)
    shape = (REPEATS, len(shifts), divisions)
    alike, own = (generator.standard_normal((*shape[:2], size, len(SHARES))) for size in (1, divisions))
    begun = OFF * (np.sqrt(TEST_SHARE) * alike + np.sqrt(1 - TEST_SHARE) * own)
    support = np.maximum(np.round(SHARES * rows), 1).astype(int)
    true = np.repeat(np.arange(len(SHARES)), support)
    image, taste = (
        generator.standard_normal((REPEATS, size, 1 if same else divisions, len(true)), np.float32)
        for size in (1, len(shifts))
    )
    chance = generator.standard_normal((*shape, len(true)), np.float32)
    margins = (MARGINS + shifts[:, None, None] + begun)[..., true]
    right = margins + HARD**0.5 * image + TASTE**0.5 * taste + (1 - HARD - TASTE) ** 0.5 * chance > 0
    labels, parts = np.eye(len(SHARES))[true], np.eye(PARTS)[np.arange(len(true)) % PARTS]
    by_part = (labels[:, None, :] * parts[:, :, None]).reshape(len(true), -1)
    hits = (right.sum(axis=2, dtype=np.float64) @ by_part).reshape(REPEATS, len(shifts), PARTS, -1)
    inside = divisions * by_part.sum(axis=0).reshape(PARTS, -1)
    return of_hits(right.astype(np.float64) @ labels, support.astype(float)), of_hits(hits, inside)


def of_hits(hits: Numbers, support: Numbers) -> Numbers:
    named = hits + (support - hits) @ np.eye(len(SHARES))[TAKEN_FOR]
    return np.stack([hits, np.broadcast_to(support, hits.shape), named], axis=-2)


def true_scores(shifts: Numbers) -> Numbers:
    """Return the macro F1 that endlessly many beginnings and images would have, a finalist."""
    hits = SHARES * norm.cdf((MARGINS + shifts[:, None]) / np.sqrt(1 + OFF**2))
    return macro_f1(of_hits(hits, SHARES))


def errors(
    others: list[float], divisions: int, rows: int, seed: int, same: bool = False
) -> tuple[Numbers, Numbers, Numbers]:
    """Return, of those repeats in which another than the defaults is chosen, the errors of gains and half intervals.

    The errors are of the gain as measured and as it is said; the interval is around the latter.
    """
    shifts = np.array([0.0, *others])
    counts, parts = counted(shifts, divisions, rows, seed, same)
    best = macro_f1(counts).mean(axis=-1).argmax(axis=1)
    chosen = best[best > 0]
    order = np.array([[0, one, *(k for k in range(1, len(shifts)) if k != one)] for one in chosen.tolist()])
    taken = (np.take_along_axis(each[best > 0], order[:, :, None, None, None], axis=1) for each in (counts, parts))
    measured, gain, half = gain_with_error(FinalistScores.of_counts(*taken, same_images=same), TEST_SHARE)
    all_true = true_scores(shifts)
    true = all_true[chosen] - all_true[0]
    return measured - true, gain - true, half


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, int, int], tuple[Numbers, Numbers, Numbers]]:
    cases = [(name, d, rows) for name in TRUE_GAINS for d in (2, 3, 5) for rows in (200, 2000)]
    return {case: errors(TRUE_GAINS[case[0]], *case[1:], seed=number) for number, case in enumerate(cases)}


@pytest.mark.parametrize("part", [*TRUE_GAINS, 2, 3, 5, 200, 2000])
def test_nine_of_ten_intervals_hold_the_true_gain(
    found: dict[tuple[str, int, int], tuple[Numbers, Numbers, Numbers]], part: str | int
) -> None:
    held = np.concatenate([np.abs(gain) <= half for case, (_, gain, half) in found.items() if part in case])
    assert len(held) > 100
    assert held.mean() >= 0.9


def test_they_do_where_all_beginnings_are_judged_on_the_same_images_too() -> None:
    for divisions in (3, 8):
        found = [errors(one, divisions, 200, seed=number, same=True) for number, one in enumerate(TRUE_GAINS.values())]
        assert np.mean([np.mean(np.abs(gain) <= half) for _, gain, half in found]) >= 0.9


def test_the_gain_that_is_said_is_nearer_the_truth(
    found: dict[tuple[str, int, int], tuple[Numbers, Numbers, Numbers]],
) -> None:
    measured, said = (np.concatenate([each[kind] for each in found.values()]) for kind in (0, 1))
    assert measured.mean() > 0.008
    assert abs(said.mean()) < 0.005
    assert (said**2).mean() < (measured**2).mean()
