"""What values the columns of a table's rules have: whether they can be votes, and how many of them differ."""

import numpy as np

from datasets.errors import SourceError
from datasets.sources.votes.rules.conditions import Columns, Numbers
from datasets.sources.votes.tables import VoteTable

FEW_ROWS = 1000
"""So many distinct rows are told apart; where there are more, they are many."""
_ROUNDING = 1e-6


class Spread:
    """What values the columns of a table's rules have, gathered a batch at a time."""

    def __init__(self, source: VoteTable) -> None:
        self._source = source
        self._bounds: dict[str, tuple[float, float]] = {}
        self.rows = self.incomplete = 0
        self.distinct: set[bytes] = set()

    def add(self, values: Columns) -> None:
        """Look at some rows."""
        rows = np.stack(list(values.values()), axis=1)
        self.rows += len(rows)
        self.incomplete += int(np.isnan(rows).any(axis=1).sum())
        for word, numbers in values.items():
            self._bounds[word] = _joined(self._bounds.get(word, (np.inf, -np.inf)), numbers)
        for start in range(0, len(rows), FEW_ROWS):
            if len(self.distinct) < FEW_ROWS:
                self.distinct.update(row.tobytes() for row in rows[start : start + FEW_ROWS])

    def check(self) -> None:
        """Raise SourceError where a value is none that the rules are made for."""
        rules = self._source.rules
        for word, (least, greatest) in self._bounds.items():
            if least < rules.least - _ROUNDING or greatest > rules.greatest + _ROUNDING:
                percent = rules.least == 0 <= least and rules.greatest == 1 < greatest <= 100
                raise SourceError(
                    f"'{self._source.table.name}' cannot be imported: expected values from {rules.least:g} to "
                    f"{rules.greatest:g} in the column '{self._source.wording.columns[word]}', for the rules of "
                    f"{rules.origin}, found {least:g} to {greatest:g}"
                    + ("; divide percentages by 100" if percent else "; leave what is not known empty")
                )


def _joined(bounds: tuple[float, float], numbers: Numbers) -> tuple[float, float]:
    least, greatest = bounds
    return float(np.fmin.reduce(numbers, initial=least)), float(np.fmax.reduce(numbers, initial=greatest))
