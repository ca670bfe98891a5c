"""A situation that a stranger's machine or space brings a search into."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.strangers.judging import Verdict
from benchmarks.strangers.place import Place


@dataclass(frozen=True)
class Situation:
    """Something that happens to a search; ``play`` lets it happen in a place and judges what came of it.

    ``kind`` is the heading that it stands under.
    """

    kind: str
    title: str
    play: Callable[[Place], Verdict]
