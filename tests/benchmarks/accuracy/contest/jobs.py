"""What is to be run: contestants by turns, and deadlines of other lengths, some of which are killed on the way."""

from dataclasses import dataclass
from itertools import zip_longest

from benchmarks.accuracy.contest.draws import Draw, all_draws

LIMITS = {2000: 900.0, 500: 300.0}
"""Seconds by the size of a draw."""
FIT, DEFAULTS = "fit", "defaults"
"""The defaults have the epochs that a fit gives so many images, not the 20 of the command line, which are too few."""
CONTESTANTS = (FIT, DEFAULTS)
_OTHERS = ((120, 0), (180, 1), (480, 1), (720, 1), (1800, 0))
"""Seconds of further fits, and how often each is killed."""


@dataclass(frozen=True)
class Job:
    """One run: a contestant on a draw within a limit, seconds, killed so many times; tested where it is compared."""

    draw: Draw
    contestant: str
    limit: float
    kills: int = 0
    is_compared: bool = True

    def __str__(self) -> str:
        other = "" if self.is_compared else f"-{self.limit:.0f}s"
        return f"{self.draw}-{self.contestant}{other}"


def all_jobs() -> list[Job]:
    """Return them in the order in which they run: sizes by turns, and of each draw the next contestant first."""
    by_size = {size: [draw for draw in all_draws() if draw.size == size] for size in LIMITS}
    jobs = []
    for draws in zip_longest(*by_size.values()):
        for draw in filter(None, draws):
            first = (draw.number - 1) % len(CONTESTANTS)
            order = (*CONTESTANTS[first:], *CONTESTANTS[:first])
            jobs += [Job(draw, contestant, LIMITS[draw.size]) for contestant in order]
    others = [Job(Draw(2000, 1), FIT, float(limit), kills, is_compared=False) for limit, kills in _OTHERS]
    return jobs + others
