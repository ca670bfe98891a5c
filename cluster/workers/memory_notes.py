"""What the workers of a search on one node tell each other of the memory they hold: a note each, in a folder there.

So each knows how much a trial needs, what those that run will still take, and how earlier attempts at a trial ended.
What other programs hold is what is used beyond that.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cluster.nodes.memory import started

# A few: one giant is not to make every later trial wait.
_MEASURED = 5
_MEASURES, _LOCK = "measured.json", "lock"
_NOTES = "*.note"


class Usage(BaseModel):
    """How memory stood in an attempt at a trial, in bytes.

    Attributes:
        at: When; of an attempt that was ended: when that was found. In seconds of the node's `time.monotonic`, as all
            times here: a clock that is set is not to make minutes pass.
        own: The most that the trial's worker had.
        others: What all but the search's workers had last.
        limit: What the node has.
        beside: How many of the search's trials ran beside it.
    """

    model_config = ConfigDict(frozen=True)

    at: float
    own: int
    others: int
    limit: int
    beside: int


class Note(BaseModel):
    """A worker's note of its trial.

    Attributes:
        pid: Its process, 0 once it has left the trial.
        started: When that was started, as `node_memory.started` says: numbers of processes come again.
        is_waiting: Whether the trial has not begun.
        since: When it began to wait.
        kills: How many processes the system had ended for want of memory when the trial began.
        usage: The attempt's own; None before it has begun.
        ended: Earlier attempts here whose workers were ended for want of memory.
        trained: When it last trained an epoch after such an end; None if it has not.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    started: int | None
    is_waiting: bool
    since: float
    kills: int
    usage: Usage | None = None
    ended: tuple[Usage, ...] = ()
    trained: float | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the worker has not left the trial and lives."""
        return self.pid != 0 and started(self.pid) == self.started

    @property
    def most_beside(self) -> float:
        """How many trials may run beside this one: fewer than when its worker was last ended."""
        return max(0, min((usage.beside for usage in self.ended), default=float("inf")) - 1)

    @property
    def ended_alone(self) -> list[Usage]:
        """The attempts that were ended with no other trial beside them, since it last trained an epoch."""
        return [one for one in self.ended if one.beside == 0 and (self.trained is None or one.at > self.trained)]


class MemoryNotes:
    """The notes in ``folder``, which is made. Who reads and then writes holds the lock meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process have the lock while the block runs."""
        with (self._folder / _LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def read(self, trial_id: str) -> Note | None:
        """Return the trial's note, None if there is none."""
        return _read(self._path(trial_id))

    def write(self, trial_id: str, note: Note) -> None:
        """Write the trial's note, whole."""
        self._write(self._path(trial_id), note.model_dump_json())

    def delete(self, trial_id: str) -> None:
        """Delete the trial's note."""
        self._path(trial_id).unlink(missing_ok=True)

    def beside(self, trial_id: str) -> list[Note]:
        """Return the notes of the living workers of all other trials."""
        paths = [path for path in self._folder.glob(_NOTES) if path != self._path(trial_id)]
        return [note for note in map(_read, paths) if note is not None and note.is_alive]

    def measure(self, trial_id: str, own: int) -> None:
        """Note that a trial has trained an epoch and needed so many bytes for that."""
        measured = self._measured()
        measured.pop(trial_id, None)
        latest = {**measured, trial_id: own}
        self._write(self._folder / _MEASURES, json.dumps(dict([*latest.items()][-_MEASURED:])))

    def needs(self) -> int | None:
        """Return the bytes that the largest of the last few trials needed; None before any was measured."""
        return max(self._measured().values(), default=None)

    def _measured(self) -> dict[str, int]:
        path = self._folder / _MEASURES
        return TypeAdapter(dict[str, int]).validate_json(path.read_bytes()) if path.exists() else {}

    def _path(self, trial_id: str) -> Path:
        return self._folder / _NOTES.replace("*", trial_id)

    def _write(self, path: Path, text: str) -> None:
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(text)
        partial.replace(path)


def _read(path: Path) -> Note | None:
    try:
        return Note.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
