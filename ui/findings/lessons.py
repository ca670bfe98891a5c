"""What a search teaches, ready to be shown: each lesson a figure, how to read it, how far to believe it, its numbers.

Sentences are plain text: they hold names that others chose.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import plotly.graph_objects as go

from search import (
    MOST_OF_CONTOURS,
    Evidence,
    Finals,
    Followed,
    Looked,
    Record,
    Unclear,
    foretold,
    importances,
    look_at,
    plot_contours,
    plot_parallel_coordinates,
    plot_slices,
    said_of_foretold,
    seldom,
)
from trainer import Objective
from ui import ranking, wording
from ui.figures import insight

_MOST_LINES = 8
"""Hyperparameters that lines run through: more cannot be told apart."""
_BARS = "A longer bar: more of the differences in score goes with that hyperparameter alone."
_POINTS = "Each point is a trial; the other hyperparameters differ along, so a slope may be theirs."
_COLOURS = (
    "Brighter is better, dots are trials; colours away from dots are filled in between them: nobody measured there."
)
_LINES = "Each line is a trial through its values, on top its score; where the blue lines run together matters."


@dataclass(frozen=True)
class Trials:
    """What is learnt from.

    Attributes:
        records: Trials of one search.
        finals: Its finalists, None where it has none.
        oracle: What proposed its configurations.
        search: What stands for the search.
        content: The same for the same trials as they are now, another one for any others.
        scored: Trials of the search that have a score, where some are left out; None where none is.
    """

    records: Sequence[Record]
    objective: Objective
    finals: Finals | None
    oracle: str
    search: str
    content: str
    scored: int | None = None

    @classmethod
    def of(cls, found: Followed) -> Self:
        """Take all trials of a search."""
        # An ended trial never changes; what is tried again is another attempt.
        ended = (f"{one.trial_id} {one.attempts}" for one in found.ranked if one.state.is_ended())
        search = f"{found.name} {found.specification.created}"
        content = hashlib.sha256("\n".join([search, str(found.finals), *sorted(ended)]).encode()).hexdigest()
        return cls(found.ranked, found.objective, found.finals, found.specification.settings.oracle, search, content)

    def of_epochs(self, longest: int) -> "Trials":
        """Leave out those with a score that had fewer epochs."""
        kept = [record for record in self.records if not record.is_scored or record.epochs == longest]
        scored = sum(record.is_scored for record in self.records)
        return replace(self, records=kept, content=f"{self.content} {longest}", scored=scored)


@dataclass(frozen=True)
class Lesson:
    """A figure with ``alt``, its name for who does not see it, ``says``, how to read it, and its numbers."""

    figure: go.Figure
    alt: str
    says: str
    table: list[dict[str, object]]


def evidence(trials: Trials) -> Evidence:
    """Return what the trials are."""
    return Evidence.of(trials.records, finals=trials.finals, oracle=trials.oracle, known=trials.scored)


def importance(trials: Trials) -> tuple[dict[str, float], Lesson] | Unclear:
    """Return how much each hyperparameter matters, the most first, as shares and as a lesson."""
    shares, looked = importances(trials.records, trials.objective), look_at(trials.records, trials.objective)
    if isinstance(shares, Unclear) or isinstance(looked, Unclear):
        return Unclear(_why(shares, looked))
    lesson = Lesson(
        insight.importance_bars(shares),
        f"Bars: the share of each of {wording.plural(len(shares), 'hyperparameter')} in the differences in score",
        f"{_BARS} {_of(looked)} {said_of_foretold(foretold(trials.records, trials.objective))}",
        [{"hyperparameter": name, "share": share} for name, share in shares.items()],
    )
    return shares, lesson


def one_by_one(trials: Trials, name: str) -> Lesson | Unclear:
    """Return the score over one hyperparameter."""
    figure = plot_slices(trials.records, trials.objective, [name])
    looked = look_at(trials.records, trials.objective, [name])
    if isinstance(figure, Unclear) or isinstance(looked, Unclear):
        return Unclear(_why(figure, looked))
    scored = evidence(trials).scored
    some = f"Only these of {scored} have it at all." if looked.of < scored else None
    said = (_POINTS, _of(looked), some, seldom(looked.records, name))
    return Lesson(
        insight.slice_points(figure, name, trials.objective.name),
        f"Points: the score of each trial over {wording.heading(name)}",
        " ".join(each for each in said if each),
        _table(looked),
    )


def two_at_once(trials: Trials, first: str, second: str) -> Lesson | Unclear:
    """Return the score over two hyperparameters."""
    figure = plot_contours(trials.records, trials.objective, first, second)
    looked = look_at(trials.records, trials.objective, [first, second], most=MOST_OF_CONTOURS)
    if isinstance(figure, Unclear) or isinstance(looked, Unclear):
        return Unclear(_why(figure, looked))
    return Lesson(
        insight.contour(figure, trials.objective.name),
        f"Map: the score over {wording.heading(first)} and {wording.heading(second)}",
        f"{_COLOURS} {_of(looked)}",
        _table(looked),
    )


def all_at_once(trials: Trials, names: Sequence[str]) -> Lesson | Unclear:
    """Return the values of all trials, of the first of ``names`` that every trial has."""
    known = evidence(trials)
    everywhere = [name for name in names if name in known.compared]
    through = everywhere[:_MOST_LINES]
    figure = plot_parallel_coordinates(trials.records, trials.objective, through)
    looked = look_at(trials.records, trials.objective, through)
    if isinstance(figure, Unclear) or isinstance(looked, Unclear):
        return Unclear(_why(figure, looked))
    best = insight.best_count(len(looked.records))
    cut = len(everywhere) - len(through)
    said = (
        f"{_LINES} {_of(looked)}",
        f"What {wording.plural(best, 'blue line')} share may be chance.",
        f"The {wording.plural(cut, 'hyperparameter')} that matter least are left out." if cut else None,
        known.left_out(),
    )
    return Lesson(
        insight.parallel_lines(figure, through, trials.objective.name, maximise=trials.objective.direction == "max"),
        f"Lines: the values and the score of each trial, the best {best} of {len(looked.records)} in blue",
        " ".join(each for each in said if each),
        _table(looked),
    )


def _of(looked: Looked) -> str:
    """Say from how many trials a figure is."""
    count = len(looked.records)
    if count == looked.of:
        return f"From {wording.plural(count, 'trial')}."
    return f"From {count:,} of {looked.of:,} trials: the best one and a random choice of the others."


def _table(looked: Looked) -> list[dict[str, object]]:
    """Return the numbers behind a figure, a row a trial."""
    headings = ranking.headings(looked.names)
    return [
        {
            "trial": record.trial_id,
            "score": record.score,
            **{heading: record.hyperparameters[name] for name, heading in headings.items()},
        }
        for record in looked.records
    ]


def _why(*answers: object) -> str:
    return next(answer.reason for answer in answers if isinstance(answer, Unclear))
