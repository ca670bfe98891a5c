"""How long work says how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Called with what is done so far and the total, which is None where it is unknown."""

Stage = Callable[[str, str], Progress]
"""Called as a kind of work begins, with what it is and the plural of what is counted; returns what is told how far."""


def silent(done: int, total: int | None) -> None:
    """Report nothing: the default wherever a Progress is taken."""


def silent_stage(*_: str) -> Progress:
    """Report nothing of any work: the default wherever a Stage is taken."""
    return silent


def part_of(progress: Progress, *, before: int, total: int) -> Progress:
    """Return what tells ``progress`` of a part of the work, before which so much was done."""
    return lambda done, _: progress(before + done, total)
