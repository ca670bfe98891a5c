"""The finalists of a search and their further beginnings, as ``finals.json`` keeps them.

A beginning is another training of a configuration: another seed, and another division of the rows that are not of the
test split. Beginnings are no trials; they belong to the finalist. Who holds the trainers' place writes the file, whole,
after each beginning that has ended; anyone reads it at any time.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Literal

from pydantic import BaseModel, ConfigDict

from datasets import Folder, finite
from search.layout import FINALS
from search.ledger.reading import read_model
from search.values import Values

FORMAT: Literal["galaxy-tuner-finals/1"] = "galaxy-tuner-finals/1"
DEFAULTS = "defaults"
"""What stands for a trial's id where no trial has had the space's defaults."""


class EndedBeginning(BaseModel):
    """A further training that has come to its last epoch.

    ``number``, from 1, names its division; ``score`` is the objective at its last epoch, None where that was no number;
    ``seconds`` are those from its start to its answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    seed: int
    score: float | None
    seconds: float


class Finalist(BaseModel):
    """A configuration that is trained again; its own trial, where it was chosen, is not in its mean.

    ``trial_id`` is that of the trial it is of, or `DEFAULTS`. ``is_active``: it is one of those compared now.
    ``dropped`` says why it gets no more beginnings, None where it does; ``failed`` where that is for one that could not
    be trained, as when another program took the memory: the next call tries it again, and what it has scored counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial_id: str
    hyperparameters: Values
    is_defaults: bool = False
    is_active: bool = True
    beginnings: tuple[EndedBeginning, ...] = ()
    dropped: str | None = None
    failed: bool = False

    @property
    def scores(self) -> dict[int, float]:
        """The score of each beginning that has one, by its number."""
        scored = sorted((one.number, finite(one.score)) for one in self.beginnings)
        return {number: score for number, score in scored if score is not None}

    @property
    def mean(self) -> float | None:
        """The mean of the scores; None without any."""
        return fmean(self.scores.values()) if self.scores else None

    @property
    def spread(self) -> float | None:
        """Their standard deviation; None where there are fewer than two."""
        return stdev(self.scores.values()) if len(self.scores) > 1 else None

    @property
    def stays(self) -> bool:
        """Whether it may get further beginnings."""
        return self.is_active and self.dropped is None


class WorthFigures(BaseModel):
    """What the chosen one is better by than the space's defaults, in macro F1: see `trainer`'s ``worth``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gain: float | None
    low: float | None
    high: float | None
    beginnings: int
    measured: float | None = None
    sentence: str


class Finals(BaseModel):
    """All finalists of a search.

    ``epochs`` is the length of each beginning, ``planned`` how many each finalist is to have at least, ``limit`` the
    seconds within which that was planned. ``chosen`` is a finalist's ``trial_id``. ``bundled`` names the beginnings of
    which the last bundle was made, the best of them. ``unused`` says why time was left over, where it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["galaxy-tuner-finals/1"] = FORMAT
    epochs: int
    planned: int
    limit: float | None = None
    finalists: tuple[Finalist, ...]
    chosen: str | None = None
    worth: WorthFigures | None = None
    bundled: tuple[str, ...] = ()
    unused: str | None = None

    def finalist(self, trial_id: str) -> Finalist | None:
        """Return the finalist of a trial, None where it is none."""
        return next((one for one in self.finalists if one.trial_id == trial_id), None)

    def but(self, finalist: Finalist) -> "Finals":
        """Return the finals with ``finalist`` in place of the one of its trial."""
        changed = tuple(finalist if one.trial_id == finalist.trial_id else one for one in self.finalists)
        return self.model_copy(update={"finalists": changed})

    def with_ended(self, trial_id: str, beginning: EndedBeginning) -> "Finals":
        """Return the finals with one more beginning of a finalist; one of its number is replaced."""
        one = self.finalist(trial_id)
        assert one is not None
        others = tuple(each for each in one.beginnings if each.number != beginning.number)
        return self.but(one.model_copy(update={"beginnings": (*others, beginning)}))

    def as_json(self) -> list[dict[str, object]]:
        """Return what ``galaxy leaderboard --json`` prints as ``finalists``."""
        return [
            {
                "trial_id": one.trial_id,
                "is_defaults": one.is_defaults,
                "mean": one.mean,
                "spread": one.spread,
                "beginnings": [each.model_dump() | {"score": finite(each.score)} for each in one.beginnings],
                "dropped": one.dropped,
                "chosen": one.trial_id == self.chosen,
            }
            for one in self.finalists
        ]


def standard_error(differences: Sequence[float]) -> float:
    """Return the standard error of the mean of two differences or more."""
    return stdev(differences) / sqrt(len(differences))


def read_finals(root: Folder) -> Finals | None:
    """Read the finalists of the search in ``root``; None where none were trained. Raises LedgerError for a bad file."""
    return read_model(root, FINALS, Finals)


def write_finals(root: Folder, finals: Finals) -> None:
    """Keep the finals, whole or not at all. For who holds the trainers' place."""
    root.write_whole(FINALS, finals.model_dump_json().encode())
