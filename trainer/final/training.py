"""Final training: members are trained to their end; the best, or an ensemble, is calibrated, tested and bundled."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from datasets import Dataset, Folder, Progress, Split, part_of, silent
from trainer.answering.averaging import weighted_mean
from trainer.answering.calibration import apply_temperature
from trainer.answering.decision import Decide, decided, fit_decision, fit_factors, training_shares
from trainer.answering.limits import learn_trust
from trainer.answering.predicting import Predictions
from trainer.bundles.bundle import write_bundle
from trainer.bundles.manifest import Manifest
from trainer.final.choosing import choose_best, choose_ensemble
from trainer.final.member import Member, TrainedMember, finish_member, member_batches, train_member
from trainer.objective import Objective
from trainer.scores import Scores, score_predictions

_PACKAGES = ("galaxy-tuner", "keras", "numpy", "opencv-python-headless", "scikit-learn", "tensorflow")


@dataclass(frozen=True)
class FinalResult:
    """What a final training gave: where the bundle is, its members' names, and scores of the calibrated average.

    ``metrics`` are named ``val_…`` and ``test_…``; the latter are missing where the dataset has no test rows.
    ``modules`` must be imported before the bundle is loaded, for the classes they register.
    """

    model: str
    members: tuple[str, ...]
    metrics: dict[str, float]
    modules: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the object that `galaxy train --json` prints."""
        return {
            "model": self.model,
            "members": list(self.members),
            "metrics": dict(self.metrics),
            "modules": list(self.modules),
        }


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
) -> FinalResult:
    """Train each member to its end, keep the best or average several, calibrate, test, and write the bundle.

    Checkpoints are kept in a folder each below ``work``: after an interruption the same call goes on where it was, and
    a member that `train_member` has trained there is not trained again.

    Args:
        members: At least one, of different names.
        ensemble: Average the probabilities of those members that `choose_ensemble` takes; else keep the best one.
            Validation images decide.
        seed: Of what is drawn to learn the bundle's thresholds.
        commands: Shell commands that lead to this call, for the record.
        progress: Told after each batch; the total is that of all members' epochs.

    Raises:
        InfeasibleError: A member cannot be built, or diverged; the text names it.
        BundleError: A model cannot be loaded again, so no bundle was written.
        StorageError: ``work`` or ``bundle`` cannot be written.
    """
    if not members:
        raise ValueError("at least one member is needed, but got none")
    trained = _choose(_train(members, dataset, objective, work, progress), ensemble=ensemble)
    averages = _averages(trained, dataset)
    decision = fit_decision(
        *averages[Split.VALIDATION], shares=training_shares(dataset), classes=dataset.classes, objective=objective
    )
    temperature = decision.temperature
    calibrated = {split: (true, apply_temperature(mean, temperature)) for split, (true, mean) in averages.items()}
    balanced = fit_factors(*calibrated[Split.VALIDATION], dataset.classes)
    points = {Decide.ACCURACY: {}, Decide.BALANCED: balanced, Decide.OBJECTIVE: decision.factors}
    trust = learn_trust(dataset, *calibrated[Split.VALIDATION], points, seed=seed)
    scores = {decide: _scores(calibrated, dataset.classes, factors, decide) for decide, factors in points.items()}
    documents = {decide: {split.value: one.as_json() for split, one in each.items()} for decide, each in scores.items()}
    descriptions = tuple(member.description for member in trained)
    manifest = Manifest(
        classes=dataset.classes,
        preprocessing=dataset.preprocessing,
        dataset=dataset.info.path,
        dataset_fingerprint=dataset.fingerprint,
        members=descriptions,
        temperature=temperature,
        seed=seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        metrics=documents[Decide.ACCURACY],
        thresholds=balanced,
        balanced=documents[Decide.BALANCED],
        objective=str(objective),
        commands=tuple(commands),
        decide=Decide.OBJECTIVE,
        factors=decision.factors,
        decided=documents[Decide.OBJECTIVE],
    )
    written = write_bundle(bundle, [member.model for member in trained], manifest, trust)
    return FinalResult(
        bundle.uri, tuple(one.name for one in descriptions), _flat(scores[Decide.ACCURACY]), written.modules
    )


def _train(
    members: Sequence[Member], dataset: Dataset, objective: Objective, work: Folder, progress: Progress
) -> list[TrainedMember]:
    batches = [member_batches(member, dataset) for member in members]
    trained = []
    for index, member in enumerate(members):
        part = part_of(progress, before=sum(batches[:index]), total=sum(batches))
        run = train_member(member, dataset, objective=objective, work=work.child(member.name), progress=part)
        trained.append(finish_member(member, run, dataset))
    return trained


def _choose(trained: Sequence[TrainedMember], *, ensemble: bool) -> list[TrainedMember]:
    choose = choose_ensemble if ensemble else choose_best
    return [trained[index] for index in choose(trained[0].validation[0], [one.validation[1] for one in trained])]


def _averages(trained: Sequence[TrainedMember], dataset: Dataset) -> dict[Split, Predictions]:
    """Return the true classes and the members' mean probabilities, uncalibrated, of validation and of test, if any."""
    predictions = {Split.VALIDATION: [member.validation for member in trained]}
    if len(dataset.rows(Split.TEST)):
        predictions[Split.TEST] = [member.predict(dataset, Split.TEST) for member in trained]
    return {
        split: (each[0][0], weighted_mean([probabilities for _, probabilities in each], [1.0] * len(each)))
        for split, each in predictions.items()
    }


def _scores(
    calibrated: Mapping[Split, Predictions], classes: tuple[str, ...], factors: Mapping[str, float], decide: Decide
) -> dict[Split, Scores]:
    return {
        split: score_predictions(true, probabilities, classes, decided=decided(probabilities, classes, factors, decide))
        for split, (true, probabilities) in calibrated.items()
    }


def _flat(scores: dict[Split, Scores]) -> dict[str, float]:
    """Name the main scores as `TrainingRun` names its metrics: ``val_macro_f1``, ``test_macro_f1``."""
    prefixes = {Split.VALIDATION: "val", Split.TEST: "test"}
    return {
        f"{prefixes[split]}_{name}": value for split, score in scores.items() for name, value in score.main().items()
    }
