"""One winner of a search, trained fully: what it is, and the actor that trains it or a finalist's beginning."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from ray.exceptions import RayActorError

from cluster.errors import UnfitError
from cluster.nodes.code import CodeIdentity, code_identity
from cluster.workers.attempt import Attempt
from cluster.workers.by_value import unpacked
from cluster.workers.faults import described, is_machines
from cluster.workers.memory_growth import MemoryGrowth
from cluster.workers.notice import EndNotice
from cluster.workers.room import Wait
from cluster.workers.trial import model_builder, search_dataset
from datasets import Dataset, Folder, Progress as Reports, open_folder, patient
from search import SearchSpecification, Value, training_options
from trainer import InfeasibleError, Member, limit_threads, train_member

# Enough after the best epoch to be sure that there is no better one.
_PATIENCE = 10
_ASK_SECONDS = 1.0


class Training(Protocol):
    """What a worker is told to train, to its end: it travels there by value."""

    @property
    def name(self) -> str:
        """What names it and its folder."""

    @property
    def epochs(self) -> int:
        """The longest that it takes."""

    def train(
        self,
        specification: SearchSpecification,
        hypermodel: object | None,
        dataset: Dataset,
        *,
        work: Folder,
        progress: Reports,
    ) -> None:
        """Train it, or as far as is missing, in ``work``, a folder of its own; ``progress`` is told of batches."""


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

    def train(
        self,
        specification: SearchSpecification,
        hypermodel: object | None,
        dataset: Dataset,
        *,
        work: Folder,
        progress: Reports,
    ) -> None:
        """Train it to its end, and leave its checkpoints in ``work``. Raises as `train_member`."""
        member = self.member(specification, hypermodel)
        train_member(member, dataset, objective=specification.objective, work=work, progress=progress)


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        done: Its batches.
        total: All its batches; None before the first.
        waits: What it waits for.
        is_forgiven: Whether its last worker was ended for want of memory, said once.
        has_begun: Whether it trains, or has.
    """

    done: int
    total: int | None
    waits: Wait | None
    is_forgiven: bool
    has_begun: bool


class MemberActor:
    """Trains winners or beginnings, one after the other, in a process of its own; says meanwhile how far one is."""

    def __init__(self, memory: str, hypermodel: bytes | None, code: CodeIdentity, space: str | None) -> None:
        """Get ready; in the `notes_folder` ``memory`` the workers of a node note what memory they hold.

        ``code`` is the driver's, with the HyperModel named ``space``: a worker that runs another trains nothing.
        """
        self._code, self._space = code, space
        self._notice = EndNotice()
        self._memory, self._hypermodel = notes_folder(memory), hypermodel
        self._growth = MemoryGrowth()
        self._reset()

    def _reset(self) -> None:
        self._done = 0
        self._total: int | None = None
        self._epoch: int | None = None
        self._waits: Wait | None = None
        self._is_forgiven = self._has_begun = False

    def train(self, training: Training, specification: SearchSpecification, work: str, ended_for_memory: bool) -> None:
        """Train what is given to its end, with checkpoints in ``work``, once its node has room for it.

        ``ended_for_memory`` says that its last worker was ended for want of memory.

        Raises InfeasibleError, which names the training, if it is too large for its node, or cannot be trained,
        WorkerEndedError if the worker was told to end, MemoryGrowthError if it is too large to begin another training,
        and UnfitError if its node cannot do its part.
        """
        self._reset()
        self._growth.check()
        if differences := self._code.differences(code_identity(self._space)):
            raise UnfitError(", ".join(differences), differs=True)
        try:
            self._train(training, specification, work, ended_for_memory)
        except (InfeasibleError, RayActorError):
            raise
        except Exception as error:
            # Until it begins nothing of its own has run.
            if self._has_begun and not is_machines(error):
                raise
            raise UnfitError(described(error)) from None

    def _train(self, training: Training, specification: SearchSpecification, work: str, ended_for_memory: bool) -> None:
        limit_threads(specification.settings.cpus_per_trial)
        attempt = Attempt(self._memory, training.name)
        self._is_forgiven = attempt.enter(is_known=ended_for_memory)
        try:
            self._wait(attempt, training.name)
            with patient():
                hypermodel = unpacked(self._hypermodel)
                model_builder(specification, {}, hypermodel)  # imports the space: what fails there is the machine's
                dataset = search_dataset(specification)
                self._has_begun = True
                progress = partial(self._note, attempt, training.epochs)
                training.train(specification, hypermodel, dataset, work=open_folder(work), progress=progress)
        except BaseException:
            attempt.leave(finally_=False)
            raise
        attempt.leave(finally_=True)

    def progress(self) -> "Progress":
        """Say how far it is."""
        is_forgiven, self._is_forgiven = self._is_forgiven, False
        return Progress(self._done, self._total, self._waits, is_forgiven, self._has_begun)

    def leave(self) -> None:
        """Let the training go on elsewhere, from its last epoch."""
        self._notice.give()

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
        self._done, self._total, self._epoch = done, total, epoch


def notes_folder(memory: str) -> Path:
    """Return the folder of a name among this node's temporary ones, or the one at an absolute path."""
    return Path(tempfile.gettempdir(), memory)
