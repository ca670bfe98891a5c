"""All records of a search, durable. The ledger is the truth; everything else is rebuilt from it.

One process writes (the driver, from one thread), which holds the search's place: one that has lost it writes nothing
more. Any number read, at any time, from anywhere. Each file appears whole or not at all, so a reader needs no lock.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from datasets import Folder
from search.errors import LedgerError
from search.layout import (
    ORACLE,
    ORACLE_REST,
    SPACE,
    STATE,
    STOP,
    SearchLayout,
    attempt_file,
    attempt_of,
    file_of,
    files_in,
    trial_of,
)
from search.ledger.heartbeat import Place
from search.ledger.known_space import KnownSpace
from search.ledger.oracle_state import StateKeeper, joined
from search.ledger.reading import Model, read_model
from search.ledger.records import Record, Retry, SearchState, State, Suggestion, now, pending
from search.ledger.snapshot import SnapshotWriter, read_snapshot
from search.values import JsonObject


class Ledger:
    """Suggestions, reports and records of one search.

    Every write but `request_stop` raises PlaceLostError where ``place``, the driver's own, is lost.
    """

    def __init__(self, layout: SearchLayout, place: Place | None = None) -> None:
        self.layout = layout
        self._place = place
        self._oracle = StateKeeper()
        self._snapshot = SnapshotWriter(layout.root, lambda: self.records(history=False))

    def write_suggestion(self, suggestion: Suggestion) -> None:
        """Make a suggestion durable. Raises LedgerError if there is another one of its id."""
        self.confirm_place()
        data, name = suggestion.model_dump_json().encode(), file_of(suggestion.trial_id)
        if not self.layout.suggestions.create(name, data) and self.suggestion(suggestion.trial_id) != suggestion:
            raise LedgerError(
                f"trial {suggestion.trial_id} is suggested already at {self.layout.suggestions.uri}, by whoever drove "
                "the search before: resume it again"
            )

    def write_progress(self, record: Record) -> None:
        """Keep what a running trial reported, in place of its last report."""
        self.confirm_place()
        self.layout.progress.write_whole(file_of(record.trial_id), record.model_dump_json().encode())

    def write_record(self, record: Record) -> Record:
        """Make an ended trial's record durable, and return the one that counts: what is recorded already stays.

        A driver that is the only one finds one that it does not know only where an earlier driver's worker was late.
        Raises LedgerError if the trial has not ended.
        """
        if not record.state.is_ended():
            raise LedgerError(f"trial {record.trial_id} is {record.state}: only an ended trial is recorded")
        self.confirm_place()
        name = attempt_file(record.trial_id, record.attempts)
        if not self.layout.records.create(name, record.model_dump_json().encode()):
            record = read_model(self.layout.records, name, Record) or record
        self.layout.progress.delete(file_of(record.trial_id))
        self._snapshot.add(record)
        return record

    def write_retry(self, retry: Retry) -> None:
        """Let an ended trial begin anew: from here on it has not ended, and nothing is left of its training.

        The records of its attempts before stay.
        """
        self.confirm_place()
        # Before the request is durable: what lies there afterwards is the new attempt's.
        self.layout.progress.delete(file_of(retry.trial_id))
        self.layout.checkpoints(retry.trial_id).delete_tree()
        self.layout.delete_traceback(retry.trial_id)
        self.layout.retries.write_whole(attempt_file(retry.trial_id, retry.attempt), retry.model_dump_json().encode())

    def write_state(self, state: SearchState, reason: str | None = None) -> None:
        """Say where the search stands."""
        self.confirm_place()
        self._write_json(STATE, {"state": state, "reason": reason, "since": now()})
        if state is not SearchState.RUNNING:
            self._snapshot.write()

    def write_oracle(self, state: JsonObject) -> None:
        """Keep the oracle's state."""
        self.confirm_place()
        base, rest = self._oracle.files(state)
        # In this order: a rest that belongs to an older base is passed over.
        if base is not None:
            self.layout.root.write_whole(ORACLE, base)
        self.layout.root.write_whole(ORACLE_REST, rest)

    def write_space(self, space: KnownSpace) -> None:
        """Keep the space that the oracle is about to know."""
        self.confirm_place()
        self._write_json(SPACE, space.model_dump())

    def space(self) -> KnownSpace | None:
        """Return the space that was kept last; None before the search has started."""
        return read_model(self.layout.root, SPACE, KnownSpace)

    def request_stop(self) -> None:
        """Ask the search's driver, wherever it runs, to finish what runs and stop."""
        self._write_json(STOP, {"asked": now(), "token": secrets.token_hex(4)})

    def stop_requested(self) -> bool:
        """Whether somebody has asked the driver to stop."""
        return self.stop_request() is not None

    def stop_request(self) -> bytes | None:
        """Return the request to stop, which no other one equals; None where there is none."""
        # Read each second: of an object store a look costs two requests, one of which is dear.
        return self.layout.root.read_if_there(STOP)

    def forget_stop(self, earlier: bytes | None) -> None:
        """Take away the request that was there before the place was taken: it was meant for an earlier driver.

        One that has come since stays: whoever asked has found this driver.
        """
        self.confirm_place()
        if earlier is not None and self.stop_request() == earlier:
            self.layout.root.delete(STOP)

    def oracle_state(self) -> JsonObject | None:
        """Return the oracle's state as last kept; None before the first suggestion."""
        base = self.layout.root.read_if_there(ORACLE)
        try:
            state = None if base is None else joined(base, self.layout.root.read_if_there(ORACLE_REST))
            # What every state has.
            return state if state is None else state | {key: [*state[key]] for key in ("start_order", "end_order")}
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{self.layout.root.child(ORACLE).uri}: expected an oracle's state there and in {ORACLE_REST}, found "
                "none: a file was changed or cut short: put it back, or delete both: the oracle is made again of the "
                "trials"
            ) from error

    def state(self) -> SearchState:
        """Return the state as the driver last said it; a driver that died could not say so."""
        return self.said().state

    def said(self) -> State:
        """Return what the driver last said, of what state it is, why and since when."""
        return read_model(self.layout.root, STATE, State) or State(state=SearchState.RUNNING)

    def suggestions(self) -> list[Suggestion]:
        """Return every suggestion, by trial id."""
        return _read_all(self.layout.suggestions, Suggestion)

    def suggestion(self, trial_id: str) -> Suggestion:
        """Return the suggestion of the trial called ``trial_id``. Raises LedgerError if there is none."""
        suggestion = read_model(self.layout.suggestions, file_of(trial_id), Suggestion)
        if suggestion is None:
            raise LedgerError(f"no trial {trial_id} at {self.layout.root.uri}")
        return suggestion

    def retries(self) -> list[Retry]:
        """Return every request to try a trial again."""
        return _read_all(self.layout.retries, Retry)

    def attempts(self) -> dict[str, int]:
        """Return the number of the attempt that counts of each trial that was tried again, by trial id."""
        return _newest(files_in(self.layout.retries))

    def records(self, *, history: bool = True, known: Mapping[str, Record] | None = None) -> list[Record]:
        """Return every trial as it stands now, by trial id: ended ones, running ones, then those only suggested.

        Without ``history`` the histories are left out, and ended trials are taken from those ``known``, or from the
        snapshot, where they are there.
        """
        reported = _read_all(self.layout.progress, Record)
        # Read after the progress: a trial that ends in between is in both, and its record wins.
        attempts = self.attempts()
        if known is None:
            known = {} if history else read_snapshot(self.layout.root)
        by_id = {record.trial_id: record for record in reported}
        for trial_id, attempt in _newest(files_in(self.layout.records)).items():
            if attempt >= attempts.get(trial_id, 1) and (record := self._recorded(trial_id, attempt, known)):
                by_id[trial_id] = record
        for trial_id in map(trial_of, files_in(self.layout.suggestions)):
            if trial_id not in by_id:
                by_id[trial_id] = pending(self.suggestion(trial_id), attempts=attempts.get(trial_id, 1))
        records = [by_id[trial_id] for trial_id in sorted(by_id)]
        return records if history else [_without_history(record) for record in records]

    def record(self, trial_id: str) -> Record:
        """Return one trial as it stands now. Raises LedgerError if there is none of that id."""
        attempt = self.attempts().get(trial_id, 1)
        # The report between two looks for the end: a trial may end meanwhile.
        for look in (self._recorded, self._reported, self._recorded):
            if record := look(trial_id, attempt):
                return record
        return pending(self.suggestion(trial_id), attempts=attempt)

    def earlier(self, record: Record) -> tuple[Record, ...]:
        """Return the records of the attempts before that of ``record``, the first first."""
        found = (
            read_model(self.layout.records, attempt_file(record.trial_id, attempt), Record)
            for attempt in range(1, record.attempts)
        )
        return tuple(one for one in found if one is not None)

    def _recorded(
        self, trial_id: str, attempt: int, known: Mapping[str, Record] = MappingProxyType({})
    ) -> Record | None:
        """Return the record of an attempt, from ``known`` if that has it."""
        record = known.get(trial_id)
        if record is not None and record.attempts == attempt:
            return record
        return read_model(self.layout.records, attempt_file(trial_id, attempt), Record)

    def _reported(self, trial_id: str, attempt: int) -> Record | None:
        return read_model(self.layout.progress, file_of(trial_id), Record)

    def check_place(self) -> None:
        """Raise PlaceLostError if another driver is known to have gone on with the search. Asks nobody."""
        if self._place is not None:
            self._place.check_lost()

    def confirm_place(self) -> None:
        """Raise as `check_place`; where it is doubtful the storage is asked, and waited for, first."""
        if self._place is not None:
            self._place.check()

    def _write_json(self, name: str, value: JsonObject) -> None:
        self.layout.root.write_whole(name, json.dumps(value).encode())


def _without_history(record: Record) -> Record:
    return record.model_copy(update={"history": {}}) if record.history else record


def _newest(names: Iterable[str]) -> dict[str, int]:
    """Return the highest attempt that files are named of, by trial id."""
    newest: dict[str, int] = {}
    for trial_id, attempt in map(attempt_of, names):
        newest[trial_id] = max(attempt, newest.get(trial_id, 1))
    return newest


def _read_all(folder: Folder, model: type[Model]) -> list[Model]:
    """Read each file in ``folder``."""
    models = (read_model(folder, name, model) for name in files_in(folder))
    # One may be deleted once it is listed: the trial ended, and its record is read next.
    return [model for model in models if model is not None]
