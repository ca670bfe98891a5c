"""How long work says how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int | None], None]
"""Called with what is done so far and the total, which is None where it is unknown."""


def silent(done: int, total: int | None) -> None:
    """Report nothing: the default wherever a Progress is taken."""
