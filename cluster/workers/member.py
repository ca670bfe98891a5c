"""One winner of a search, trained fully: what it is, and the actor that trains it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cluster.workers.trial import model_builder
from datasets import Dataset, open_folder
from search import SearchSpecification, Value, training_options
from trainer import Member, limit_threads, train_member

# Enough after the best epoch to be sure that there is no better one.
_PATIENCE = 10


@dataclass(frozen=True)
class Winner:
    """A configuration of a search, to be trained fully.

    Attributes:
        name: Names it and its folder: the id of its trial, with a number where one is trained more than once.
        hyperparameters: Its values.
        epochs: Longest training, ≥ 1.
        seed: ≥ 1.
    """

    name: str
    hyperparameters: Mapping[str, Value]
    epochs: int
    seed: int

    def member(self, specification: SearchSpecification) -> Member:
        """Return it as a member of a final training."""
        return Member(
            name=self.name,
            build=model_builder(specification, self.hyperparameters),
            options=training_options(self.hyperparameters, epochs=self.epochs, patience=_PATIENCE),
            hyperparameters=dict(self.hyperparameters),
            seed=self.seed,
        )


class MemberActor:
    """Trains one winner in a process of its own, and says meanwhile how far it is."""

    def __init__(self, cpus: int) -> None:
        limit_threads(cpus)
        self._done = 0

    def train(self, winner: Winner, specification: SearchSpecification, work: str) -> None:
        """Train ``winner`` to its end, with checkpoints in ``work``."""
        train_member(
            winner.member(specification),
            Dataset.open(specification.dataset),
            objective=specification.objective,
            work=open_folder(work),
            progress=self._note,
        )

    def progress(self) -> int:
        """Return the batches done."""
        return self._done

    def _note(self, done: int, _: int | None) -> None:
        self._done = done
