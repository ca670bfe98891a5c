"""What a leaderboard says, as plain tables: records in, rows out. No terminal, no page, no files."""

import io
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import chain, count, zip_longest
from typing import TYPE_CHECKING

from datasets import finite, write_csv
from search import DEFAULTS
from ui import wording

if TYPE_CHECKING:
    from search import Followed, Record, Row, SearchView

_FIELDS = (
    "trial_id",
    "state",
    "score",
    "epochs",
    "best_epoch",
    "seconds",
    "started",
    "ended",
    "parent",
    "reason",
    "attempts",
    "mean",
    "spread",
    "beginnings",
    "chosen",
)
_COLUMNS = (
    *("rank", "trial", "state", "score", "mean", "spread", "beginnings", "epochs", "time"),
    *("ended", "parent", "attempts", "reason"),
)
CHOSEN = "★"
"""Marks the finalist that was chosen."""


def differing(records: "Sequence[Record]") -> tuple[str, ...]:
    """Return the hyperparameters that are not the same in all ``records``, in the order the trials name them.

    One that only some trials have (a conditional parameter) differs too.
    """
    names = dict.fromkeys(name for record in records for name in record.hyperparameters)
    return tuple(name for name in names if len({_marked(record, name) for record in records}) > 1)


def headings(names: Sequence[str]) -> dict[str, str]:
    """Return the heading of each hyperparameter, no two the same and none that of another column."""
    made: dict[str, str] = {}
    for name in names:
        heading = wording.heading(name)
        alike = (f"{heading} ({number})" for number in count(2))
        made[name] = next(each for each in chain([heading], alike) if each not in (*_COLUMNS, *made.values()))
    return made


def ended(rows: "Sequence[Row]") -> int:
    """Count the trials that have ended, however they did."""
    return sum(row.state.is_ended() for row in rows)


def done(view: "SearchView") -> float:
    """Return which part of the search is done, 0–1: of its trials or of its time, whichever is the greater."""
    settings = view.specification.settings
    trials = 0.0 if settings.trials is None else ended(view.rows) / settings.trials
    time = 0.0 if view.limit is None else (view.spent or 0.0) / view.limit
    return min(1.0, max(trials, time))


def share_done(found: "Followed") -> float:
    """Return which part of a search is done, 0–1: of its trials or its time; all of one that has finished.

    Of a fit that has not come to its end it is a part of the time: its trials are not all that it does.
    """
    if str(found.state) == "finished" and not (found.is_open and found.is_training):
        return 1.0
    trials, spent = None if found.is_open else found.specification.settings.trials, found.spent or 0.0
    shares = (0.0 if trials is None else found.ended / trials, 0.0 if found.limit is None else spent / found.limit)
    return min(1.0, max(shares))


def best(rows: "Sequence[Row]") -> "Row | None":
    """Return the finalist that was chosen, else the best trial; None where none has a score."""
    return next((row for row in rows if row.chosen), None) or next((row for row in rows if row.rank == 1), None)


def are_finals(rows: "Sequence[Row]") -> bool:
    """Whether there were finalists: then ``mean``, ``spread`` and ``beginnings`` say something."""
    return any(row.beginnings for row in rows)


def trial_name(row: "Row") -> str:
    """Write a trial's id, marked if it was chosen among finalists."""
    return f"{row.trial_id} {CHOSEN}" if row.chosen else row.trial_id


def configuration(trial_id: str) -> str:
    """Write which trial a configuration is of: ``trial 0003``; the space's defaults may be of none."""
    return "the space's defaults" if trial_id == DEFAULTS else f"trial {trial_id}"


def mean_of(row: "Row") -> str:
    """Write a finalist's mean with its spread: ``0.8123 ± 0.0214``; nothing for any other trial."""
    return with_spread(row.mean, row.spread) if row.beginnings else ""


def with_spread(mean: float | None, spread: float | None) -> str:
    """Write a mean, with its spread where there is one."""
    return wording.score(mean) + ("" if spread is None else f" ± {wording.score(spread)}")


def said_of_best(row: "Row", objective: str) -> str:
    """Write what the best trial came to, without its name: of a finalist its mean, of any other its score."""
    if not row.chosen:
        return f"{objective} {wording.score(row.score)}"
    return f"mean {objective} {mean_of(row)} over {wording.plural(row.beginnings, 'beginning')}"


def states(counts: Mapping[str, int]) -> str:
    """Write the trials of each state in one phrase: ``6 completed, 2 running``."""
    return ", ".join(f"{n} {state}" for state, n in counts.items() if n) or "no trials yet"


def failures(rows: "Sequence[Row]") -> list[str]:
    """Write each reason for which trials failed once, as a line, in the order of ``rows``: ``trial 4 failed: …``."""
    trials: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.reason:
            trials.setdefault((str(row.state), row.reason), []).append(row.trial_id)
    return [f"{wording.some(ids, 'trial')} {state}: {wording.line(reason)}" for (state, reason), ids in trials.items()]


def leaderboard_csv(rows: "Sequence[Row]", *, text: Callable[[str], str] = str) -> str:
    """Write one line a trial: its record, then ``metrics.*`` and ``hyperparameters.*``; absent is empty.

    ``text`` is what becomes of each text, as where a spreadsheet must not take it for a formula.
    """
    header, lines = _tabled(rows)
    return _written(header, [[text(cell) if isinstance(cell, str) else cell for cell in line] for line in lines])


def _tabled(rows: "Sequence[Row]") -> tuple[list[str], list[list[object]]]:
    metrics = dict.fromkeys(name for row in rows for name in row.metrics)
    settings = dict.fromkeys(name for row in rows for name in row.hyperparameters)
    header = ["rank", *_FIELDS, *(f"metrics.{m}" for m in metrics), *(f"hyperparameters.{s}" for s in settings)]
    lines = [
        [
            row.rank,
            *(getattr(row, field) for field in _FIELDS),
            *(row.metrics.get(m) for m in metrics),
            *(row.hyperparameters.get(s) for s in settings),
        ]
        for row in rows
    ]
    return header, lines


def leaderboard_parquet(rows: "Sequence[Row]") -> bytes:
    """Write the columns of `leaderboard_csv` as Parquet: numbers are numbers, absent is null, mixed types are text."""
    import pyarrow as pa
    from pyarrow import parquet

    header, lines = _tabled(rows)
    columns: dict[str, pa.Array] = {}
    for name, values in zip(header, zip(*lines, strict=True) if lines else [()] * len(header), strict=True):
        plain = [str(value) if isinstance(value, StrEnum) else value for value in values]
        try:
            columns[name] = pa.array(plain)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns[name] = pa.array([None if value is None else str(value) for value in plain], pa.string())
    target = io.BytesIO()
    parquet.write_table(pa.table(columns), target)
    return target.getvalue()


def history_csv(rows: "Sequence[Row]") -> str:
    """Write one line an epoch of each trial, best trial first: ``trial_id, epoch``, every metric; absent is empty."""
    metrics = dict.fromkeys(name for row in rows for name in row.history)
    lines = [
        [row.trial_id, epoch, *values]
        for row in rows
        for epoch, values in enumerate(zip_longest(*(row.history.get(metric, []) for metric in metrics)), 1)
    ]
    return _written(["trial_id", "epoch", *metrics], lines)


def _marked(record: "Record", name: str) -> object:
    """Return a value that keeps True apart from 1, and absent apart from everything."""
    value = record.hyperparameters.get(name)
    return (type(value).__name__, value)


def _written(header: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    target = io.StringIO()
    rows = ([finite(cell) if isinstance(cell, float) else cell for cell in line] for line in lines)
    write_csv(target, [header, *rows])
    return target.getvalue()
