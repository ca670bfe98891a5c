"""A ledger from which somebody has deleted a file: that is said before a search goes on with what is left."""

from collections.abc import Iterable

from search.errors import LedgerError
from search.layout import LESSONS, SearchLayout, attempt_of, file_of, files_in, trial_of
from search.ledger.ledger import Ledger
from search.ledger.records import Retry, Suggestion


def check_complete(ledger: Ledger, retries: Iterable[Retry] = ()) -> None:
    """Raise LedgerError, one line that names the file, if a trial that the oracle knows of has lost one.

    Looks at names alone. A record is not missed of a trial that is among ``retries``, about to be asked for.
    """
    layout, state = ledger.layout, ledger.oracle_state() or {"start_order": [], "end_order": []}
    suggested = set(map(trial_of, files_in(layout.suggestions)))
    recorded = {trial_id for trial_id, _ in map(attempt_of, files_in(layout.records))}
    retried = {*ledger.attempts(), *(retry.trial_id for retry in retries)}
    for trial_id in sorted({*state["start_order"], *recorded, *retried} - suggested):
        _lost_suggestion(layout, trial_id)
    for trial_id in sorted(lost_records(ledger) - retried):
        raise LedgerError(
            f"{layout.records.child(file_of(trial_id)).uri} is missing, and trial {trial_id} had ended: "
            f"put the file back, or try the trial again with --retry {trial_id}"
        )
    if any(map(_is_lesson, state["start_order"])) and not layout.root.exists(LESSONS):
        raise LedgerError(
            f"{layout.root.child(LESSONS).uri} is missing, and the oracle has learned from it: put it back"
        )


def lost_records(ledger: Ledger) -> set[str]:
    """Return the trials, by id, of which the oracle was told an end that no record tells of, nor a request to retry."""
    state = ledger.oracle_state() or {"end_order": []}
    told = {trial_id for trial_id in state["end_order"] if not _is_lesson(trial_id)}
    return told - {trial_id for trial_id, _ in map(attempt_of, files_in(ledger.layout.records))} - {*ledger.attempts()}


def check_parents(layout: SearchLayout, suggestions: Iterable[Suggestion]) -> None:
    """Raise LedgerError, one line, if a trial goes on from one whose suggestion is missing."""
    parents = {suggestion.trial_id: suggestion.parent for suggestion in suggestions}
    for parent in parents.values():
        if parent is not None and parent not in parents:
            _lost_suggestion(layout, parent)


def _lost_suggestion(layout: SearchLayout, trial_id: str) -> None:
    if not _is_lesson(trial_id):
        raise LedgerError(
            f"{layout.suggestions.child(file_of(trial_id)).uri} is missing, and the search knows of trial {trial_id}: "
            "put the file back, or start a new search that learns from this one with --warm-start"
        )


def _is_lesson(trial_id: str) -> bool:
    """Whether a trial is another search's, from which this one has learned: its id has that one's name before it."""
    return "/" in trial_id
