"""How much time a search may take, and how much it has taken: durable, so that a search that is resumed has the rest.

Time is that of commands that work on the search, their start-up counted; between a kill and the resume it stands still.
"""

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator

from datasets import StorageError, impatient
from search.layout import TIME, SearchLayout
from search.ledger.heartbeat import Place, repeating
from search.ledger.reading import read_json

_EVERY_SECONDS = 5.0


class TimeBudget:
    """A time limit, and a clock that runs from the making of this object on. For any thread.

    Attributes:
        limit: Seconds that may be spent in all; None for no limit.
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
        self.limit, self.is_part = limit, False
        self._layout, self._name, self._clock = layout, name, clock
        self._zero = clock() - already

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
        may have done so just before it would have written again: that time counts as spent. Raises LedgerError for a
        file that somebody has changed. Without a limit nobody is asked.
        """
        before = 0.0 if limit is None else spent_so_far(layout, name=name) or 0.0
        return cls(limit, already=before + already, layout=layout, name=name, clock=clock)

    def spent(self) -> float:
        """Return the seconds spent so far, those of commands before this one included."""
        return self._clock() - self._zero

    def left(self) -> float:
        """Return the seconds that are left, none below 0; infinity without a limit."""
        return math.inf if self.limit is None else max(0.0, self.limit - self.spent())

    def part(self, seconds: float) -> "TimeBudget":
        """Return a budget on the same clock that ends when ``seconds`` of the whole are spent, or with the whole."""
        limit = seconds if self.limit is None else min(seconds, self.limit)
        part = TimeBudget(limit, layout=self._layout, name=self._name, clock=self._clock)
        part._zero, part.is_part = self._zero, True
        return part

    @contextlib.contextmanager
    def kept(self, place: Place | None = None) -> Iterator[None]:
        """Make what is spent durable as the block begins, every 5 s while it runs, and as it ends.

        Not while ``place``, that of whoever works on the search, is doubtful, nor where the storage refuses: the next
        time may get through. Without a limit nothing is kept.
        """
        if self.limit is None or self._layout is None:
            yield
            return
        root, name = self._layout.root, self._name

        def keep(is_last: bool) -> None:
            if place is not None and not place.is_held():
                return
            said = {"spent": round(self.spent(), 3), "limit": self.limit, "running": not is_last}
            with contextlib.suppress(StorageError), impatient():
                root.write_whole(name, json.dumps(said).encode())

        keep(False)
        with repeating(keep, seconds=_EVERY_SECONDS, name="time"):
            yield


def spent_so_far(layout: SearchLayout, *, name: str = TIME) -> float | None:
    """Return the seconds spent as last kept, None where none were; what may be missing of the last ones is added.

    Raises LedgerError for a file that somebody has changed.
    """
    said = read_json(layout.root, name, "spent")
    if said is None:
        return None
    return float(said["spent"]) + (_EVERY_SECONDS if said.get("running") else 0.0)
