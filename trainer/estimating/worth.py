"""What a search was worth: by how much the chosen configuration is better than the space's defaults.

Each configuration was trained from several beginnings, on divisions of the same images, the same for all, so that they
are compared in pairs. The gain is that of macro F1 over all answers that networks gave on what they had not seen.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from trainer.estimating.gains import FinalistScores, count_parts, gain_with_error
from trainer.estimating.macro_f1 import count, macro_f1
from trainer.objective import Objective

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Worth:
    """The gain of the chosen configuration over the space's defaults.

    Attributes:
        gain: What is to be expected of it, above 0 where the chosen is better; None where nothing was compared.
        low: Lower end of its 95 % interval; None where beginnings or images are too few to tell it.
        high: Upper end.
        beginnings: Divisions on which both were compared.
        measured: The gain as measured, too high by what the choice among finalists made of chance.
        sentence: All that in words, without a full stop.
    """

    gain: float | None
    low: float | None
    high: float | None
    beginnings: int
    measured: float | None
    sentence: str

    def as_json(self) -> dict[str, object]:
        """Return it as JSON-ready values."""
        return asdict(self)


def worth(
    true: Sequence[Numbers],
    decisions: Mapping[str, Sequence[Numbers]],
    *,
    defaults: str,
    chosen: str,
    classes: int,
    test_share: float,
    same_images: bool = False,
) -> Worth:
    """Return what ``chosen`` gains over ``defaults`` in macro F1 of pooled out-of-fold answers.

    The interval is Nadeau and Bengio's (2003, doi:10.1023/A:1024068626366) corrected t, from the jackknife's
    pseudo-values of leaving out one division at a time, around the gain as `kept_share` leaves it; no narrower than
    leaving out a twentieth of the images at a time makes it.

    Args:
        true: Class numbers, int64 (n_d,), of each division's validation images.
        decisions: Finalist → what its network decided for on each division, int64 (n_d,); a finalist that was dropped
            has the first few of them only, at least one, and says nothing then of how much finalists differ.
        defaults: The finalist that is the space's defaults.
        chosen: The finalist that was chosen.
        classes: How many there are.
        test_share: A division's validation images as a share of all but the test images, above 0 and below 1.
        same_images: All divisions are one, in the same order, and only the seeds differ. What chance made of the images
            is then no difference between divisions, and is learnt from those twentieths alone.
    """
    if chosen == defaults:
        return _nothing_gained(len(decisions[defaults]))
    divisions = min(len(decisions[chosen]), len(decisions[defaults]))
    names = [defaults, chosen, *(name for name in decisions if name not in (defaults, chosen))]
    complete = [name for name in names if len(decisions[name]) >= divisions]
    counts = np.stack([[count(true[d], decisions[name][d], classes) for d in range(divisions)] for name in complete])
    if divisions < 2:
        return _of_one(macro_f1(counts[:, 0]), "macro F1")
    if same_images:
        images = [count_parts(true[0], decisions[name][:divisions], classes) for name in complete]
    else:
        all_true = np.concatenate(true[:divisions])
        images = [count_parts(all_true, [np.concatenate(decisions[name][:divisions])], classes) for name in complete]
    scores = FinalistScores.of_counts(counts, np.stack(images), same_images=same_images)
    return _worth(scores, test_share, "macro F1", most=1.0)


def worth_of_scores(
    scores: Mapping[str, Sequence[float]],
    *,
    defaults: str,
    chosen: str,
    objective: Objective,
    test_share: float,
    same_images: bool = False,
) -> Worth:
    """Return what ``chosen`` gains in the mean of any objective's scores, one a division, the same divisions for all.

    As `worth`, with scores in place of pseudo-values, and nothing known of single images. Where less is better the gain
    is what was saved. Where all divisions are of the ``same_images`` there is no interval: scores do not tell what
    chance made of these, and the scatter of seeds by itself held the gain in 79 % of cases with eight beginnings.
    """
    if chosen == defaults:
        return _nothing_gained(len(scores[defaults]))
    divisions = min(len(scores[chosen]), len(scores[defaults]))
    names = [defaults, chosen, *(name for name in scores if name not in (defaults, chosen))]
    values = np.array([scores[name][:divisions] for name in names if len(scores[name]) >= divisions], np.float64)
    values = values if objective.direction == "max" else -values
    if divisions < 2:
        return _of_one(values[:, 0], objective.name)
    finalists = FinalistScores(values.mean(axis=-1), values)
    if not same_images:
        return _worth(finalists, test_share, objective.name)
    measured, gain, _ = (float(each) for each in gain_with_error(finalists, test_share))
    said = f"({divisions} beginnings on the same images: {objective.name} alone tells no interval)"
    return Worth(gain, None, None, divisions, measured, f"{_compared(gain, objective.name)} {said}")


def _of_one(scores: npt.NDArray[np.float64], name: str) -> Worth:
    """Say what one division tells by its scores, (finalists,)."""
    gain = float(scores[1] - scores[0])
    sentence = f"{_compared(gain, name)} (1 beginning: too few for an interval, or to correct for the choice)"
    return Worth(gain, None, None, 1, gain, sentence)


def _worth(scores: FinalistScores, test_share: float, name: str, *, most: float = math.inf) -> Worth:
    """Say what divisions tell; an interval as wide as the ``most`` that a gain can be is none."""
    beginnings = scores.divisions.shape[-1]
    measured, gain, half = (float(each) for each in gain_with_error(scores, test_share))
    alike = " on the same images" if scores.same_images else ""
    if half == 0 or half >= most:
        images = " images" if half == 0 else ""
        said = f"({beginnings} beginnings{alike}: too few{images} for an interval)"
        return Worth(gain, None, None, beginnings, measured, f"{_compared(gain, name)} {said}")
    low, high = gain - half, gain + half
    sentence = f"{_compared(gain, name)} (95 %: {_signed(low)} to {_signed(high)}; {beginnings} beginnings{alike})"
    return Worth(gain, low, high, beginnings, measured, sentence)


def _nothing_gained(beginnings: int) -> Worth:
    return Worth(0.0, None, None, beginnings, 0.0, "the space's defaults are the best that was found")


def _compared(gain: float, name: str) -> str:
    shown = f"{abs(gain):.2f}"
    if float(shown) == 0:
        return f"no better and no worse than the space's defaults: 0.00 {name}"
    return f"{'better' if gain > 0 else 'worse'} than the space's defaults by {shown} {name}"


def _signed(number: float) -> str:
    shown = f"{number:.2f}".replace("-", "−")
    return shown.removeprefix("−") if float(f"{number:.2f}") == 0 else shown
