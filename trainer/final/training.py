"""Final training: members are trained to their end; the best, or an ensemble, is calibrated, tested and bundled."""

import logging
from collections.abc import Sequence

from datasets import Dataset, Folder, Progress, Split, Stage, part_of, silent, silent_stage
from trainer.answering.averaging import weighted_mean
from trainer.errors import InfeasibleError
from trainer.final.bundling import Answered, FinalResult, write_calibrated
from trainer.final.choosing import choose_best, choose_ensemble
from trainer.final.learning_none import shown
from trainer.final.member import Member, TrainedMember, finish_member, member_batches, train_member
from trainer.objective import Objective

_log = logging.getLogger(__name__)


def train_final(
    members: Sequence[Member],
    dataset: Dataset,
    *,
    objective: Objective,
    seed: int,
    work: Folder,
    bundle: Folder,
    ensemble: bool = False,
    commands: Sequence[str] = (),
    progress: Progress = silent,
    begin: Stage = silent_stage,
) -> FinalResult:
    """Train each member to its end, keep the best or average several, calibrate, test, and write the bundle.

    Checkpoints are kept in a folder each below ``work``: after an interruption the same call goes on where it was, and
    a member that `train_member` has trained there is not trained again. One that cannot be trained is left out, with a
    warning.

    Args:
        members: At least one, of different names.
        ensemble: Average the probabilities of those members that `choose_ensemble` takes; else keep the best one.
            Validation images decide.
        seed: Of what is drawn to learn the bundle's thresholds.
        commands: Shell commands that lead to this call, for the record.
        progress: Told after each batch of training; the total is that of all members' epochs.
        begin: Told as anything else begins: answering validation and test images, calibration.

    Raises:
        InfeasibleError: No member can be built and trained without diverging; the text names the first.
        BundleError: A model cannot be loaded again, so no bundle was written.
        StorageError: ``work`` or ``bundle`` cannot be written.
    """
    if not members:
        raise ValueError("at least one member is needed, but got none")
    trained = _choose(_train(members, dataset, objective, work, progress, begin), ensemble=ensemble)
    averages, unlabelled = _averages(trained, dataset, begin), _of_no_class(trained, dataset, begin)
    begin("Calibrating, testing and writing the model", "steps")
    return write_calibrated(
        [member.model for member in trained],
        [member.description for member in trained],
        dataset=dataset,
        unseen=averages[Split.VALIDATION],
        test=averages.get(Split.TEST),
        unlabelled=unlabelled,
        objective=objective,
        seed=seed,
        bundle=bundle,
        commands=commands,
    )


def _train(
    members: Sequence[Member],
    dataset: Dataset,
    objective: Objective,
    work: Folder,
    progress: Progress,
    begin: Stage,
) -> list[TrainedMember]:
    batches = [member_batches(member, dataset) for member in members]
    trained: list[TrainedMember] = []
    infeasible: list[InfeasibleError] = []
    for index, member in enumerate(members):
        part = part_of(progress, before=sum(batches[:index]), total=sum(batches))
        try:
            run = train_member(member, dataset, objective=objective, work=work.child(member.name), progress=part)
            trained.append(finish_member(member, run, dataset, begin))
        except InfeasibleError as error:
            infeasible.append(error)
    if not trained:
        raise infeasible[0]
    for fault in infeasible:
        _log.warning("Left out, as it cannot be trained: %s.", fault)
    return trained


def _choose(trained: Sequence[TrainedMember], *, ensemble: bool) -> list[TrainedMember]:
    choose = choose_ensemble if ensemble else choose_best
    return [trained[index] for index in choose(trained[0].validation[0], [one.validation[1] for one in trained])]


def _of_no_class(trained: Sequence[TrainedMember], dataset: Dataset, begin: Stage) -> Answered | None:
    """Return the members' mean probabilities for the galaxies of no class that are learnt from, if any."""
    numbers = shown(dataset)
    if not len(numbers):
        return None
    answers = [
        one.predict_unlabelled(
            dataset, numbers, begin(f"Answering galaxies of no class ({one.description.name})", "batches")
        )
        for one in trained
    ]
    return Answered.of_no_class(numbers, weighted_mean(answers, [1.0] * len(answers)))


def _averages(trained: Sequence[TrainedMember], dataset: Dataset, begin: Stage) -> dict[Split, Answered]:
    """Return the members' mean probabilities, uncalibrated, for the images of validation and of test, if any."""
    predictions = {Split.VALIDATION: [member.validation for member in trained]}
    if len(dataset.rows(Split.TEST)):
        predictions[Split.TEST] = [
            one.predict(dataset, Split.TEST, begin(f"Answering test images ({one.description.name})", "batches"))
            for one in trained
        ]
    return {
        split: Answered.of(dataset, split, weighted_mean([each for _, each in answers], [1.0] * len(answers)))
        for split, answers in predictions.items()
    }
