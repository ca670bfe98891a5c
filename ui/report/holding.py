"""Where a model's answers hold, in words and as figures: completeness and purity of each class, bin by bin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer import WORDS
from ui import wording

if TYPE_CHECKING:
    from trainer import BinScores, ColumnScores, Holding

_FEW = 12
"""Classes that have a figure each; the table below has all of them."""
_LETTER, _ASLANT = 6.5, 0.65
"""A letter's width, and how far left a name reaches that is turned by 50°, of its length."""
_LEFT, _TOP, _STEP, _HEIGHT, _BESIDE, _LABEL = 34, 12, 44, 150, 7, 14


def unknown_lines(column: "ColumnScores") -> list[str]:
    """Say how many images have no value, a line or none."""
    if not column.unknown:
        return []
    total = sum(one.count for one in column.bins)
    some = "all" if column.absent == column.unknown else f"{column.absent:,}"
    absent = f", {some} of them as the table has no row of them" if column.absent else ""
    return [
        f"{wording.line(column.column)} is not known of {column.unknown:,} of {wording.plural(total, 'image')}{absent}"
    ]


def mix_lines(holding: "Holding") -> list[str]:
    """Say which mix of classes purity is of."""
    mix = holding.mix if holding.prior is None else holding.prior
    said = ", ".join(f"{wording.line(name, longest=40)} {wording.percent(share)}" for name, share in mix.items())
    if holding.prior is None:
        return [f"Purity is that of the evaluated mix of classes ({said}); --prior FILE says another one's"]
    return [
        f"Accuracy and purity are those of the mix of --prior ({said}), as images of each class are here; their "
        "intervals are of a bootstrap"
    ]


@dataclass(frozen=True)
class Mark:
    """A share in a figure: where it stands, with the ends of its interval, in units of the figure, and in words."""

    x: float
    y: float
    low: float
    high: float
    said: str


@dataclass(frozen=True)
class Series:
    """What is drawn of one share: its ``name``, the CSS ``kind`` of its marks, these, and lines, as SVG has them."""

    name: str
    kind: str
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A figure: its ``title``, ``width`` and ``height``, the bins' names with where they stand, and what is drawn.

    ``margin`` is what the names, which are aslant, need left of it.
    """

    title: str
    width: int
    margin: int
    height: int
    bottom: int
    labels: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]
    said: str


def figures(column: "ColumnScores") -> list[Figure]:
    """Return the figure of accuracy and one a class, of few classes."""
    bins = column.filled
    ordered = len(column.bins) - 1 if column.by != WORDS else 0
    classes = [*bins[0].per_class]
    accuracy = [(one.accuracy, one.accuracy_interval, one.count) for one in bins]
    found = [_figure("All classes", bins, {"accuracy": ("all", accuracy)}, ordered)]
    for name in classes if len(classes) <= _FEW else ():
        each = [one.per_class[name] for one in bins]
        shares = {
            "completeness": ("complete", [(one.completeness, one.completeness_interval, one.support) for one in each]),
            "purity": ("pure", [(one.purity, one.purity_interval, one.named) for one in each]),
        }
        found.append(_figure(name, bins, shares, ordered))
    return found


_Shares = Sequence[tuple[float | None, tuple[float, float] | None, int]]


def _figure(title: str, bins: "Sequence[BinScores]", shares: Mapping[str, tuple[str, _Shares]], ordered: int) -> Figure:
    """Draw shares over bins, of which the first ``ordered`` follow each other: these have lines between them."""
    longest = max(len(one.name) for one in bins)
    bottom = _TOP + _HEIGHT
    places = [_LEFT + _STEP * (number + 0.5) for number in range(len(bins))]
    series = []
    for at, (name, (kind, values)) in enumerate(shares.items()):
        aside = (at - (len(shares) - 1) / 2) * _BESIDE
        marks = {
            number: Mark(
                places[number] + aside,
                _y(share),
                _y(ends[0]),
                _y(ends[1]),
                f"{bins[number].name}: {name} {wording.interval(share, ends)}, {wording.plural(count, 'image')}",
            )
            for number, (share, ends, count) in enumerate(values)
            if share is not None and ends is not None
        }
        pairs = [
            (marks[number], marks[number + 1]) for number in range(ordered - 1) if {number, number + 1} <= {*marks}
        ]
        lines = tuple(f"{a.x:.1f},{a.y:.1f} {b.x:.1f},{b.y:.1f}" for a, b in pairs)
        series.append(Series(name, kind, tuple(marks.values()), lines))
    said = ". ".join("; ".join(mark.said for mark in one.marks) for one in series if one.marks)
    height = bottom + round(_LETTER * min(longest, 24) * 0.75) + _LABEL
    labels = tuple((x, wording.line(one.name, longest=24)) for x, one in zip(places, bins, strict=True))
    margin = max(0, *(round(_LETTER * len(name) * _ASLANT - x) for x, name in labels))
    return Figure(title, _LEFT + _STEP * len(bins) + 10, margin, height, bottom, labels, tuple(series), said)


def _y(share: float) -> float:
    return _TOP + _HEIGHT * (1 - share)
