"""A search's ended records in one file, so that a leaderboard of thousands is read with a few requests.

A record that has ended never changes, so a snapshot is never wrong, only behind: a reader takes from it the attempts
that the ledger lists as ended, and reads from the ledger those that it lacks. Histories stay in the records. One line
of JSON says the format and the SHA-256 of what follows: a list of records.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterable

from pydantic import TypeAdapter

from datasets import Folder, StorageError
from search.errors import LedgerError
from search.layout import SNAPSHOT
from search.ledger.records import Record

_FORMAT = "galaxy-tuner-snapshot/1"
# Written again when a tenth is new (of few, twenty): all writing together is at most eleven times what the last one
# writes. Or, so that readers are never far behind, after half a minute.
_NEW_SHARE, _LEAST_NEW, _SECONDS = 0.1, 20, 30.0
# A storage that refuses or a record that cannot be read ends no search here: the ledger has it all, and says it better.
_PASSED_OVER = (StorageError, LedgerError)
_RECORDS = TypeAdapter(list[Record])


def read_snapshot(folder: Folder) -> dict[str, Record]:
    """Return ended records without their histories, by trial id; none where the file is absent, damaged, or foreign."""
    try:
        head, _, body = folder.read(SNAPSHOT).partition(b"\n")
        if json.loads(head) != _head(body):
            return {}
        return {record.trial_id: record for record in _RECORDS.validate_json(body)}
    except (FileNotFoundError, StorageError, ValueError, RecursionError):
        return {}


class SnapshotWriter:
    """Keeps the snapshot in ``folder`` near the ledger, at a cost a trial that does not grow with their number.

    ``known`` gives the records ended before, asked once, at the first write. Not thread-safe.
    """

    def __init__(
        self, folder: Folder, known: Callable[[], Iterable[Record]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._known = known
        self._clock = clock
        self._written_at = clock()
        # Records: in the snapshot as it was written last, and those that it lacks.
        self._written = self._new = 0
        self._lines: dict[str, bytes] | None = None

    def add(self, record: Record) -> None:
        """Take in a record that has just ended, and write where enough is new."""
        with contextlib.suppress(*_PASSED_OVER):
            lines, line = self._all(), _line(record)
            self._new += lines.get(record.trial_id) != line
            lines[record.trial_id] = line
            enough = self._new >= max(_LEAST_NEW, _NEW_SHARE * self._written)
            if enough or self._clock() - self._written_at >= _SECONDS:
                self._write(lines)

    def write(self) -> None:
        """Write if anything is new."""
        with contextlib.suppress(*_PASSED_OVER):
            lines = self._all()
            if self._new:
                self._write(lines)

    def _write(self, lines: dict[str, bytes]) -> None:
        body = b"[" + b",\n".join(lines.values()) + b"]"
        self._written, self._new, self._written_at = len(lines), 0, self._clock()
        self._folder.write_whole(SNAPSHOT, json.dumps(_head(body)).encode() + b"\n" + body)

    def _all(self) -> dict[str, bytes]:
        if self._lines is None:
            before = {trial_id: _line(record) for trial_id, record in read_snapshot(self._folder).items()}
            self._lines = {record.trial_id: _line(record) for record in self._known() if record.state.is_ended()}
            self._written = len(before)
            self._new = sum(before.get(trial_id) != line for trial_id, line in self._lines.items())
        return self._lines


def _line(record: Record) -> bytes:
    return record.model_dump_json(exclude={"history"}).encode()


def _head(body: bytes) -> dict[str, object]:
    return {"format": _FORMAT, "sha256": hashlib.sha256(body).hexdigest()}
