"""From trained networks and answers to a bundle: calibrated, scored, with its ways to decide and its limits."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets import Dataset, Folder, Split
from trainer.answering.calibration import apply_temperature
from trainer.answering.decision import Decide, decided, fit_decision, fit_factors, training_shares
from trainer.answering.limits import learn_trust
from trainer.answering.predicting import Predictions
from trainer.bundles.bundle import write_bundle
from trainer.bundles.hashes import hashes_of_seen
from trainer.bundles.held_out import HeldOut
from trainer.bundles.keeping import PackedModel
from trainer.bundles.manifest import BundleMember, Manifest, read_manifest
from trainer.estimating.interval import with_interval
from trainer.estimating.lost import lost_classes
from trainer.final.learning_none import learn_of_none
from trainer.frameworks import keras
from trainer.objective import Objective
from trainer.scores import Scores, score_predictions

_PACKAGES = ("galaxy-tuner", "keras", "numpy", "opencv-python-headless", "scikit-learn", "tensorflow")
_PREFIXES = {Split.VALIDATION: "val", Split.TEST: "test"}


@dataclass(frozen=True)
class FinalResult:
    """What a final training gave: where the bundle is, its members' names, and scores of the calibrated average.

    ``metrics`` are named ``val_…`` and ``test_…``; the latter are missing where the dataset has no test rows. They are
    of the most probable classes, but for ``…_macro_f1_decided``, which is of those that the bundle decides for.
    ``modules`` must be imported before the bundle is loaded, for the classes they register. ``scores`` are those of the
    bundle's own decision, by split, as `galaxy evaluate --json` prints them; there are none of an older bundle.
    ``fair`` says whether that decision weighs classes, as it may for rare ones; ``interim`` that the bundle is no final
    training's: see `Manifest`.
    """

    model: str
    members: tuple[str, ...]
    metrics: dict[str, float]
    modules: tuple[str, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    fair: bool = False
    interim: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the object that `galaxy train --json` prints."""
        return {
            "model": self.model,
            "members": list(self.members),
            "interim": self.interim,
            "metrics": dict(self.metrics),
            "modules": list(self.modules),
            "lost": {
                split: [asdict(one) for one in lost_classes(score["confusion_matrix"], score["classes"])]
                for split, score in self.scores.items()
            },
        }


@dataclass(frozen=True)
class Answered:
    """Images and what was answered for them: ``rows`` and ``true`` class numbers, int64 (n,), and ``probabilities``.

    The latter are uncalibrated, (n, classes). A row may be there more than once, answered by different networks. Rows
    of galaxies of no class are their numbers in `datasets.Dataset.unlabelled`, and their class is -1.
    """

    rows: npt.NDArray[np.int64]
    true: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]

    @classmethod
    def of(cls, dataset: Dataset, split: Split, probabilities: npt.NDArray[np.float32]) -> "Answered":
        """Take the probabilities, (n, classes), of all rows of a split, in their order."""
        rows = dataset.rows(split)
        return cls(rows, dataset.labels[rows], probabilities)

    @classmethod
    def of_no_class(cls, rows: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32]) -> "Answered":
        """Take the probabilities, (n, classes), of galaxies of no class, in the order of their numbers, (n,)."""
        return cls(rows, np.full(len(rows), -1), probabilities)

    def once(self) -> "Answered":
        """Return each row once, with the first of its answers, in the order of the rows."""
        rows, first = np.unique(self.rows, return_index=True)
        return Answered(rows, self.true[first], self.probabilities[first])

    def calibrated(self, temperature: float) -> Predictions:
        """Return the classes, and the probabilities at a temperature."""
        return self.true, apply_temperature(self.probabilities, temperature)


def write_calibrated(
    models: Sequence[keras.Model | PackedModel],
    members: Sequence[BundleMember],
    *,
    dataset: Dataset,
    unseen: Answered,
    test: Answered | None,
    unlabelled: Answered | None,
    objective: Objective,
    seed: int,
    bundle: Folder,
    commands: Sequence[str],
    interim: bool = False,
    beginnings: int = 0,
    worth: Mapping[str, object] | None = None,
    corrected: Mapping[str, float] | None = None,
) -> FinalResult:
    """Calibrate an average of networks, learn how to decide and when to be sure, score it, and write the bundle.

    Args:
        models: At least one; each with its description in ``members``.
        unseen: What was answered for images that no network was trained on that answered: all is learnt from these.
        test: What the average answers for the test rows; None where there are none.
        unlabelled: What was answered for galaxies of no class, as for ``unseen``; None where there are none.
        seed: Of what is drawn to learn the limits.
        interim: See `Manifest`, as for the others.

    Raises:
        BundleError: A model cannot be loaded again, so no bundle was written.
        StorageError: ``bundle`` cannot be written.
    """
    decision = fit_decision(
        unseen.true,
        unseen.probabilities,
        shares=training_shares(dataset),
        classes=dataset.classes,
        objective=objective,
    )
    balanced = fit_factors(*unseen.calibrated(decision.temperature), dataset.classes)
    points = {Decide.ACCURACY: {}, Decide.BALANCED: balanced, Decide.OBJECTIVE: decision.factors}
    # Of a row that is there twice the second answer is no news of how sure to be.
    once = unseen.once()
    answered = {Split.VALIDATION: once} | ({} if test is None else {Split.TEST: test})
    calibrated = {split: one.calibrated(decision.temperature) for split, one in answered.items()}
    none = None
    if unlabelled is not None:
        known, others = ((each.rows, each.calibrated(decision.temperature)[1]) for each in (unseen, unlabelled))
        none = learn_of_none(known, others, seed=seed)
    learnt = None if none is None else none.learnt
    trust = learn_trust(dataset, once.rows, *calibrated[Split.VALIDATION], points, none=learnt, seed=seed)
    scores = {decide: _scores(calibrated, dataset.classes, factors, decide) for decide, factors in points.items()}
    documents = {decide: {split.value: one.as_json() for split, one in each.items()} for decide, each in scores.items()}
    manifest = Manifest(
        classes=dataset.classes,
        preprocessing=dataset.preprocessing,
        dataset=dataset.info.path,
        dataset_fingerprint=dataset.fingerprint,
        members=tuple(members),
        temperature=decision.temperature,
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
        interim=interim,
        beginnings=beginnings,
        worth=worth,
        corrected=corrected,
        none=None if none is None else none.record(dataset, calibrated, decision.factors),
    )
    learnt_from = np.unique(unlabelled.rows) if unlabelled is not None and none is not None else ()
    held_out = HeldOut(*calibrated[Split.VALIDATION])
    if unlabelled is not None and none is not None:
        held_out = held_out.with_none(unlabelled.once().calibrated(decision.temperature)[1])
    written = write_bundle(bundle, models, manifest, trust, hashes_of_seen(dataset, learnt_from), held_out)
    return _result(bundle, written)


def kept_result(bundle: Folder) -> FinalResult:
    """Return what the final training gave whose bundle is kept. Raises BundleError if there is none."""
    return _result(bundle, read_manifest(bundle))


def _result(bundle: Folder, manifest: Manifest) -> FinalResult:
    return FinalResult(
        bundle.uri,
        tuple(one.name for one in manifest.members),
        _flat(manifest),
        manifest.modules,
        manifest.decided,
        manifest.is_fair(manifest.decide),
        manifest.interim,
    )


def _scores(
    calibrated: Mapping[Split, Predictions], classes: tuple[str, ...], factors: Mapping[str, float], decide: Decide
) -> dict[Split, Scores]:
    return {
        split: with_interval(
            score_predictions(true, probabilities, classes, decided=decided(probabilities, classes, factors, decide))
        )
        for split, (true, probabilities) in calibrated.items()
    }


def _flat(manifest: Manifest) -> dict[str, float]:
    """Name the main scores as `TrainingRun` names its metrics: ``val_macro_f1``, ``test_macro_f1``."""
    flat: dict[str, float] = {}
    for split, prefix in _PREFIXES.items():
        if (scores := manifest.metrics.get(split.value)) is not None:
            main = {name: scores[name] for name in ("accuracy", "balanced_accuracy")}
            main |= {f"macro_{name}": value for name, value in scores["macro"].items()} | {"ece": scores["ece"]}
            if decided := manifest.decided.get(split.value):
                main["macro_f1_decided"] = decided["macro"]["f1"]
            flat |= {f"{prefix}_{name}": value for name, value in main.items()}
    return flat
