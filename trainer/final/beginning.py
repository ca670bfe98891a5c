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
from trainer.final.answers import ANSWERS, BeginningAnswers, Probabilities, kept_place, of_length, read_answers
from trainer.final.learning_none import shown
from trainer.final.member import (
    IDENTITY,
    Member,
    describe,
    examples,
    identity_of,
    member_batches,
    named,
    start_over_if_changed,
    train_member,
)
from trainer.final.operations import operations
from trainer.final.portable import portable
from trainer.final.realigning import images_of, none_of
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

    That is a folder of its own, where trainings of it over other numbers of epochs stay as they are. A finished one is
    not trained again, but asked about galaxies of no class that are others than it has answered for; one whose seed,
    options, hyperparameters, division, dataset or objective are not those that ``work`` is of starts over.

    Raises:
        InfeasibleError: It cannot be built or kept, or diverged; the text names it.
        StorageError: ``work`` cannot be written.
    """
    divided = dataset.divided(beginning.number)
    member, division = beginning.member, _division(divided)
    place = of_length(work, member.options.epochs)
    start_over_if_changed(member, divided, objective=objective, work=place, division=division)
    if place.exists(ANSWERS):
        answer_for_none(beginning, dataset, work=work)
    else:
        run = train_member(member, divided, objective=objective, work=place, progress=progress, division=division)
        logits = run.predicts_logits
        with named(beginning.name):
            model = portable(run.last_model())
            turns = differing_turns(model, examples(divided), logits=logits)
            answered = partial(answers_by_views, model, divided, turns=turns, logits=logits)
            validation, test = (
                answered(partial(_batches, divided, divided.rows(split))) for split in (Split.VALIDATION, Split.TEST)
            )
            unlabelled = _answers_for_none(model, divided, turns=turns, logits=logits)
            packed = pack_model(model, dataset.image_shape)
        rows = divided.rows(Split.VALIDATION)
        answers = BeginningAnswers(
            rows,
            divided.labels[rows],
            validation,
            test,
            describe(member, model, logits=logits, history=run.history, epoch=run.epoch, views=1),
            operations(model, dataset.image_shape),
            packed.modules,
            unlabelled,
            images_of(dataset, beginning.number),
            none_of(dataset),
        )
        place.write_whole(_MODEL, packed.data)
        place.write_whole(ANSWERS, answers.packed())  # which says that it is finished
    delete_all(place)


def answer_for_none(beginning: Beginning, dataset: Dataset, *, work: Folder) -> None:
    """Have the network of a finished beginning answer for the galaxies of no class that a dataset has now.

    Where these are the ones that it has answered for, or there are none, nothing is done. Raises as `train_beginning`.
    """
    epochs, wanted = beginning.options.epochs, none_of(dataset)
    kept = read_answers(work, epochs=epochs)
    if kept is None or not wanted or kept.of_none == wanted:
        return
    with named(beginning.name):
        model = loaded(beginning, read_packed(work, kept))
        turns, logits = kept.views[1] // 2, kept.member.logits
        unlabelled = _answers_for_none(model, dataset, turns=turns, logits=logits)
    answers = replace(kept, unlabelled=unlabelled, of_none=wanted)
    kept_place(work, epochs).write_whole(ANSWERS, answers.packed())


def is_finished(beginning: Beginning, dataset: Dataset, *, objective: Objective, work: Folder) -> bool:
    """Say whether a beginning has left its answers in ``work``, and nothing of it is another one there."""
    divided, place = dataset.divided(beginning.number), of_length(work, beginning.options.epochs)
    identity = identity_of(beginning.member, divided, objective=objective, division=_division(divided))
    return place.exists(ANSWERS) and place.read_if_there(IDENTITY) == identity


def share_done(work: Folder, *, epochs: int) -> float:
    """Return which share, 0–1, of a beginning of so many epochs is done: what is there is not trained again."""
    place = of_length(work, epochs)
    return 1.0 if place.exists(ANSWERS) else min(1.0, epochs_done(place) / epochs)


def read_packed(work: Folder, answers: BeginningAnswers) -> PackedModel:
    """Read the network of a finished beginning, as it is kept."""
    return PackedModel(kept_place(work, answers.member.epochs).read(_MODEL), answers.modules)


def loaded(beginning: Beginning, packed: PackedModel) -> keras.Model:
    """Load a network of a beginning: images float32 (batch, side, side, 3) → (batch, classes)."""
    try:
        return unpack_model(packed.data)
    except (ValueError, TypeError):
        beginning.build()  # which imports what registers its classes, where nothing has yet
        return unpack_model(packed.data)


def _answers_for_none(model: keras.Model, dataset: Dataset, *, turns: int, logits: bool) -> dict[int, Probabilities]:
    """Answer for the galaxies of no class that are learnt from, if any, by the number of views."""
    numbers = shown(dataset)
    if not len(numbers):
        return {}
    return answers_by_views(model, dataset, partial(UnlabelledBatches, dataset, numbers), turns=turns, logits=logits)


def _batches(dataset: Dataset, rows: npt.NDArray[np.int64], batch_size: int) -> Batches:
    return plain_batches(dataset, rows, batch_size=batch_size)


def _division(divided: Dataset) -> str:
    """Name a division by its validation images, in whatever rows: numbers that lead to the same one are alike."""
    return hashlib.sha256(np.sort(divided.id_hashes[divided.rows(Split.VALIDATION)]).tobytes()).hexdigest()[:16]
