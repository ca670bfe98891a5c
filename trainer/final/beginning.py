"""A further beginning of a configuration: another seed, and another division of the rows that are not tested on.

What networks of a configuration answer for the rows that they were not trained on says, over some beginnings, how good
the configuration is, how sure such a network may be, and which configurations are to be averaged.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from datasets import Batches, Dataset, Folder, Progress, Split, UnlabelledBatches, plain_batches, silent
from trainer.answering.views import differing_turns
from trainer.bundles.keeping import PackedModel, pack_model, unpack_model
from trainer.final.answers import ANSWERS, BeginningAnswers
from trainer.final.learning_none import shown
from trainer.final.member import Member, describe, examples, member_batches, named, start_over_if_changed, train_member
from trainer.final.operations import operations
from trainer.final.portable import portable
from trainer.final.viewing import answers_by_views
from trainer.fitting.building import Build
from trainer.fitting.checkpoints import delete_all, epochs_done
from trainer.frameworks import keras
from trainer.objective import Objective
from trainer.options import TrainingOptions

_MODEL = "model.keras"


@dataclass(frozen=True)
class Beginning:
    """One beginning of one configuration.

    Attributes:
        configuration: The id of its trial, or what else names it.
        number: Of the beginning, ≥ 1: it is trained on `datasets.Dataset.divided` of that number.
        options: It is trained to the last of their epochs, whatever their patience.
        hyperparameters: What it is built and trained with, for the record.
        seed: Of everything random in it, ≥ 1.
    """

    configuration: str
    number: int
    build: Build
    options: TrainingOptions
    hyperparameters: Mapping[str, object]
    seed: int

    @property
    def name(self) -> str:
        """What names it and its folder."""
        return f"{self.configuration}-b{self.number}"

    @property
    def member(self) -> Member:
        """It, as what is trained."""
        options = replace(self.options, patience=None)
        return Member(self.name, self.build, options, self.hyperparameters, self.seed)


def beginning_batches(beginning: Beginning, dataset: Dataset) -> int:
    """Return the batches of all its epochs, of training and validation: what `train_beginning` reports on."""
    return member_batches(beginning.member, dataset.divided(beginning.number))


def train_beginning(
    beginning: Beginning, dataset: Dataset, *, objective: Objective, work: Folder, progress: Progress = silent
) -> None:
    """Train a beginning to its last epoch, or as far as is missing, and leave its network and answers in ``work``.

    That is a folder of its own. A finished one is not trained again; one whose seed, options, hyperparameters,
    division, dataset or objective are not those that ``work`` is of starts over.

    Raises:
        InfeasibleError: It cannot be built or kept, or diverged; the text names it.
        StorageError: ``work`` cannot be written.
    """
    divided = dataset.divided(beginning.number)
    member, division = beginning.member, _division(divided)
    start_over_if_changed(member, divided, objective=objective, work=work, division=division)
    if not work.exists(ANSWERS):
        run = train_member(member, divided, objective=objective, work=work, progress=progress, division=division)
        logits = run.predicts_logits
        with named(beginning.name):
            model = portable(run.last_model())
            turns = differing_turns(model, examples(divided), logits=logits)
            answered = partial(answers_by_views, model, divided, turns=turns, logits=logits)
            validation, test = (
                answered(partial(_batches, divided, divided.rows(split))) for split in (Split.VALIDATION, Split.TEST)
            )
            numbers = shown(divided)
            unlabelled = answered(partial(UnlabelledBatches, divided, numbers)) if len(numbers) else {}
            packed = pack_model(model)
        described = describe(member, model, logits=logits, history=run.history, epoch=run.epoch, views=1)
        rows, count = divided.rows(Split.VALIDATION), operations(model, dataset.image_shape)
        true, modules = divided.labels[rows], packed.modules
        answers = BeginningAnswers(rows, true, validation, test, described, count, modules, unlabelled)
        work.write_whole(_MODEL, packed.data)
        work.write_whole(ANSWERS, answers.packed())  # which says that it is finished
    delete_all(work)


def share_done(work: Folder, *, epochs: int) -> float:
    """Return which share, 0–1, of a beginning of so many epochs is done: what is there is not trained again."""
    return 1.0 if work.exists(ANSWERS) else min(1.0, epochs_done(work) / epochs)


def read_packed(work: Folder, answers: BeginningAnswers) -> PackedModel:
    """Read the network of a finished beginning, as it is kept."""
    return PackedModel(work.read(_MODEL), answers.modules)


def loaded(beginning: Beginning, packed: PackedModel) -> keras.Model:
    """Load a network of a beginning: images float32 (batch, side, side, 3) → (batch, classes)."""
    try:
        return unpack_model(packed.data)
    except (ValueError, TypeError):
        beginning.build()  # which imports what registers its classes, where nothing has yet
        return unpack_model(packed.data)


def _batches(dataset: Dataset, rows: npt.NDArray[np.int64], batch_size: int) -> Batches:
    return plain_batches(dataset, rows, batch_size=batch_size)


def _division(divided: Dataset) -> str:
    """Name a division by its validation rows: numbers that lead to the same one are alike."""
    return hashlib.sha256(divided.rows(Split.VALIDATION).tobytes()).hexdigest()[:16]
