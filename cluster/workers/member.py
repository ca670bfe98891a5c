"""One winner of a search, trained fully: what it is, and the actor that trains it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster.workers.attempt import Attempt
from cluster.workers.by_value import unpacked
from cluster.workers.room import Wait
from cluster.workers.trial import model_builder
from datasets import Dataset, open_folder
from search import SearchSpecification, Value, training_options
from trainer import InfeasibleError, Member, limit_threads, train_member

# Enough after the best epoch to be sure that there is no better one.
_PATIENCE = 10
_ASK_SECONDS = 1.0


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

    def member(self, specification: SearchSpecification, hypermodel: object | None) -> Member:
        """Return it as a member of a final training, of the ``hypermodel`` if the search is of one given."""
        return Member(
            name=self.name,
            build=model_builder(specification, self.hyperparameters, hypermodel),
            options=training_options(self.hyperparameters, epochs=self.epochs, patience=_PATIENCE),
            hyperparameters=dict(self.hyperparameters),
            seed=self.seed,
        )


class MemberActor:
    """Trains one winner in a process of its own, and says meanwhile how far it is."""

    def __init__(self, cpus: int, memory: str, hypermodel: bytes | None) -> None:
        """Get ready for a winner; in the folder ``memory`` the workers of a node note what memory they hold."""
        limit_threads(cpus)
        self._memory, self._hypermodel = Path(memory), hypermodel
        self._done = 0
        self._waits: Wait | None = None

    def train(self, winner: Winner, specification: SearchSpecification, work: str, ended_for_memory: bool) -> None:
        """Train ``winner`` to its end, with checkpoints in ``work``, once its node has room for it.

        ``ended_for_memory`` says that its last worker was ended for want of memory.

        Raises InfeasibleError, which names the winner, if it is too large for its node, or cannot be trained.
        """
        attempt = Attempt(self._memory, winner.name)
        attempt.enter(is_known=ended_for_memory)
        while isinstance(answer := attempt.ask(), Wait):
            self._waits = answer
            time.sleep(_ASK_SECONDS)
        self._waits = None
        if answer is not None:
            raise InfeasibleError(f"{winner.name}: {answer.reason}")
        train_member(
            winner.member(specification, unpacked(self._hypermodel)),
            Dataset.open(specification.dataset),
            objective=specification.objective,
            work=open_folder(work),
            progress=self._note,
        )
        attempt.leave(finally_=True)

    def progress(self) -> tuple[int, Wait | None]:
        """Return the batches done, and what the training waits for."""
        return self._done, self._waits

    def _note(self, done: int, _: int | None) -> None:
        self._done = done
