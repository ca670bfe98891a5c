"""What a search learns from another one before it starts: ``--warm-start OTHER``.

Taken once, at the start, and kept in the search's own directory: a resumed search knows the same, whatever has become
of the other. The trials taken are the oracle's alone; they are no records and use up none of the budget. The oracle
numbers its own trials on from them.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import keras_tuner
from pydantic import BaseModel, ConfigDict

from datasets import open_folder
from search.errors import SettingsError
from search.layout import LESSONS, SearchLayout
from search.ledger.ledger import Ledger
from search.ledger.reading import read_model
from search.ledger.records import Record, Suggestion
from search.ledger.specification import read_specification
from search.space.points import complete
from search.values import Values
from trainer import Objective


class WarmStart(BaseModel):
    """Ended trials of another search, as configurations of this one's space.

    ``search`` is the other's location. ``trials`` have ids ``NAME/ID``, complete values, and no history. ``left_out``
    counts those that were not taken, by the reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    search: str
    trials: tuple[Record, ...] = ()
    left_out: dict[str, int] = {}

    def __str__(self) -> str:
        left_out = ", ".join(f"{count} {reason}" for reason, count in self.left_out.items())
        return f"learned from {len(self.trials)} trials of {self.search}" + (
            f" (left out: {left_out})" if left_out else ""
        )


def find_search(other: str, storage: str) -> SearchLayout:
    """Return where the search ``other`` is: a name in ``storage``, or the path or URI of its directory."""
    return SearchLayout(open_folder(other)) if "/" in other else SearchLayout.of(storage, other)


def collect_warm_start(
    layout: SearchLayout,
    space: keras_tuner.HyperParameters,
    objective: Objective,
    *,
    explore: Callable[[Sequence[Values]], object],
) -> WarmStart:
    """Take every trial of the search at ``layout`` that has a score and lies in ``space``.

    Args:
        explore: Called with configurations, which may name hyperparameters that ``space`` lacks: it may add them.

    Raises LedgerError if there is no search, SettingsError if it optimised something else.
    """
    specification = read_specification(layout)
    if specification.objective != objective:
        raise SettingsError(
            f"--warm-start {layout.root.uri}: expected a search for {objective}, "
            f"found one for {specification.objective}: give the new one --objective {specification.objective}"
        )
    records = Ledger(layout).records()
    scored = [record for record in records if record.is_scored]
    left_out = Counter({"without a score": len(records) - len(scored)})
    # All of them first: what one build finds is a hyperparameter of every trial.
    explore([record.hyperparameters for record in scored])
    taken: list[Record] = []
    # Of one configuration the longest training counts: a promoted trial, not the one that it goes on from.
    for record in sorted(scored, key=lambda one: -one.epochs):
        try:
            values = complete(space, record.hyperparameters)
        except SettingsError:
            left_out["outside of the space"] += 1
            continue
        if all(values != other.hyperparameters for other in taken):
            trial_id = f"{specification.settings.name}/{record.trial_id}"
            bare: dict[str, object] = {"history": {}, "metrics": {}, "parent": None, "reason": None}
            taken.append(record.but(trial_id=trial_id, hyperparameters=values, **bare))
    taken.sort(key=lambda one: one.trial_id)
    # `+` leaves out a reason that none had.
    return WarmStart(search=layout.root.uri, trials=tuple(taken), left_out=dict(+left_out))


def write_warm_start(layout: SearchLayout, warm_start: WarmStart) -> None:
    """Keep what was taken with the search at ``layout``."""
    layout.root.write_whole(LESSONS, warm_start.model_dump_json().encode())


def read_warm_start(layout: SearchLayout) -> WarmStart | None:
    """Return what was taken at the start, None if nothing was."""
    return read_model(layout.root, LESSONS, WarmStart)


def as_suggestion(record: Record) -> Suggestion:
    """Return the suggestion that a trial came from, as far as an oracle cares."""
    return Suggestion(trial_id=record.trial_id, values=record.hyperparameters, seed=1, suggested=record.started or "")
