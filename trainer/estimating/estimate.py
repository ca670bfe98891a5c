"""An estimate with its interval, and how both are written."""

from dataclasses import dataclass

FEW = 10
"""Images of a class below which a score that is a mean over classes says little, so that its width is said."""


@dataclass(frozen=True)
class Estimate:
    """A score and its 95 % interval, fractions 0–1."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} (95 %: {self.low:.2f} to {self.high:.2f})"
