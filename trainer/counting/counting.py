"""The share of each class in a catalogue, corrected for what a model mistakes, with intervals.

Counting the classes that a model names is wrong where they are of another mix than its images were: 1 % of many spirals
taken for a rare class are more than the rare class itself. Here the mix is found that makes the probabilities likeliest
(`mixture`), once they are right for the held-out images (`recalibrating`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from datasets import NONE_OF_THESE, Progress, class_key, silent
from trainer.bundles.held_out import HeldOut
from trainer.counting.explaining import SURPRISING, Histogram, misfit
from trainer.counting.mixture import mixture
from trainer.counting.recalibrating import Recalibrator, logarithms
from trainer.errors import OptionsError
from trainer.scores import wilson_interval

Floats = npt.NDArray[np.float64]

ENOUGH = 20
"""Held-out images of a class without which its corrected share is not said: what is mistaken for it is not known."""
_DRAWS = 200
_AT_ONCE = 100_000
"""Galaxies of a draw at most: beyond, chance among them is small beside that among held-out images."""
_QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Share:
    """The share of a class: corrected, ``value``, with its 95 % interval, and uncorrected.

    ``value``, ``low`` and ``high``, 0–1, are None where fewer than `ENOUGH` images of the class were held out, of which
    there are ``held_out``. ``named`` is the number of galaxies that the model named so.
    """

    value: float | None
    low: float | None
    high: float | None
    named: int
    held_out: int


@dataclass(frozen=True)
class Count:
    """The shares of classes in a catalogue of ``galaxies``, and how probable it is, ``chance``, that such a mix of the
    classes has answers as far off as the catalogue's."""

    galaxies: int
    shares: Mapping[str, Share]
    chance: float

    @property
    def is_explained(self) -> bool:
        """Whether another mix of classes may be all in which the catalogue differs from the held-out images."""
        return self.chance >= SURPRISING

    def as_json(self) -> dict[str, Any]:
        """Return the object that `galaxy count --json` prints, without the names of files."""
        shares = self.shares.items()
        return {
            "count": self.galaxies,
            "fractions": {name: share.value for name, share in shares},
            "intervals": {name: None if share.low is None else [share.low, share.high] for name, share in shares},
            "uncorrected": {name: share.named / self.galaxies for name, share in shares},
            "named": {name: share.named for name, share in shares},
            "held_out": {name: share.held_out for name, share in shares},
            "chance": self.chance,
            "explained": self.is_explained,
        }


def count_classes(
    held_out: HeldOut,
    probabilities: npt.NDArray[np.floating],
    named: npt.NDArray[np.int64],
    classes: Sequence[str],
    *,
    seed: int = 1,
    draws: int = _DRAWS,
    progress: Progress = silent,
) -> Count:
    """Estimate the share of each class in a catalogue.

    Intervals are percentiles of a bootstrap: held-out images are drawn again within each class, and the catalogue's
    galaxies among all, so that they are of the shares among all galaxies that such a catalogue is a part of; they are
    no narrower than Wilson's of a model that mistakes nothing. Catalogues
    of the mix that was found, drawn from held-out images, say how far off the answers of one may be by chance.

    Args:
        held_out: Answers to images of known classes, and maybe to galaxies of none, which are then a further class.
        probabilities: Of the catalogue's n ≥ 1 galaxies, calibrated, (n, classes).
        named: int64, (n,): the class decided for; the number of classes stands for none of them.
        classes: Their names.
        seed: Of what is drawn.
        draws: Of either kind.

    Raises OptionsError where a class is called as galaxies of none are.
    """
    names = [*classes, NONE_OF_THESE] if held_out.has_none else [*classes]
    if reserved := [name for name in classes if class_key(name) == NONE_OF_THESE]:
        raise OptionsError(
            f"expected a model without a class {NONE_OF_THESE!r}, which is what galaxies of no class are called, found "
            f"{reserved[0]!r}: import its dataset with another name of that, and train again"
        )
    if held_out.probabilities.shape[1] != len(classes) or probabilities.shape != (len(named), len(classes)):
        raise ValueError(f"expected {len(classes)} probabilities a row, got {probabilities.shape}")
    generator = np.random.default_rng(seed)
    sample = _Sample(held_out, len(names))
    logs = logarithms(probabilities)
    found = sample.shares(np.ones(len(held_out.true)), logs, None)
    some = logs if len(logs) <= _AT_ONCE else logs[generator.choice(len(logs), _AT_ONCE, replace=False)]
    drawn = np.empty((draws, len(names)))
    with threadpool_limits(limits=1, user_api="blas"):  # for products so small, threads cost more than they bring
        for number in range(draws):
            drawn[number] = sample.shares(sample.drawn(generator), some, _again(len(some), generator))
            progress(number + 1, 2 * draws)
        chance = sample.chance(found, logs, generator, draws, lambda done: progress(draws + done, 2 * draws))
    lows, highs = np.quantile(drawn, _QUANTILES, axis=0)
    counts, images = np.bincount(named, minlength=len(names)), sample.images
    lows, highs = np.minimum(lows, found), np.maximum(highs, found)
    for at, (least, most) in enumerate(_of_a_perfect_model(found, len(named))):
        lows[at], highs[at] = min(lows[at], least), max(highs[at], most)
    shares = {}
    for at, name in enumerate(names):
        value, low, high = (float(each[at]) if images[at] >= ENOUGH else None for each in (found, lows, highs))
        shares[name] = Share(value, low, high, int(counts[at]), int(images[at]))
    return Count(len(named), shares, chance)


class _Sample:
    """Held-out answers, drawn again and again."""

    def __init__(self, held_out: HeldOut, outcomes: int) -> None:
        self._true, self._logs = held_out.true, logarithms(held_out.probabilities)
        self.images = np.bincount(self._true, minlength=outcomes)
        self._rows = [np.flatnonzero(self._true == number) for number in range(outcomes)]
        self._recalibrator = Recalibrator(self._true, self._logs, has_none=held_out.has_none)

    def drawn(self, generator: np.random.Generator) -> Floats:
        """Draw as many of each class as there are: how often each row is, (n,)."""
        return self.of(self.images, generator)

    def of(self, counts: npt.NDArray[np.int64], generator: np.random.Generator) -> Floats:
        """Draw so many of each class."""
        weights = np.zeros(len(self._true))
        for rows, count in zip(self._rows, counts.tolist(), strict=True):
            if len(rows):
                weights[rows] = generator.multinomial(count, np.full(len(rows), 1 / len(rows)))
        return weights

    def shares(self, weights: Floats, logs: Floats, counted: Floats | None) -> Floats:
        """Return the shares of classes in a catalogue whose galaxies count as ``counted``, by rows that count so."""
        fitted = self._recalibrator.fit(weights)
        return mixture(fitted.of(logs), self._prior(fitted.of(self._logs), weights), counted)

    def _prior(self, probabilities: Floats, weights: Floats) -> Floats:
        """Return the mix that probabilities are right for: their own mean, so that no mix is found in its own rows."""
        prior = weights @ probabilities / weights.sum()
        return np.where(self.images > 0, prior, 0.0)

    def chance(
        self, shares: Floats, logs: Floats, generator: np.random.Generator, draws: int, done: Callable[[int], None]
    ) -> float:
        """Return how often a catalogue of some shares, drawn from the rows, is as far off as one of these answers."""
        fitted = self._recalibrator.fit(np.ones(len(self._true)))
        ours = fitted.of(self._logs)
        histogram = Histogram.of(ours)
        places = histogram.places(ours)

        def by_class(weights: Floats) -> list[Floats]:
            each = [histogram.counts(places[:, rows], weights[rows]) for rows in self._rows]
            return [np.stack(one) for one in zip(*each, strict=True)]

        seen = misfit(histogram.counts(histogram.places(fitted.of(logs))), by_class(np.ones(len(self._true))), shares)
        further = 0
        for number in range(draws):
            catalogue = self.of(generator.multinomial(len(logs), shares), generator)
            again = self.drawn(generator)
            mix = self.shares(again, self._logs, catalogue)
            further += misfit(histogram.counts(places, catalogue), by_class(again), mix) >= seen
            done(number + 1)
        return (1 + further) / (1 + draws)


def _of_a_perfect_model(shares: Floats, galaxies: int) -> list[tuple[float, float]]:
    """Return Wilson's intervals of shares: a few galaxies drawn again and again never show a class that they lack."""
    return [wilson_interval(round(share * galaxies), galaxies) or (0.0, 1.0) for share in shares.tolist()]


def _again(count: int, generator: np.random.Generator) -> Floats:
    """Draw so many of so many rows: how often each is, (count,)."""
    return np.bincount(generator.integers(0, count, count), minlength=count).astype(np.float64)
