"""How far what a search teaches is to be believed: what its trials are, in numbers and in sentences for the reader."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

import numpy as np
import numpy.typing as npt

from datasets import few, shown_name
from search.insight.study import SEED, Unclear, last_of_each, look_at, values_by_name
from search.ledger.finals import Finals
from search.ledger.records import Record, TrialState
from search.values import Value
from trainer import Objective

_A_HYPERPARAMETER = 10
"""Trials for each of them below which patterns are doubted: Harrell's rule for regressions (2015, section 4.4)."""
_CLOSE = 2.0
"""Scores are close together where they spread by less than so many times what beginnings of one configuration do."""
_ALIKE = 0.02
"""Or, where no configuration was trained again, by less than this share of their median."""
_FEW_VALUES, _SELDOM = 10, 5
"""A hyperparameter of so few values is looked at value by value; one tried less often than this is said to be."""
_FEWEST_TO_FORETELL = 10
_TELLS_LITTLE, _TELLS_MUCH = 0.2, 0.7
"""Shares of the scores' variance, our own judgement: what is said beside has the number."""
_TREES = 100
_FIRST_AT_RANDOM = {"tpe": 10, "bayesian": 10}
"""Scored trials from which on an oracle chooses by them: it draws those before at random."""


@dataclass(frozen=True)
class Evidence:
    """What the trials of a search are.

    Attributes:
        ended: Trials that have ended.
        scored: Those of them with a score to compare, but none that a longer one goes on from: see `last_of_each`.
        gone_on_from: Those that one of the scored goes on from, as the promotions of hyperband do.
        running: Trials that have not ended.
        without_score: Number of ended trials without a score in each state that occurs.
        longest: Epochs of the longest scored trial; 0 without any.
        short: Epochs of each scored trial that had fewer.
        compared: Hyperparameters that every scored trial has and that took several values.
        partial: Those that only some scored trials have → how many do.
        middle: 10 % and 90 % quantile of the scores; None for fewer than two.
        median: The middle score, None without any.
        again: Standard deviation of the score between beginnings of one configuration, pooled over the finalists; None
            where none was begun twice.
        oracle: What proposed the configurations.
        known: Trials with a score that it knew of by the end, those that are not looked at counted, too.
    """

    ended: int
    scored: int
    gone_on_from: int
    running: int
    without_score: dict[str, int]
    longest: int
    short: tuple[int, ...]
    compared: tuple[str, ...]
    partial: dict[str, int]
    middle: tuple[float, float] | None
    median: float | None
    again: float | None
    oracle: str
    known: int

    @classmethod
    def of(
        cls, records: Sequence[Record], *, finals: Finals | None, oracle: str, known: int | None = None
    ) -> "Evidence":
        """Count ``records``, which are all, or some of the search's of which ``known`` have a score."""
        scored = last_of_each(records)
        all_scored = sum(record.is_scored for record in records)
        scores = [record.score for record in scored if record.score is not None]
        longest = max((record.epochs for record in scored), default=0)
        values = values_by_name(scored)
        everywhere = {name: each for name, each in values.items() if len(each) == len(scored)}
        tenths = quantiles(scores, n=10, method="inclusive") if len(scores) > 1 else None
        return cls(
            ended=sum(record.state.is_ended() for record in records),
            scored=len(scored),
            gone_on_from=all_scored - len(scored),
            running=sum(record.state is TrialState.RUNNING for record in records),
            without_score=dict(Counter(str(r.state) for r in records if r.state.is_ended() and not r.is_scored)),
            longest=longest,
            short=tuple(record.epochs for record in scored if record.epochs < longest),
            compared=tuple(name for name, each in everywhere.items() if len(set(each)) > 1),
            partial={name: len(each) for name, each in values.items() if name not in everywhere},
            middle=None if tenths is None else (tenths[0], tenths[-1]),
            median=median(scores) if scores else None,
            again=None if finals is None else _pooled(finals),
            oracle=oracle,
            known=all_scored if known is None else known,
        )

    def doubts(self) -> list[str]:
        """Say why no picture of these trials may be right, each reason a sentence with its numbers; none may be."""
        return [*self._of_number(), *self._of_epochs(), *self._of_spread(), *self._of_failures(), *self._of_choice()]

    def left_out(self) -> str | None:
        """Say which hyperparameters cannot be compared, as only some trials have them; None where there are none."""
        if not self.partial:
            return None
        each = [f"{name} ({count})" for name, count in self.partial.items()]
        return f"Left out is what only some of the {self.scored} trials have: {few(each, most=6)}."

    def _of_number(self) -> list[str]:
        needed = _A_HYPERPARAMETER * len(self.compared)
        if self.scored >= needed:
            return []
        several = f"{len(self.compared)} hyperparameters" if len(self.compared) > 1 else "1 hyperparameter"
        return [
            f"Few trials: {self.scored} with a score, for {several} that differ; with fewer than "
            f"{_A_HYPERPARAMETER} each ({needed}) chance alone draws patterns."
        ]

    def _of_epochs(self) -> list[str]:
        if not self.short:
            return []
        return [
            f"Not all were trained alike: {len(self.short)} of {self.scored} ended after fewer than {self.longest} "
            f"epochs (half of them after at most {median(self.short):.0f}); their scores are worse for that, too, and "
            "what learns slowly looks worse than it is."
        ]

    def _of_spread(self) -> list[str]:
        if self.middle is None or self.median is None:
            return []
        low, high = self.middle
        between = f"the middle 80 % of the scores lie between {low:.4f} and {high:.4f}"
        if self.again is not None:
            if high - low >= _CLOSE * self.again:
                return []
            return [
                f"Little spread: {between}, and beginnings of one configuration alone differ by ± {self.again:.4f}: "
                "much of what is seen is chance."
            ]
        if high - low >= _ALIKE * abs(self.median):
            return []
        return [f"Little spread: {between}; each configuration was trained once, so much of what is seen is chance."]

    def _of_failures(self) -> list[str]:
        left = sum(self.without_score.values())
        if not left:
            return []
        states = ", ".join(f"{count} {state}" for state, count in self.without_score.items())
        return [
            f"{left} of {self.ended} ended trials have no score ({states}) and are left out: what makes trials fail "
            "looks harmless here."
        ]

    def _of_choice(self) -> list[str]:
        if self.known <= _FIRST_AT_RANDOM.get(self.oracle, self.known):
            return []
        return [
            f"The oracle {self.oracle} chose what to try by the scores before: what looked bad early was tried seldom, "
            "and may be better than it looks."
        ]


def seldom(records: Sequence[Record], name: str) -> str | None:
    """Say which value of a hyperparameter that takes few was tried seldom by those of ``records`` that have it."""
    tried = Counter(record.hyperparameters[name] for record in records if name in record.hyperparameters)
    value, count = min(tried.items(), key=lambda each: each[1], default=(None, 0))
    if len(tried) > _FEW_VALUES or count >= _SELDOM or value is None:
        return None
    return f"Only {count} of {tried.total()} had {shown_name(str(value))}: a value tried so seldom says little."


def foretold(records: Sequence[Record], objective: Objective) -> float | None:
    """Return how well the hyperparameters foretell the scores of trials: R², 1 where perfectly, 0 or less where not.

    A random forest of 100 trees foretells the score of each trial by those of its trees that have not seen it (Breiman
    2001). The trials are those that the importances are of. None for fewer than ten, which say nothing of it.
    """
    looked = look_at(records, objective)
    if isinstance(looked, Unclear) or len(looked.records) < _FEWEST_TO_FORETELL:
        return None
    from sklearn.ensemble import RandomForestRegressor

    values = [_coded([record.hyperparameters[name] for record in looked.records]) for name in looked.names]
    forest = RandomForestRegressor(_TREES, oob_score=True, random_state=SEED)
    forest.fit(np.column_stack(values), [record.score for record in looked.records])
    return float(forest.oob_score_)


def said_of_foretold(share: float | None) -> str:
    """Say how far importances are to be believed, by what `foretold` returned."""
    if share is None:
        return (
            "Whether hyperparameters tell anything of the score cannot be tested with fewer than "
            f"{_FEWEST_TO_FORETELL} trials: do not believe it yet."
        )
    verdict = (
        "do not believe these shares"
        if share < _TELLS_LITTLE
        else "these shares are of a part of the differences"
        if share < _TELLS_MUCH
        else "the shares are of most of the differences"
    )
    return (
        f"By their hyperparameters the scores of trials not seen before are foretold with R² {share:.2f} "
        f"(1 exactly, 0 not at all): {verdict}."
    )


def _coded(values: Sequence[Value]) -> npt.NDArray[np.float64]:
    """Return numbers as they are, and of anything else the number of each value."""
    if all(isinstance(value, int | float) for value in values):
        return np.array(values, np.float64)
    known = {value: number for number, value in enumerate(sorted(set(values), key=str))}
    return np.array([known[value] for value in values], np.float64)


def _pooled(finals: Finals) -> float | None:
    """Return the standard deviation within finalists, each weighing by its degrees of freedom."""
    each = [(one.spread, len(one.scores) - 1) for one in finals.finalists]
    squares = [(freedom * spread**2, freedom) for spread, freedom in each if spread is not None]
    if not squares:
        return None
    return math.sqrt(sum(square for square, _ in squares) / sum(freedom for _, freedom in squares))
