"""Whether there is room for a trial in its node's memory, and whose fault it was that its worker was ended.

As many trials run as the free memory carries, by what the last ones needed. One whose worker was ended for want of
memory goes on from its checkpoint, with fewer beside it. It is too large for its node only if its worker was ended
though it was alone, again and again for ten minutes without an epoch trained, and had more than all other programs did.
While those hold the memory it waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cluster.nodes.memory import TRIAL_BYTES, NodeMemory, gigabytes
from cluster.workers.memory_notes import Note, Usage

_TRIES_SECONDS = 600.0
_BETWEEN_TRIES_SECONDS = 60.0
# What it had when it was ended was not enough.
_MORE = 1.1


@dataclass(frozen=True)
class Wait:
    """The trial may not begin yet.

    ``is_held``: for ten minutes already, while no other trial ran on its node: other programs hold the memory.
    """

    reason: str
    is_held: bool = False


@dataclass(frozen=True)
class TooLarge:
    """The trial has no room on its node, whatever runs beside it."""

    reason: str


def judge(
    mine: Note, beside: Sequence[Note], memory: NodeMemory, *, own: int, others: int, needs: int | None, now: float
) -> Wait | TooLarge | None:
    """Say what keeps a trial from beginning; None where there is room.

    Args:
        mine: the trial's own note, waiting.
        beside: those of the search's other trials on the node.
        memory: the node's.
        own: bytes that its worker has.
        others: bytes that all but the search's workers have.
        needs: bytes that the last trials needed; None if none was measured.
        now: of the node's `time.monotonic`.
    """
    alone = mine.ended_alone
    largest = max(alone, key=lambda usage: usage.own, default=None)
    is_own_fault = largest is not None and largest.own > max(usage.others for usage in alone)
    if largest is not None and is_own_fault and alone[-1].at - alone[0].at >= _TRIES_SECONDS:
        return TooLarge(_too_large(largest))
    running = [note for note in beside if not note.is_waiting]
    if any(note.is_waiting and note.since < mine.since for note in beside):
        is_held = not running and now - mine.since >= _TRIES_SECONDS
        return Wait("waits for memory: another trial on its node waits before it", is_held=is_held)
    if len(running) > min(note.most_beside for note in (mine, *running)):
        return Wait(
            f"waits for memory: one whose worker was ended for want of it goes on beside fewer than {len(running)}"
        )
    most = max((usage.own for usage in mine.ended), default=0)
    if running:
        each = needs or TRIAL_BYTES
        growing = sum(max(0, each - note.usage.own) for note in running if note.usage is not None)
        mine_needs = max(each, round(_MORE * most))
        if memory.left >= max(0, mine_needs - own) + growing:
            return None
        left = gigabytes(max(0, memory.left - growing))
        return Wait(
            f"waits for memory, which carries {_trials(running)} at a time on its node: "
            f"it {'needs' if needs else 'may need'} {gigabytes(mine_needs)}, and {left} of {gigabytes(memory.limit)} "
            "are left"
        )
    # Nothing measures a trial that was never ended as well as trying it.
    wanted = round(_MORE * most) - own if mine.ended else 0
    is_due = bool(mine.ended) and now - mine.ended[-1].at >= _BETWEEN_TRIES_SECONDS
    if memory.left >= wanted or is_due:
        return None
    had = f"its worker had {gigabytes(most)} when it was ended, and " if mine.ended else ""
    since = alone[0].at if alone else mine.since
    return Wait(
        f"waits for memory: {had}other programs use {gigabytes(others)} of its node's {gigabytes(memory.limit)}",
        is_held=not is_own_fault and now - since >= _TRIES_SECONDS,
    )


def _too_large(usage: Usage) -> str:
    return (
        f"out of memory: alone on its node it had {gigabytes(usage.own)} and wanted more, of {gigabytes(usage.limit)} "
        f"of which other programs used {gigabytes(usage.others)}"
    )


def _trials(running: Sequence[Note]) -> str:
    return "1 trial" if len(running) == 1 else f"{len(running)} trials"
