"""What a model says of an image, for the terminal, for the page and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import pyarrow as pa

    from trainer import Classification


@dataclass(frozen=True)
class Prediction:
    """One image's answer, without its pixels.

    Either ``class_name`` and ``probabilities`` (class → 0–1, in the model's order) are there, or ``error`` is.
    ``sure``, ``novelty``, ``seen`` and ``none`` as in `trainer.Classification`.
    """

    path: str
    class_name: str | None
    probabilities: Mapping[str, float] | None
    warnings: tuple[str, ...]
    error: str | None
    sure: bool | None = None
    novelty: float | None = None
    seen: bool | None = None
    none: float | None = None

    @classmethod
    def of(cls, image: "Classification") -> Self:
        """Keep all but the pixels of a classified image; of a name that is no Unicode, what can be written."""
        path = image.path.encode("utf-8", "backslashreplace").decode("utf-8")
        said = (image.warnings, image.error, image.sure, image.novelty, image.seen, image.none)
        return cls(path, image.class_name, image.probabilities, *said)

    @classmethod
    def in_batch(cls, batch: "pa.RecordBatch", classes: Sequence[str]) -> list[Self]:
        """Return those that are the rows of a catalogue's answers."""
        from trainer import answers_in

        return [cls(**row) for row in answers_in(batch, classes)]

    @property
    def probability(self) -> float | None:
        """The probability of the class chosen, None without one."""
        if self.probabilities is None or self.class_name is None:
            return None
        return self.probabilities[self.class_name]

    @property
    def others(self) -> list[tuple[str, float]]:
        """Every class but the one chosen, with its probability, most probable first; empty without an answer.

        The first may be more probable than the one chosen, where the decision gives rare classes a chance.
        """
        rest = {name: chance for name, chance in (self.probabilities or {}).items() if name != self.class_name}
        return sorted(rest.items(), key=lambda item: -item[1])

    @property
    def is_overruled(self) -> bool:
        """Whether another class is more probable than the one chosen."""
        return self.probability is not None and max((self.probabilities or {}).values()) > self.probability

    def as_json(self) -> dict[str, object]:
        """Return the image as the ``images`` list of ``galaxy classify --json`` holds it."""
        return {
            "path": self.path,
            "class": self.class_name,
            "probabilities": None if self.probabilities is None else dict(self.probabilities),
            "warnings": list(self.warnings),
            "error": self.error,
            "sure": self.sure,
            "novelty": self.novelty,
            "seen": self.seen,
            "none": self.none,
        }
