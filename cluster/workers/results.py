"""What driver and worker hand each other through Ray Tune: a trial's config, and a record after each epoch."""

from typing import TypedDict

from search import Record

METRIC = "score"
"""What Ray Tune's schedulers compare trials by."""
TIME = "epoch"
"""What they compare them at."""


class TrialConfig(TypedDict):
    """What a worker is told of a trial: the search's location, the trial's id, and the CPUs that the worker has."""

    search: str
    trial: str
    cpus: int


def as_result(record: Record) -> dict[str, object]:
    """Say a record in Ray Tune's words: the best score so far, and the whole record as text."""
    result: dict[str, object] = {
        METRIC: record.score,
        "done": record.state.is_ended(),
        "record": record.model_dump_json(),
    }
    # Without its time attribute a scheduler passes a result over: an infeasible trial has nothing to be compared by.
    return result if record.score is None else result | {TIME: record.epochs}


def as_record(result: dict[str, object]) -> Record:
    """Return the record that `as_result` was given."""
    return Record.model_validate_json(str(result["record"]))
