"""From finalists' beginnings to the bundle of an ensemble over configurations.

Which configurations are averaged, with which weights, and by how many views of an image, is decided by what their
networks answered for images that they were not trained on. The same answers, of one network a configuration at most,
calibrate the average. The bundle has more networks where they are affordable, and is surer than these say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from datasets import Dataset, Folder, Split
from trainer.answering.averaging import weighted_mean
from trainer.answering.decision import decided_across_folds, folds_of, gain_of, training_shares
from trainer.answering.views import AS_IT_IS, TWO_SIZES, view_average
from trainer.bundles.keeping import PackedModel, pack_around
from trainer.bundles.manifest import BundleMember
from trainer.estimating.correction import corrected_score
from trainer.estimating.estimate import FEW
from trainer.estimating.worth import Worth
from trainer.final.answers import BeginningAnswers, Probabilities
from trainer.final.beginning import Beginning, loaded, read_packed
from trainer.final.bundling import Answered, FinalResult, write_calibrated
from trainer.final.learning_none import shown
from trainer.final.out_of_fold import (
    IN_TWO_SIZES,
    PLAIN,
    Answers,
    Part,
    answered,
    averaged,
    averaged_of_no_class,
    better_way,
    comparable,
    ensemble,
    pooled,
)
from trainer.final.realigning import answers_to
from trainer.objective import Objective


def assemble(
    finalists: Mapping[str, Sequence[Beginning]],
    dataset: Dataset,
    *,
    chosen: str,
    objective: Objective,
    work: Folder,
    bundle: Folder,
    max_slower: float = 8.0,
    seed: int,
    commands: Sequence[str] = (),
    worth: Worth | None = None,
) -> FinalResult:
    """Average networks of finalists' beginnings, calibrate and test the average, and write the bundle.

    The chosen configuration is in it always, another one where the log loss of answers on what was not trained on says
    so and the cost allows. Beginnings that are not finished are left out, and those that answered for other images.

    Args:
        finalists: Configuration → its beginnings, each in the folder of its name below ``work``.
        chosen: The configuration that was chosen; it needs a finished beginning.
        max_slower: What the bundle may compute for an image, as a multiple of what one network of the chosen
            configuration does with one view. One network alone is allowed all its views.
        seed: Of what is drawn to learn the bundle's limits.
        commands: Shell commands that lead to this call, for the record.
        worth: What the choice was worth, for the record.

    Raises:
        BundleError: A model cannot be loaded again, so no bundle was written.
        CheckpointError: What a beginning left is damaged.
        StorageError: ``work`` cannot be read, or ``bundle`` not be written.
    """
    begun = {name: {one.number: one for one in each} for name, each in finalists.items()}
    answers = {name: _finished(each, dataset, work) for name, each in begun.items()}
    answers = {name: each for name, each in answers.items() if each}
    if chosen not in answers:
        raise ValueError(f"the chosen configuration needs a finished beginning, but {chosen!r} has none")
    compared = comparable(answers, chosen)
    shared, parts = compared, ensemble(compared, chosen, answers=answers, max_slower=max_slower)
    while parts.keys() != shared.keys():  # those that are left may have more beginnings in common
        shared = comparable({name: answers[name] for name in parts}, chosen)
        parts = ensemble(shared, chosen, answers=answers, max_slower=max_slower)
    used = [
        _Network(begun[name][number], part, answers[name][number])
        for name, part in parts.items()
        for number in sorted(answers[name], key=lambda number: number not in shared[chosen])[: part.networks]
    ]
    members = [one.member for one in used]
    average = weighted_mean([one.test for one in used], [member.weight for member in members])
    test = Answered.of(dataset, Split.TEST, average) if len(average) else None
    return write_calibrated(
        [one.packed(work, dataset.image_shape) for one in used],
        members,
        dataset=dataset,
        unseen=averaged(answers, parts),
        test=test,
        unlabelled=averaged_of_no_class(shared, parts, shown(dataset)),
        objective=objective,
        seed=seed,
        bundle=bundle,
        commands=commands,
        beginnings=len(answered(answers, parts)),
        worth=None if worth is None else worth.as_json(),
        corrected=_corrected(compared, parts, dataset, objective, seed=seed) if _is_scarce(test, dataset) else None,
    )


@dataclass(frozen=True)
class _Network:
    """A network of the bundle: of a beginning, with its part in the ensemble, and what it answered."""

    beginning: Beginning
    part: Part
    answers: BeginningAnswers

    @property
    def views(self) -> int:
        return self.answers.views[self.part.way]

    @property
    def member(self) -> BundleMember:
        return replace(self.answers.member, views=self.views, weight=self.part.weight / self.part.networks)

    @property
    def test(self) -> Probabilities:
        return self.answers.test[self.views]

    def packed(self, work: Folder, image_shape: tuple[int, int, int]) -> PackedModel:
        packed = read_packed(work.child(self.beginning.name), self.answers)
        if self.part.way == PLAIN:
            return packed
        scales = TWO_SIZES if self.part.way == IN_TWO_SIZES else AS_IT_IS
        turns = self.views // (2 * len(scales))
        network = loaded(self.beginning, packed)
        return pack_around(packed, view_average(network, image_shape=image_shape, turns=turns, scales=scales))


def _finished(beginnings: Mapping[int, Beginning], dataset: Dataset, work: Folder) -> Answers:
    read = {
        number: answers_to(work.child(one.name), dataset, number=number, epochs=one.options.epochs)
        for number, one in sorted(beginnings.items())
    }
    return {number: answers for number, answers in read.items() if answers is not None}


def _is_scarce(test: Answered | None, dataset: Dataset) -> bool:
    """Say whether the test images are too few of a class to tell how good the bundle is."""
    return test is None or bool(np.bincount(test.true, minlength=len(dataset.classes)).min() < FEW)


def _corrected(
    compared: Mapping[str, Answers], parts: Mapping[str, Part], dataset: Dataset, objective: Objective, *, seed: int
) -> dict[str, float] | None:
    """Return what macro F1 to expect of the finalist that is best on some images, on others; deciding as the bundle.

    Each views images as in the bundle, one that is not in it in its better way. None where that cannot be estimated.
    """
    ways = {name: parts[name].way if name in parts else better_way(answers) for name, answers in compared.items()}
    answered = {name: pooled(answers, ways[name]).once() for name, answers in compared.items()}
    one = next(iter(answered.values()))
    folds, shares = folds_of([dataset.ids[row] for row in one.rows]), training_shares(dataset)
    gain = gain_of(objective)
    decisions = {
        name: decided_across_folds(one.true, each.probabilities, folds=folds, shares=shares, gain=gain)
        for name, each in answered.items()
    }
    estimate = corrected_score(one.true, decisions, len(dataset.classes), seed=seed)
    return None if estimate is None else asdict(estimate)
