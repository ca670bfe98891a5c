"""An attempt at a trial on a worker: it waits until its node has room for it, and is watched while it runs."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cluster.nodes.memory import NodeMemory, memory_kills, own_bytes, started
from cluster.workers.memory_notes import MemoryNotes, Note, Usage
from cluster.workers.room import TooLarge, Wait, judge

_LOOK_SECONDS = 0.5
# Between two epochs a worker hears of its trial at once.
_AT_REST_SECONDS = 10.0
# Less of the node's memory is not worth a note.
_CHANGE = 0.01


class Attempt:
    """One attempt; ``folder`` is the search's own on this node, the same for all of its workers there.

    ``look`` and ``kills`` tell of the node's memory.
    """

    def __init__(
        self,
        folder: Path,
        trial_id: str,
        *,
        look: Callable[[], NodeMemory | None] = NodeMemory.now,
        kills: Callable[[], int] = memory_kills,
    ) -> None:
        self._notes, self._trial_id = MemoryNotes(folder), trial_id
        self._look, self._kills = look, kills
        self._peak = 0
        self._noted: Usage | None = None
        self._resting_since: float | None = None
        self._left = threading.Event()
        # The watch is another thread.
        self._writing = threading.Lock()
        self._watch: threading.Thread | None = None

    def was_ended(self, *, is_known: bool = False) -> bool:
        """Whether the trial's last worker on this node was ended for want of memory while it ran.

        That is so where it never left the trial, and either ``is_known`` or the system has ended processes since.
        """
        last = self._notes.read(self._trial_id)
        if last is None or last.is_waiting or last.pid == 0:
            return False
        return is_known or self._kills() > last.kills

    def enter(self, *, is_known: bool = False) -> bool:
        """Begin to wait, and return whether the trial's last worker here `was_ended`."""
        with self._notes.locked():
            last, was_ended = self._notes.read(self._trial_id), self.was_ended(is_known=is_known)
            ended = () if last is None else last.ended
            if was_ended and last is not None and last.usage is not None:
                ended = (*ended, last.usage.model_copy(update={"at": time.monotonic()}))
            self._note = Note(
                pid=os.getpid(),
                started=started(),
                is_waiting=True,
                # Its worker may have been lost while it waited.
                since=last.since if last is not None and last.is_waiting else time.monotonic(),
                kills=self._kills(),
                ended=ended,
                trained=None if last is None else last.trained,
            )
            self._notes.write(self._trial_id, self._note)
        return was_ended

    def ask(self) -> Wait | TooLarge | None:
        """Return what keeps the trial from beginning; None: it has begun."""
        with self._notes.locked():
            beside, memory = self._notes.beside(self._trial_id), self._look()
            if memory is None:
                return None
            answer = judge(
                self._note,
                beside,
                memory,
                own=own_bytes(),
                others=_others(memory, beside),
                needs=self._notes.needs(),
                now=time.monotonic(),
            )
            if answer is None:
                self._write(memory, beside)
                self._watch = threading.Thread(target=self._keep_watch, name="memory", daemon=True)
                self._watch.start()
        return answer

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Train an epoch in the block."""
        self._resting_since = None
        yield
        self._resting_since = time.monotonic()
        self.trained()

    def trained(self) -> None:
        """Note that the trial has trained an epoch, and what it needs for that."""
        if self._watch is None:
            return
        with self._notes.locked():
            self._notes.measure(self._trial_id, max(self._peak, own_bytes()))
        if self._note.ended:
            self._note_changes(trained=time.monotonic())

    def leave(self, *, finally_: bool) -> None:
        """Note that the worker has left the trial, and lives; ``finally_``: there will be no other attempt."""
        self._left.set()
        if self._watch is not None:
            self._watch.join()
        with self._notes.locked():
            if finally_ or not self._note.ended:
                self._notes.delete(self._trial_id)
            else:
                self._notes.write(self._trial_id, self._note.model_copy(update={"pid": 0}))

    def _keep_watch(self) -> None:
        while not self._left.wait(_LOOK_SECONDS):
            with contextlib.suppress(OSError):  # a full disk: the next look may get through
                memory, resting_since = self._look(), self._resting_since
                if resting_since is not None and time.monotonic() - resting_since > _AT_REST_SECONDS:
                    # A scheduler has stopped the trial, of which nobody tells its worker.
                    self._notes.delete(self._trial_id)
                    self._noted = None
                elif memory is not None:
                    self._write(memory, self._notes.beside(self._trial_id))

    def _write(self, memory: NodeMemory, beside: list[Note]) -> None:
        """Note how memory stands, if that has changed."""
        self._peak = max(self._peak, own_bytes())
        usage = Usage(
            at=time.monotonic(),
            own=self._peak,
            others=_others(memory, beside),
            limit=memory.limit,
            beside=sum(not note.is_waiting for note in beside),
        )
        last = self._noted
        if last is None or last.beside != usage.beside or _differs(usage, last):
            self._note_changes(is_waiting=False, usage=usage)
            self._noted = usage

    def _note_changes(self, **changes: object) -> None:
        with self._writing:
            self._note = self._note.model_copy(update=changes)
            self._notes.write(self._trial_id, self._note)


def _others(memory: NodeMemory, beside: list[Note]) -> int:
    """Return what is used of the node's memory by all but the search's workers."""
    return max(0, memory.used - own_bytes() - sum(own_bytes(note.pid) for note in beside))


def _differs(usage: Usage, last: Usage) -> bool:
    least = _CHANGE * usage.limit
    return abs(usage.own - last.own) > least or abs(usage.others - last.others) > least
