"""The ranking of a search: a pure function of its records."""

from collections.abc import Sequence
from itertools import accumulate

from datasets import finite
from search.ledger.records import Record
from trainer import Objective

_HIDDEN = ("history", "until", "epoch_seconds", "start_seconds")


class Row(Record):
    """A record and its place on the leaderboard. ``rank`` counts from 1 and is None for a trial without a score."""

    rank: int | None = None

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
    sign = -1.0 if objective.direction == "max" else 1.0

    def order(record: Record) -> tuple[bool, float, str]:
        score = record.finite_score
        return score is None, sign * (score or 0.0), record.trial_id

    return tuple(
        Row.model_construct(**record.__dict__, rank=None if record.finite_score is None else rank)
        for rank, record in enumerate(sorted(records, key=order), start=1)
    )


def best_so_far(records: Sequence[Record], objective: Objective) -> list[tuple[str, float]]:
    """Return (when a trial ended, best score until then), one pair for each ended trial with a score, in time order."""
    scored = [(record.ended, record.finite_score) for record in records]
    ended = sorted((when, score) for when, score in scored if when is not None and score is not None)
    bests = accumulate((score for _, score in ended), max if objective.direction == "max" else min)
    return [(when, best) for (when, _), best in zip(ended, bests, strict=True)]
