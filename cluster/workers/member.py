"""One winner of a search, trained fully: what it is, and the actor that trains it."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cluster.workers.attempt import Attempt
from cluster.workers.by_value import unpacked
from cluster.workers.notice import EndNotice
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
        """Get ready for a winner; in the `notes_folder` ``memory`` the workers of a node note what memory they hold."""
        limit_threads(cpus)
        self._notice = EndNotice()
        self._memory, self._hypermodel = notes_folder(memory), hypermodel
        self._done = 0
        self._epoch: int | None = None
        self._waits: Wait | None = None
        self._is_forgiven = False

    def train(self, winner: Winner, specification: SearchSpecification, work: str, ended_for_memory: bool) -> None:
        """Train ``winner`` to its end, with checkpoints in ``work``, once its node has room for it.

        ``ended_for_memory`` says that its last worker was ended for want of memory.

        Raises InfeasibleError, which names the winner, if it is too large for its node, or cannot be trained, and
        WorkerEndedError if the worker was told to end.
        """
        attempt = Attempt(self._memory, winner.name)
        self._is_forgiven = attempt.enter(is_known=ended_for_memory)
        try:
            self._wait(attempt, winner.name)
            train_member(
                winner.member(specification, unpacked(self._hypermodel)),
                Dataset.open(specification.dataset),
                objective=specification.objective,
                work=open_folder(work),
                progress=partial(self._note, attempt, winner.epochs),
            )
        except BaseException:
            attempt.leave(finally_=False)
            raise
        attempt.leave(finally_=True)

    def progress(self) -> tuple[int, Wait | None, bool]:
        """Return the batches done, what it waits for, and once whether its last worker was ended for want of memory."""
        is_forgiven, self._is_forgiven = self._is_forgiven, False
        return self._done, self._waits, is_forgiven

    def _wait(self, attempt: Attempt, name: str) -> None:
        while isinstance(answer := attempt.ask(), Wait):
            self._notice.check()
            self._waits = answer
            time.sleep(_ASK_SECONDS)
        self._waits = None
        if answer is not None:
            raise InfeasibleError(f"{name}: {answer.reason}")

    def _note(self, attempt: Attempt, epochs: int, done: int, total: int | None) -> None:
        self._notice.check()
        assert total is not None
        epoch = done * epochs // total
        if self._epoch is not None and epoch > self._epoch:
            attempt.trained()
        self._done, self._epoch = done, epoch


def notes_folder(memory: str) -> Path:
    """Return the folder of a name among this node's temporary ones, or the one at an absolute path."""
    return Path(tempfile.gettempdir(), memory)
