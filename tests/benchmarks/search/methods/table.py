"""The table of ways to search: epochs until the best is reached, beside a reference, and regret on the way."""

from collections.abc import Mapping, Sequence

import numpy as np

from cluster.testing import Course, compare

CHECKPOINTS = (60, 120, 240)
"""Epochs after which regret is reported."""


def table(courses: Mapping[str, Sequence[Course]], reference: str) -> str:
    """Return a Markdown table: the methods, against one of them."""
    heads = ["method", "reached", "epochs until", "× " + reference, *(f"regret at {at}" for at in CHECKPOINTS)]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for name, replays in courses.items():
        found = compare(replays, courses[reference])
        reached = sum(course.reached is not None for course in replays) / len(replays)
        regrets = (
            np.mean([course.regret[min(at, len(course.regret)) - 1] for course in replays]) for at in CHECKPOINTS
        )
        cells = [
            name,
            f"{reached:.0%}",
            f"{np.mean([course.epochs for course in replays]):.0f}",
            f"{found.ratio:.2f} ({found.low:.2f}–{found.high:.2f})",
            *(f"{regret:.4f}" for regret in regrets),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
