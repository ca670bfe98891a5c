"""Which trials, or winners, are to go on whose workers were lost, and when; and when trying is of no use."""

import time
from collections import Counter, deque
from collections.abc import Callable

from cluster.errors import ClusterError, NoMemoryError, NoNodeError

# After a worker was ended for want of memory the next one would be, too.
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 40.0
# More than a trial needs, with those pauses, to be found too large for its node by workers that begin it.
_MOST_ENDS_ALONE = 24
# Nodes are lost by themselves; a trial that is lost with each of so many, without an epoch trained, ends them.
_MOST_NODES = 5
# A node is left out after fewer; a worker that Ray places nowhere is of none.
_MOST_FAULTS = 30


class Again:
    """The trials that are to be given out again, by name, the first to be lost first. True while there are any."""

    def __init__(self, *, most_failures: int, command: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Let a trial be lost ``most_failures`` times; ``command`` is what goes on where trying is of no use."""
        self._most_failures, self._command, self._clock = most_failures, command, clock
        self._lost: deque[tuple[float, str]] = deque()
        self._failures: Counter[str] = Counter()
        # How often a trial's worker was ended for want of memory since it has trained an epoch; and, with no other
        # trial running, one time after the other.
        self._ends: Counter[str] = Counter()
        self._ends_alone: Counter[str] = Counter()
        self._last_for_memory: set[str] = set()
        # How often it could not begin on its node, and was lost with one, since it has trained an epoch.
        self._faults: Counter[str] = Counter()
        self._nodes: Counter[str] = Counter()
        self._hopeless: ClusterError | None = None

    def __len__(self) -> int:
        return len(self._lost)

    def due(self) -> str | None:
        """Return the next trial to be given out, None where there is none whose pause is over."""
        now = self._clock()
        for one in self._lost:
            if one[0] <= now:
                self._lost.remove(one)
                return one[1]
        return None

    def take_back(self, name: str, *, for_memory: bool, is_alone: bool) -> bool:
        """Take back a trial whose worker was lost; False if it may be given out no more.

        ``for_memory``: the worker was ended for want of memory, which is no failure. ``is_alone``: no other trial runs.
        """
        pause = 0.0
        if for_memory:
            pause = min(_FIRST_PAUSE * 2 ** self._ends[name], _LONGEST_PAUSE)
            self._ends[name] += 1
            self._last_for_memory.add(name)
            self._ends_alone[name] = self._ends_alone[name] + 1 if is_alone else 0
            if self._ends_alone[name] > _MOST_ENDS_ALONE:
                self.give_up_memory(f"{name}: each of its workers is ended for want of memory")
        else:
            self._failures[name] += 1
            self._last_for_memory.discard(name)
            if self._failures[name] > self._most_failures:
                return False
        self._lost.append((self._clock() + pause, name))
        return True

    def last_for_memory(self, name: str) -> bool:
        """Whether the trial's last worker is known to have been ended for want of memory."""
        return name in self._last_for_memory

    def could_not_begin(self, name: str, reason: str) -> None:
        """Take back a trial for which its node's worker could do nothing: no failure, and tried again after a pause."""
        pause = min(_FIRST_PAUSE * 2 ** (self._faults[name] - 1), _LONGEST_PAUSE) if self._faults[name] else 0.0
        self._faults[name] += 1
        if self._faults[name] > _MOST_FAULTS:
            self._hopeless = NoNodeError(f"no worker could begin {name}: {reason}: {self._command} goes on")
        self._last_for_memory.discard(name)
        self._lost.append((self._clock() + pause, name))

    def lost_with_node(self, name: str) -> bool:
        """Take back a trial whose node was lost, which is no failure; False if that has been so too often in a row."""
        self._nodes[name] += 1
        if self._nodes[name] > _MOST_NODES:
            return False
        self.preempted(name)
        return True

    def preempted(self, name: str) -> None:
        """Take back a trial whose worker was told to end, which is no failure."""
        self._last_for_memory.discard(name)
        self._lost.append((self._clock(), name))

    def forgive(self, name: str) -> None:
        """Take in that the trial's next worker has found that the last one was ended for want of memory."""
        if name not in self._last_for_memory:
            self._failures[name] = max(0, self._failures[name] - 1)

    def trained(self, name: str) -> None:
        """Take in that the trial has trained an epoch."""
        for counted in (self._ends, self._ends_alone, self._faults, self._nodes):
            counted.pop(name, None)

    def give_up_memory(self, reason: str) -> None:
        """Let `check` say that nothing can run for want of memory, and why. May be called from any thread."""
        self._hopeless = NoMemoryError(f"{reason}: end other programs there; {self._command} goes on")

    def check(self) -> None:
        """Raise NoMemoryError or NoNodeError, one line, if nothing can run. May be called from any thread."""
        if self._hopeless is not None:
            raise self._hopeless
