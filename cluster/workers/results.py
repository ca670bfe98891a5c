"""What a worker reports to Ray Tune after each epoch: a record in Tune's words."""

from typing import Any

from search import Record

METRIC = "score"
"""What Ray Tune's schedulers compare trials by."""


def as_result(record: Record) -> dict[str, Any]:
    """Say a record in Ray Tune's words: the best score so far, and the whole record as text."""
    result: dict[str, Any] = {
        METRIC: record.score,
        "done": record.state.is_ended(),
        "record": record.model_dump_json(),
    }
    # Without its time attribute a scheduler passes a result over: an infeasible trial has nothing to be compared by.
    return result if record.score is None else result | {"epoch": record.epochs}
