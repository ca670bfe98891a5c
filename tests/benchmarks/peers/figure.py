"""The time courses as one SVG: a panel for each size and mode, a line for each contestant, the target dashed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean

from benchmarks.peers.judging import Course

_COLOURS = ("#0b5cad", "#b3400a", "#2e7d32", "#7b1fa2")
_WIDTH, _HEIGHT, _LEFT, _TOP, _BETWEEN, _KEY = 380, 240, 56, 34, 60, 26
_POINTS = 120


@dataclass(frozen=True)
class Panel:
    """One plot: contestant → courses of its runs, each to the end of ``budget`` CPU seconds; the target, if known."""

    title: str
    budget: float
    courses: Mapping[str, Sequence[Course]]
    target: float | None


def svg(panels: Sequence[Panel], *, half: str) -> str:
    """Return the figure, two panels a row; a line is the mean over runs once each of them has a network."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.courses))
    columns, rows = min(2, len(panels)), -(-len(panels) // 2)
    width = columns * (_WIDTH + _BETWEEN) + _LEFT
    height = rows * (_HEIGHT + _BETWEEN) + _TOP + _KEY
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="12">',
        f"<title>Macro F1 of the best network so far on the {escape(half)} half, by CPU seconds</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, name in enumerate(names):
        at = _LEFT + number * (width - _LEFT) // max(len(names), 1)
        parts.append(f'<path d="M{at} 14h18" stroke="{_COLOURS[number]}" stroke-width="2.5"/>')
        parts.append(f'<text x="{at + 23}" y="18">{escape(name)}</text>')
    for number, panel in enumerate(panels):
        x = _LEFT + number % 2 * (_WIDTH + _BETWEEN)
        y = _TOP + _KEY + number // 2 * (_HEIGHT + _BETWEEN)
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel, names), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, names: Sequence[str]) -> list[str]:
    lines = {name: _mean_line(panel.courses[name], panel.budget) for name in names if panel.courses.get(name)}
    seen = [score for line in lines.values() for _, score in line]
    seen += [0.0, 1.0] if not seen else [] if panel.target is None else [panel.target]
    low, high = math.floor(10 * min(seen)) / 10, math.ceil(10 * max(seen) + 1e-9) / 10

    def place(seconds: float, score: float) -> str:
        return f"{_WIDTH * seconds / panel.budget:.1f} {_HEIGHT * (high - score) / (high - low):.1f}"

    parts = [
        f'<text y="-8" font-weight="bold">{escape(panel.title)}: macro F1</text>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="#767676"/>',
    ]
    for fifth in range(6):
        score, seconds = low + fifth * (high - low) / 5, panel.budget * fifth / 5
        y, x = _HEIGHT - _HEIGHT * fifth / 5, _WIDTH * fifth / 5
        parts.append(f'<text x="-6" y="{y + 4:.0f}" text-anchor="end">{score:.2f}</text>')
        parts.append(f'<text x="{x:.0f}" y="{_HEIGHT + 16}" text-anchor="middle">{seconds:.0f}</text>')
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT + 32}" text-anchor="middle">CPU seconds</text>')
    if panel.target is not None:
        path = f"M{place(0, panel.target)}L{place(panel.budget, panel.target)}"
        parts.append(f'<path d="{path}" stroke="#555" stroke-dasharray="5 4"/>')
    for name, line in lines.items():
        if line:
            path = "M" + "L".join(place(*point) for point in line)
            colour = _COLOURS[names.index(name)]
            parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    return parts


def _mean_line(courses: Sequence[Course], budget: float) -> list[tuple[float, float]]:
    line = []
    for step in range(_POINTS + 1):
        seconds = budget * step / _POINTS
        now = [[score for at, score in course if at <= seconds] for course in courses]
        if all(now):
            line.append((seconds, fmean(scores[-1] for scores in now)))
    return line
