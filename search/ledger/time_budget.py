"""How much time a search may take, and how much it has taken: durable, so that a search that is resumed has the rest.

Time is that of commands that work on the search, their start-up counted; between a kill and the resume it stands still.
"""

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator

from pydantic import BaseModel, Field

from datasets import StorageError, impatient
from search.layout import TIME, SearchLayout
from search.ledger.heartbeat import Place, repeating
from search.ledger.reading import read_model

_EVERY_SECONDS = 5.0


class TimeBudget:
    """A time limit, and a clock that runs from the making of this object on. For any thread.

    Attributes:
        is_part: Whether what is left of it goes to something else.
    """

    def __init__(
        self,
        limit: float | None = None,
        *,
        already: float = 0.0,
        layout: SearchLayout | None = None,
        name: str = TIME,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count at ``already`` seconds; ``name`` in ``layout`` is the file that `kept` keeps."""
        self.is_part = False
        self._layout, self._name, self._clock = layout, name, clock
        self._zero = clock() - already
        self._own, self._of, self._before_its_end = limit, self, 0.0
        self._is_prolonged: Callable[[], bool] = lambda: False
        self._is_stopped = False
        # Of the whole: who keeps what is spent, of whom the last one does; none, once a place was lost.
        self._keepers: list[object] = []

    @classmethod
    def open(
        cls,
        layout: SearchLayout,
        limit: float | None,
        already: float = 0.0,
        *,
        name: str = TIME,
        clock: Callable[[], float] = time.monotonic,
    ) -> "TimeBudget":
        """Go on with the budget of the search at ``layout``, which may be yet to begin.

        ``already`` are the seconds that this command has taken so far. Whatever ended the last command without a word
        may have done so just before it would have written again: that time counts as spent, without a limit, too, as
        one may be given later. Raises LedgerError for a file that somebody has changed.
        """
        before = spent_so_far(layout, name=name) or 0.0
        return cls(limit, already=before + already, layout=layout, name=name, clock=clock)

    def spent(self) -> float:
        """Return the seconds spent so far, those of commands before this one included."""
        return self._clock() - self._zero

    @property
    def limit(self) -> float | None:
        """Seconds that may be spent in all; None for no limit. That of a part moves while it is prolonged."""
        return self._limit(prolonged=True)

    @property
    def whole(self) -> "TimeBudget":
        """What this is a part of, or a part of a part; itself if of nothing."""
        return self if self._of is self else self._of.whole

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it, or what it is a part of."""
        return self._is_stopped or (self._of is not self and self._of.stopped)

    def left(self, *, prolonged: bool = True) -> float:
        """Return the seconds that are left, none below 0; infinity without a limit.

        With ``prolonged`` False they are those that would be left if nothing prolonged it now.
        """
        if self.stopped:
            return 0.0
        limit = self._limit(prolonged=prolonged)
        return math.inf if limit is None else max(0.0, limit - self.spent())

    def stop(self) -> None:
        """Let nothing be left from now on, of this one and of its parts; what it is a part of has its time."""
        self._is_stopped = True

    def part(self, seconds: float) -> "TimeBudget":
        """Return a budget on the same clock that ends when ``seconds`` of the whole are spent, or with the whole."""
        return self._part(seconds, 0.0)

    def short_of(self, seconds: float) -> "TimeBudget":
        """Return a part that ends so many seconds before this one does, whenever that is."""
        return self._part(None, seconds)

    def end_at(self, seconds: float) -> None:
        """Let a part end when ``seconds`` of the whole are spent, where that is earlier than it was to."""
        self._own = seconds if self._own is None else min(self._own, seconds)

    def prolong(self, is_wanted: Callable[[], bool]) -> None:
        """Let a part go on past its end for as long as ``is_wanted()``, until that of which it is a part ends.

        ``is_wanted`` is asked from any thread. A whole has no more.
        """
        self._is_prolonged = is_wanted

    def _part(self, seconds: float | None, before_its_end: float) -> "TimeBudget":
        part = TimeBudget(seconds, layout=self._layout, name=self._name, clock=self._clock)
        part._zero, part.is_part = self._zero, True
        part._of, part._before_its_end = self, before_its_end
        return part

    def _limit(self, *, prolonged: bool) -> float | None:
        if self._of is self:
            return self._own
        most = self._of._limit(prolonged=prolonged)
        most = None if most is None else most - self._before_its_end
        if self._own is None or (prolonged and most is not None and self._is_prolonged()):
            return most
        return self._own if most is None else min(self._own, most)

    @contextlib.contextmanager
    def kept(self, place: Place | None = None) -> Iterator[None]:
        """Make what is spent durable as the block begins, every 5 s while it runs, and as it ends.

        Not while ``place``, that of whoever works on the search, is doubtful, nor where the storage refuses: the next
        time may get through. A block in another one takes over from that.
        """
        if self._layout is None:
            yield
            return
        root, name, keepers, own = self._layout.root, self._name, self.whole._keepers, object()

        def keep(is_last: bool) -> None:
            if keepers[-1] is not own or (place is not None and not place.is_held()):
                return
            said = {"spent": round(self.spent(), 3), "limit": self.limit, "running": not is_last or len(keepers) > 1}
            with contextlib.suppress(StorageError), impatient():
                root.write_whole(name, json.dumps(said).encode())

        keepers.append(own)
        try:
            keep(False)
            with repeating(keep, seconds=_EVERY_SECONDS, name="time"):
                yield
        finally:
            keepers.remove(own)
            if place is not None and not place.is_held():
                keepers.append(None)


def spent_so_far(layout: SearchLayout, *, name: str = TIME) -> float | None:
    """Return the seconds spent as last kept, None where none were; what may be missing of the last ones is added.

    Raises LedgerError for a file that somebody has changed.
    """
    said = read_model(layout.root, name, _SpentTime)
    return None if said is None else said.spent + (_EVERY_SECONDS if said.running else 0.0)


class _SpentTime(BaseModel):
    """What is read of the file: seconds, and whether they were counted still when it was written."""

    spent: float = Field(allow_inf_nan=False)
    running: bool = False
