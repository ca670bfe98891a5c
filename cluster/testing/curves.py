"""Recorded learning curves: what each epoch of a configuration scored and took, and what the configuration is worth."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search import Value


@dataclass(frozen=True)
class Curve:
    """One configuration, trained to the end of its schedule.

    Attributes:
        values: All its active values.
        scores: The objective after each epoch, as the search would have seen it.
        seconds: What each epoch took, of one CPU.
        truth: What the configuration is worth when it is trained to the end, on images that no search sees.
        part: Which part of the pool it is from, by the recording's own words.
        number: Its number in the recording.
    """

    values: dict[str, Value]
    scores: tuple[float, ...]
    seconds: tuple[float, ...]
    truth: float
    part: str = ""
    number: int = 0

    @property
    def epochs(self) -> int:
        """Epochs of the whole training."""
        return len(self.scores)


def read_curves(
    path: str | Path, *, beginning: int = 0, objective: str = "val_macro_f1_decided", truth: str = "macro_f1_decided"
) -> list[Curve]:
    """Read what `benchmarks.search.curves` recorded: the scores of one beginning, the truth averaged over all.

    Configurations whose training ended early, or that lack a beginning or the objective, are left out: nothing is known
    of their worth.
    """
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    whole = [line for line in lines if line["reason"] is None and objective in line["scores"]]
    beginnings = {line["beginning"] for line in lines}
    curves = []
    for number in sorted({line["number"] for line in whole}):
        mine = {line["beginning"]: line for line in whole if line["number"] == number}
        if mine.keys() != beginnings:
            continue
        seen = mine[beginning]
        scores = tuple(seen["scores"][objective])
        curves.append(
            Curve(
                values=seen["values"],
                scores=scores,
                seconds=tuple(seen["seconds"]),
                truth=_mean([line["truth"][str(len(scores))][truth] for line in mine.values()]),
                part=seen["part"],
                number=number,
            )
        )
    return curves


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
