"""All that is kept of one trial: its record, its earlier attempts, its traceback, and what a reader has noted of it."""

from dataclasses import dataclass

from search.errors import SettingsError
from search.layout import SearchLayout
from search.ledger.ledger import Ledger
from search.ledger.records import Record, TrialState

LONGEST_NOTE = 4000
"""Characters."""


@dataclass(frozen=True)
class TrialDetails:
    """One trial as it stands.

    Attributes:
        record: Of the attempt that counts, with its history.
        earlier: The records of the attempts before, the first first.
        traceback: What the code of its configuration raised, where it is infeasible for that.
        note: What a reader has noted; may be empty.
    """

    record: Record
    earlier: tuple[Record, ...] = ()
    traceback: str | None = None
    note: str = ""


def read_details(storage: str, name: str, trial_id: str) -> TrialDetails:
    """Read all of one trial of the search called ``name``. Raises LedgerError if there is none of that id."""
    layout = SearchLayout.of(storage, name)
    ledger = Ledger(layout)
    record = ledger.record(trial_id)
    # That of an attempt which was infeasible stays where a further one is not.
    traceback = layout.traceback(trial_id) if record.state is TrialState.INFEASIBLE else None
    return TrialDetails(record, ledger.earlier(record), traceback, layout.note(trial_id))


def write_note(storage: str, name: str, trial_id: str, text: str) -> None:
    """Keep a note on a trial, whole or not at all, beside its record; an empty one takes it away.

    Raises LedgerError if there is no such trial, SettingsError for more than 4,000 characters.
    """
    if len(text) > LONGEST_NOTE:
        raise SettingsError(f"a note has at most {LONGEST_NOTE:,} characters, but got {len(text):,}: shorten it")
    layout = SearchLayout.of(storage, name)
    Ledger(layout).record(trial_id)
    layout.write_note(trial_id, text.strip())
