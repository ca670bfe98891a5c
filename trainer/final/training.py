"""The winners, trained fully: best epoch kept, averaged over symmetries and members, calibrated, tested, bundled."""

import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from datasets import Dataset, Folder, Progress, Split, silent
from trainer.bundles.bundle import write_bundle
from trainer.bundles.manifest import BundleMember, Manifest
from trainer.errors import InfeasibleError
from trainer.final.calibration import apply_temperature, fit_temperature
from trainer.final.decision import Decide, fit_factors, weighted
from trainer.final.portable import portable
from trainer.final.predicting import predict
from trainer.final.symmetry import dihedral_average
from trainer.fitting.building import Build
from trainer.fitting.epoch import epoch_batches, split_batches
from trainer.fitting.run import TrainingRun
from trainer.objective import Objective
from trainer.options import TrainingOptions
from trainer.scores import Scores, score_predictions
from trainer.trust.limits import learn_trust

_IDENTITY = "member.json"
_PACKAGES = ("galaxy-tuner", "keras", "numpy", "opencv-python-headless", "scikit-learn", "tensorflow")


@dataclass(frozen=True)
class Member:
    """One model of a final training.

    Attributes:
        name: Its trial's id; names its folder below ``work``.
        build: Makes the compiled model.
        options: How to train it.
        hyperparameters: What it is built and trained with, for the record.
    """

    name: str
    build: Build
    options: TrainingOptions
    hyperparameters: Mapping[str, Any]


@dataclass(frozen=True)
class FinalResult:
    """What a final training gave: where the bundle is, its members' names, and scores of the calibrated average.

    ``metrics`` are named ``val_…`` and ``test_…``; the latter are missing where the dataset has no test rows.
    """

    model: str
    members: tuple[str, ...]
    metrics: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `galaxy train --json` prints."""
        return {"model": self.model, "members": list(self.members), "metrics": dict(self.metrics)}


@dataclass(frozen=True)
class _Trained:
    """A member at its best epoch, averaged over flips and turns; (labels, probabilities) of each split with rows."""

    model: keras.Model
    description: BundleMember
    predictions: dict[Split, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]


def train_final(
    members: Sequence[Member],
    dataset: Dataset,
    *,
    objective: Objective,
    seed: int,
    work: Folder,
    bundle: Folder,
    commands: Sequence[str] = (),
    progress: Progress = silent,
) -> FinalResult:
    """Train each member to its end, average their probabilities, calibrate, test, and write the bundle.

    Checkpoints are kept below ``work``: after an interruption the same call goes on where it was. A member whose
    hyperparameters, options, dataset, objective or seed have changed since starts over. Member i has seed ``seed + i``.

    Args:
        members: At least one.
        commands: Shell commands that lead to this call, for the record.
        progress: Told after each batch; the total is that of all members' epochs.

    Raises:
        InfeasibleError: A member cannot be built, or diverged; the text names it.
        BundleError: A model cannot be loaded again, so no bundle was written.
        StorageError: ``work`` or ``bundle`` cannot be written.
    """
    if not members:
        raise ValueError("at least one member is needed, but got none")
    batches = [_batches(member, dataset, seed) for member in members]
    trained = []
    for index, member in enumerate(members):
        report = partial(_report, progress, before=sum(batches[:index]), total=sum(batches))
        folder = work.child(member.name)
        trained.append(
            _train_member(member, dataset, objective=objective, seed=seed + index, work=folder, report=report)
        )
    temperature = fit_temperature(*_average(trained, Split.VALIDATION))
    true, probabilities = _average(trained, Split.VALIDATION)
    calibrated = apply_temperature(probabilities, temperature)
    factors = fit_factors(true, calibrated, dataset.classes)
    trust = learn_trust(dataset, true, calibrated, factors, seed=seed)
    scores, balanced = (_scores(trained, temperature, dataset.classes, factors, decide) for decide in Decide)
    manifest = _manifest(trained, dataset, seed=seed, temperature=temperature, factors=factors, scores=scores)
    record = {split.value: found.as_json() for split, found in balanced.items()}
    manifest = replace(manifest, balanced=record, objective=str(objective), commands=tuple(commands))
    write_bundle(bundle, [member.model for member in trained], manifest, trust)
    return FinalResult(bundle.uri, tuple(member.name for member in members), _flat(scores))


def _batches(member: Member, dataset: Dataset, seed: int) -> int:
    """Return the batches of all epochs of a member, of training and validation."""
    return member.options.epochs * sum(len(batches) for batches in epoch_batches(dataset, member.options, seed=seed))


def _report(progress: Progress, done: int, *, before: int, total: int) -> None:
    progress(before + done, total)


def _report_epoch(report: Callable[[int], None], done: int, _: int | None, *, before: int) -> None:
    report(before + done)


def _train_member(
    member: Member, dataset: Dataset, *, objective: Objective, seed: int, work: Folder, report: Callable[[int], None]
) -> _Trained:
    _start_over_if_changed(member, dataset, objective=objective, seed=seed, work=work)
    try:
        run = TrainingRun(member.build, dataset, member.options, objective=objective, seed=seed, checkpoints=work)
        while not run.finished:
            run.step(partial(_report_epoch, report, before=run.epoch * run.batches_per_epoch))
        model = dihedral_average(portable(run.best_model()))
    except InfeasibleError as error:
        raise InfeasibleError(f"{member.name}: {error}") from error
    splits = [split for split in (Split.VALIDATION, Split.TEST) if len(dataset.rows(split))]
    predictions = {split: predict(model, split_batches(dataset, split), logits=run.predicts_logits) for split in splits}
    return _Trained(model, _describe(member, run, model, seed=seed), predictions)


def _start_over_if_changed(member: Member, dataset: Dataset, *, objective: Objective, seed: int, work: Folder) -> None:
    identity = json.dumps(
        {
            "options": asdict(member.options),
            "hyperparameters": dict(member.hyperparameters),
            "dataset": dataset.fingerprint,
            "objective": str(objective),
            "seed": seed,
        },
        sort_keys=True,
        default=str,
    ).encode()
    if work.exists(_IDENTITY) and work.read(_IDENTITY) == identity:
        return
    work.delete_tree()
    work.write_whole(_IDENTITY, identity)


def _describe(member: Member, run: TrainingRun, model: keras.Model, *, seed: int) -> BundleMember:
    best = run.best_epoch
    if best is None:  # best_model() has raised already
        raise InfeasibleError(f"{member.name}: no epoch was scored")
    metrics = {name: values[best - 1] for name, values in run.history.items()}
    return BundleMember(
        name=member.name,
        logits=run.predicts_logits,
        parameters=model.count_params(),
        epochs=run.epoch,
        best_epoch=best,
        hyperparameters=dict(member.hyperparameters),
        metrics={name: value if math.isfinite(value) else None for name, value in metrics.items()},
        options=json.loads(json.dumps(asdict(member.options), default=str)),
        seed=seed,
    )


def _average(trained: Sequence[_Trained], split: Split) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    true = trained[0].predictions[split][0]
    return true, np.mean([member.predictions[split][1] for member in trained], axis=0, dtype=np.float32)


def _scores(
    trained: Sequence[_Trained],
    temperature: float,
    classes: tuple[str, ...],
    factors: Mapping[str, float],
    decide: Decide,
) -> dict[Split, Scores]:
    scores = {}
    for split in trained[0].predictions:
        true, probabilities = _average(trained, split)
        calibrated = apply_temperature(probabilities, temperature)
        decided = weighted(calibrated, classes, factors, decide).argmax(axis=1)
        scores[split] = score_predictions(true, calibrated, classes, decided=decided)
    return scores


def _manifest(
    trained: Sequence[_Trained],
    dataset: Dataset,
    *,
    seed: int,
    temperature: float,
    factors: Mapping[str, float],
    scores: dict[Split, Scores],
) -> Manifest:
    return Manifest(
        classes=dataset.classes,
        preprocessing=dataset.preprocessing,
        dataset=dataset.info.path,
        dataset_fingerprint=dataset.fingerprint,
        members=tuple(member.description for member in trained),
        temperature=temperature,
        seed=seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        metrics={split.value: score.as_json() for split, score in scores.items()},
        thresholds=factors,
    )


def _flat(scores: dict[Split, Scores]) -> dict[str, float]:
    """Name the main scores as `TrainingRun` names its metrics: ``val_macro_f1``, ``test_macro_f1``."""
    prefixes = {Split.VALIDATION: "val", Split.TEST: "test"}
    return {
        f"{prefixes[split]}_{name}": value for split, score in scores.items() for name, value in score.main().items()
    }
