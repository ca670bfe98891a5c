"""What came of the rows of a catalogue, counted, so that it need not be kept."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # the driver needs no TensorFlow
    from trainer import Classification

_WARNINGS = 50


@dataclass
class Counts:
    """Counts of answers.

    Attributes:
        rows: of all.
        classes: rows by the class named.
        warnings: rows by warning, the 50 commonest.
        seen: rows whose image the model was trained or chosen on.
        failed: rows without an answer.
        overruled: rows whose class is not the most probable one.
        first_failure: path and reason of the first row without an answer.
    """

    rows: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    failed: int = 0
    overruled: int = 0
    first_failure: tuple[str, str] | None = None

    @classmethod
    def of(cls, answers: "Iterable[Classification]") -> Self:
        """Count answers."""
        counts = cls()
        for answer in answers:
            counts.rows += 1
            counts.warnings.update(answer.warnings)
            counts.seen += answer.seen is True
            if answer.class_name is None or answer.probabilities is None:
                counts.failed += 1
                counts.first_failure = counts.first_failure or (answer.path, answer.error or "")
            else:
                counts.classes[answer.class_name] += 1
                counts.overruled += max(answer.probabilities.values()) > answer.probabilities[answer.class_name]
        return counts

    def add(self, other: "Counts") -> None:
        """Count other rows, too."""
        self.rows += other.rows
        self.classes.update(other.classes)
        self.warnings.update(other.warnings)
        self.warnings = Counter(dict(self.warnings.most_common(_WARNINGS)))
        self.seen += other.seen
        self.failed += other.failed
        self.overruled += other.overruled
        self.first_failure = self.first_failure or other.first_failure

    def as_text(self) -> str:
        """Return it as `from_text` reads it."""
        return json.dumps(vars(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `as_text` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        values = json.loads(text)
        values |= {name: Counter(values[name]) for name in ("classes", "warnings")}
        first = values["first_failure"]
        return cls(**values | {"first_failure": None if first is None else tuple(first)})
