"""One model of a final training: trained to its end, at its best epoch, averaged over views of an image."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from datasets import (
    Dataset,
    Folder,
    Progress,
    Split,
    Stage,
    UnlabelledBatches,
    as_floats,
    finite,
    part_of,
    silent,
    silent_stage,
)
from trainer.answering.predicting import Predictions, predict
from trainer.answering.views import AS_IT_IS, TWO_SIZES, differing_turns, images_at_once, view_average
from trainer.bundles.manifest import BundleMember
from trainer.errors import InfeasibleError
from trainer.final.affording import is_better_turned
from trainer.final.checking import check_kept
from trainer.final.choosing import is_worth_twice_the_work
from trainer.final.portable import portable
from trainer.fitting.building import Build
from trainer.fitting.epoch import VALIDATION_BATCH_SIZE, epoch_batches, split_batches
from trainer.fitting.moments import measured_batches
from trainer.fitting.run import TrainingRun
from trainer.frameworks import keras
from trainer.objective import Objective
from trainer.options import TrainingOptions

IDENTITY = "member.json"
_EXAMPLES = 32


@dataclass(frozen=True)
class Member:
    """One model of a final training.

    Attributes:
        name: Its trial's id, for its second random beginning followed by ``-2`` and so on; names its folder.
        hyperparameters: What it is built and trained with, for the record.
        seed: Of everything random in it, ≥ 1.
    """

    name: str
    build: Build
    options: TrainingOptions
    hyperparameters: Mapping[str, object]
    seed: int


@dataclass(frozen=True)
class TrainedMember:
    """A member at its best epoch, averaged over views of an image, and what it predicts for the validation images."""

    model: keras.Model
    description: BundleMember
    validation: Predictions

    def predict(self, dataset: Dataset, split: Split, progress: Progress = silent) -> Predictions:
        """Predict a split. Raises SplitError where it has no rows."""
        about = self.description
        return _predicted(self.model, dataset, split, logits=about.logits, views=about.views or 1, progress=progress)

    def predict_unlabelled(
        self, dataset: Dataset, numbers: npt.NDArray[np.int64], progress: Progress = silent
    ) -> npt.NDArray[np.float32]:
        """Predict the galaxies of no class of some numbers, (n,): probabilities, (n, classes)."""
        about = self.description
        batches = UnlabelledBatches(dataset, numbers, images_at_once(about.views or 1, VALIDATION_BATCH_SIZE))
        return predict(self.model, batches, logits=about.logits, progress=progress)[1]


def member_batches(member: Member, dataset: Dataset) -> int:
    """Return the batches of all its epochs, as `TrainingRun` counts them: what `train_member` reports on."""
    training, validation = epoch_batches(dataset, member.options, seed=member.seed)
    measured = measured_batches(training, dataset.image_shape)
    return member.options.epochs * (len(training) + measured + len(validation))


def train_member(
    member: Member,
    dataset: Dataset,
    *,
    objective: Objective,
    work: Folder,
    progress: Progress = silent,
    division: str | None = None,
) -> TrainingRun:
    """Train a member to its end, or as far as is missing; its checkpoints stay in ``work``, a folder of its own.

    It starts over if its hyperparameters, options, dataset, objective or seed are not those that ``work`` is of, or the
    ``division`` of the dataset, where it is not the dataset's own.

    Raises:
        InfeasibleError: It cannot be built or kept, or diverged; the text names it.
        StorageError: ``work`` cannot be written.
    """
    start_over_if_changed(member, dataset, objective=objective, work=work, division=division)
    total = member_batches(member, dataset)
    with named(member.name):
        run = TrainingRun(
            member.build, dataset, member.options, objective=objective, seed=member.seed, checkpoints=work
        )
        check_kept(run, dataset.image_shape)
        while not run.finished:
            run.step(part_of(progress, before=run.epoch * run.batches_per_epoch, total=total))
    return run


def finish_member(member: Member, run: TrainingRun, dataset: Dataset, begin: Stage = silent_stage) -> TrainedMember:
    """Take the best epoch of a member's finished run and predict the validation images.

    It is averaged over flips and those turns that it tells apart where that is expected to be better than the image
    alone by what it answers on validation, and over two sizes of the image if that is worth it there, too. ``begin`` is
    told of each time that these are predicted.

    Raises InfeasibleError, which names the member, if no epoch could be scored.
    """
    with named(member.name):
        best = run.best_model()
    logits, plain = run.predicts_logits, portable(best)
    turns = differing_turns(plain, examples(dataset), logits=logits)
    assert run.best_epoch is not None
    described = partial(describe, member, best, logits=logits, history=run.history, epoch=run.best_epoch)

    def viewed(model: keras.Model, views: int) -> TrainedMember:
        said = f"Answering validation images, {views} view{'s' * (views > 1)} each ({member.name})"
        answers = _predicted(
            model, dataset, Split.VALIDATION, logits=logits, views=views, progress=begin(said, "batches")
        )
        return TrainedMember(model, described(views=views), answers)

    def averaged(scales: Sequence[float]) -> TrainedMember:
        model = view_average(plain, image_shape=dataset.image_shape, turns=turns, scales=scales)
        return viewed(model, 2 * turns * len(scales))

    alone, turned = viewed(plain, 1), averaged(AS_IT_IS)
    if not is_better_turned(alone.validation[0], alone.validation[1], turned.validation[1]):
        return alone
    sized = averaged(TWO_SIZES)
    return sized if is_worth_twice_the_work(turned.validation, sized.validation) else turned


@contextmanager
def named(name: str) -> Iterator[None]:
    """Let an InfeasibleError of the block say whose it is."""
    try:
        yield
    except InfeasibleError as error:
        raise InfeasibleError(f"{name}: {error}") from error


def _predicted(
    model: keras.Model, dataset: Dataset, split: Split, *, logits: bool, views: int, progress: Progress
) -> Predictions:
    batches = split_batches(dataset, split, batch_size=images_at_once(views, VALIDATION_BATCH_SIZE))
    return predict(model, batches, logits=logits, progress=progress)


def examples(dataset: Dataset) -> npt.NDArray[np.float32]:
    """Return about 32 of the validation images, float32 (n, side, side, 3): enough to try a network on."""
    rows = dataset.rows(Split.VALIDATION)
    return as_floats(dataset.take(rows[:: -(-len(rows) // _EXAMPLES)]))


def start_over_if_changed(
    member: Member, dataset: Dataset, *, objective: Objective, work: Folder, division: str | None = None
) -> None:
    """Empty ``work`` unless it is of this member, dataset, division and objective."""
    identity = identity_of(member, dataset, objective=objective, division=division)
    if work.read_if_there(IDENTITY) != identity:
        work.delete_tree()
        work.write_whole(IDENTITY, identity)


def identity_of(member: Member, dataset: Dataset, *, objective: Objective, division: str | None = None) -> bytes:
    """Return what a member's folder notes, as JSON, of what its training is of."""
    return json.dumps(
        {
            **({} if division is None else {"division": division}),
            "options": asdict(member.options),
            "hyperparameters": dict(member.hyperparameters),
            "dataset": dataset.fingerprint,
            "objective": str(objective),
            "seed": member.seed,
        },
        sort_keys=True,
        default=str,
    ).encode()


def describe(
    member: Member,
    model: keras.Model,
    *,
    logits: bool,
    history: Mapping[str, Sequence[float]],
    epoch: int,
    views: int,
) -> BundleMember:
    """Describe a member as a bundle does: the model of an epoch, from 1, averaged over so many views of an image."""
    metrics = {name: values[epoch - 1] for name, values in history.items()}
    return BundleMember(
        name=member.name,
        logits=logits,
        parameters=model.count_params(),
        epochs=max(map(len, history.values())),
        best_epoch=epoch,
        hyperparameters=dict(member.hyperparameters),
        metrics={name: finite(value) for name, value in metrics.items()},
        options=json.loads(json.dumps(asdict(member.options), default=str)),
        seed=member.seed,
        views=views,
    )
