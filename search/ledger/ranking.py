"""The ranking of a search: a pure function of its records and its finalists."""

from collections.abc import Sequence
from itertools import accumulate

from datasets import finite
from search.ledger.finals import Finals
from search.ledger.records import Record, TrialState
from trainer import Objective

_HIDDEN = ("history", "until", "epoch_seconds", "start_seconds", "unheard", "worker")


class Row(Record):
    """A record and its place on the leaderboard. ``rank`` counts from 1 and is None for a trial without a score.

    ``mean`` and ``spread`` are those of the objective over its further ``beginnings``, where it is a finalist that has
    had any; ``chosen`` marks the finalist with the best mean.
    """

    rank: int | None = None
    mean: float | None = None
    spread: float | None = None
    beginnings: int = 0
    chosen: bool = False

    def as_json(self, *, history: bool = False) -> dict[str, object]:
        """Return the trial as the ``trials`` list of ``galaxy leaderboard --json`` holds it: no NaN, no infinity."""
        # By hand, as `model_dump` takes ten times as long and a search may have thousands.
        row: dict[str, object] = {name: getattr(self, name) for name in type(self).model_fields if name not in _HIDDEN}
        row["state"], row["hyperparameters"] = self.state.value, dict(self.hyperparameters)
        row["score"] = self.finite_score
        row["metrics"] = {name: finite(value) for name, value in self.metrics.items()}
        if history:
            row["history"] = {name: [finite(value) for value in values] for name, values in self.history.items()}
        return row


def leaderboard(records: Sequence[Record], objective: Objective) -> tuple[Row, ...]:
    """Rank ``records``: best score first, ties by trial id, trials without a score last.

    Running trials rank by their best so far.
    """
    return tuple(
        Row.model_construct(**record.__dict__, rank=None if record.finite_score is None else rank)
        for rank, record in enumerate(sorted(records, key=lambda record: ranked_key(record, objective)), start=1)
    )


def ranked_key(record: Record, objective: Objective) -> tuple[bool, float, str]:
    """Return what a record is sorted by in the ranking."""
    score = record.finite_score
    sign = -1.0 if objective.direction == "max" else 1.0
    return score is None, sign * (score or 0.0), record.trial_id


def with_finals(rows: Sequence[Row], finals: Finals | None) -> tuple[Row, ...]:
    """Return ``rows`` with what the further beginnings of those that are finalists came to.

    The space's defaults, where they are a finalist that no trial has had, are one more row, the last.
    """
    by_id = {} if finals is None else {one.trial_id: one for one in finals.finalists if one.beginnings}
    if finals is None or not by_id:
        return tuple(rows)
    known = {row.trial_id for row in rows}
    added = [
        Row(trial_id=one.trial_id, state=TrialState.COMPLETED, hyperparameters=one.hyperparameters)
        for one in by_id.values()
        if one.trial_id not in known
    ]
    return tuple(
        row.model_copy(
            update={
                "mean": one.mean,
                "spread": one.spread,
                "beginnings": len(one.beginnings),
                "chosen": one.trial_id == finals.chosen,
            }
        )
        if (one := by_id.get(row.trial_id))
        else row
        for row in (*rows, *added)
    )


def best_so_far(records: Sequence[Record], objective: Objective) -> list[tuple[str, float]]:
    """Return (when a trial ended, best score until then), one pair for each ended trial with a score, in time order."""
    scored = [(record.ended, record.finite_score) for record in records]
    ended = sorted((when, score) for when, score in scored if when is not None and score is not None)
    bests = accumulate((score for _, score in ended), max if objective.direction == "max" else min)
    return [(when, best) for (when, _), best in zip(ended, bests, strict=True)]
