from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from datasets import Dataset, Folder, Split, open_folder
from trainer import (
    TURNS,
    Build,
    Classifier,
    Decide,
    FinalResult,
    InfeasibleError,
    Member,
    Objective,
    TrainingOptions,
    TurnConvolution,
    TurnNormalization,
    as_begun,
    evaluate,
    kept_result,
    model_card,
    train_final,
)
from trainer.answering.limits import learn_trust
from trainer.final.member import start_over_if_changed

pytestmark = pytest.mark.filterwarnings(
    # Keras 3.15 saves variables by an `__array__` that NumPy 2 would like to have one more argument.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
OPTIONS = TrainingOptions(epochs=2, batch_size=16)
CALIBRATION_ERROR = {Split.VALIDATION: "val_ece", Split.TEST: "test_ece"}


class Interruptible:
    """A `build` that can be interrupted, as by Ctrl-C."""

    def __init__(self, build: Build) -> None:
        self.build, self.broken = build, False

    def __call__(self) -> keras.Model:
        if self.broken:
            raise KeyboardInterrupt
        return self.build()


@pytest.fixture
def train(tiny_dataset: Dataset, folder: Folder) -> Callable[..., Any]:
    def train(*members: Member, **changes: Any) -> Any:
        settings: dict[str, Any] = {
            "objective": Objective.parse("val_loss"),
            "seed": 4,
            "work": folder.child("work"),
            "bundle": folder.child("model"),
            "ensemble": True,
        }
        return train_final(members, tiny_dataset, **(settings | changes))

    return train


@dataclass(frozen=True)
class Averaged:
    """A bundle of two members, the second with logits, and what was said on the way to it."""

    result: FinalResult
    folder: Folder
    reports: list[tuple[int, int]]


@pytest.fixture(scope="module")
def averaged(
    make_build: Callable[..., Build], tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Averaged:
    logits = keras.losses.CategoricalCrossentropy(from_logits=True)
    members = [
        Member("t1", make_build(), OPTIONS, {"units": 3, "rate": 0.1}, seed=4),
        Member("t2", make_build(loss=logits, activation=None), OPTIONS, {}, seed=5),
    ]
    folder = open_folder(tmp_path_factory.mktemp("averaged"))
    reports: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        # Every member, however it does; `test_choosing` is about which are taken.
        patch.setattr("trainer.final.training.choose_ensemble", lambda _, members: tuple(range(len(members))))
        result = train_final(
            members,
            tiny_dataset,
            objective=Objective.parse("val_loss"),
            seed=4,
            work=folder.child("work"),
            bundle=folder.child("model"),
            ensemble=True,
            commands=("galaxy search d --name n", "galaxy train n"),
            progress=lambda done, total: reports.append((done, total)),
        )
    return Averaged(result, folder.child("model"), reports)


def test_bundles_the_average_with_its_scores(averaged: Averaged, tiny_dataset: Dataset) -> None:
    result = averaged.result
    assert result.model == averaged.folder.uri
    assert result.as_json()["members"] == ["t1", "t2"]
    assert averaged.reports == [(done, 28) for done in range(1, 29)]  # 2 members, 2 epochs, 3 + 3 + 1 batches

    classifier = Classifier.load(result.model)
    manifest = classifier.bundle.manifest
    assert manifest.dataset_fingerprint == tiny_dataset.fingerprint
    assert [(member.name, member.logits, member.epochs) for member in manifest.members] == [
        ("t1", False, 2),
        ("t2", True, 2),
    ]
    assert manifest.members[0].hyperparameters == {"units": 3, "rate": 0.1}
    assert manifest.members[0].metrics["val_loss"] > 0
    scores = evaluate(classifier, tiny_dataset, Split.TEST)
    assert scores.accuracy == result.metrics["test_accuracy"] == manifest.metrics["test"]["accuracy"]
    assert scores.ece == pytest.approx(result.metrics["test_ece"], abs=1e-5)
    assert {name.partition("_")[0] for name in result.metrics} == {"val", "test"}


def test_the_bundle_holds_what_a_paper_cites(averaged: Averaged, tiny_dataset: Dataset) -> None:
    classifier = Classifier.load(averaged.result.model)
    manifest, trust = classifier.bundle.manifest, classifier.bundle.trust
    assert (manifest.seed, [member.seed for member in manifest.members]) == (4, [4, 5])
    assert (manifest.objective, manifest.commands[1]) == ("val_loss:min", "galaxy train n")
    assert manifest.members[0].options["batch_size"] == 16
    assert manifest.members[0].options["augmentation"]["rotation"] == OPTIONS.augmentation.rotation
    assert {"python", "tensorflow", "keras", "galaxy-tuner"} <= manifest.versions.keys()
    balanced = evaluate(classifier, tiny_dataset, Split.TEST, decide=Decide.BALANCED)
    assert manifest.balanced["test"]["confusion_matrix"] == [list(row) for row in balanced.confusion_matrix]
    assert (manifest.decide, set(manifest.factors.values())) == (
        Decide.OBJECTIVE,
        {1.0},
    )  # which val_loss has no rule for
    assert manifest.decided == manifest.metrics
    rows = tiny_dataset.rows(Split.VALIDATION)
    assert trust is not None
    probabilities = classifier.probabilities(tiny_dataset.take(rows))
    learnt = learn_trust(tiny_dataset, rows, tiny_dataset.labels[rows], probabilities, manifest.points(), seed=4)
    assert trust.answers[Decide.ACCURACY].right.tolist() == learnt.answers[Decide.ACCURACY].right.tolist()
    assert kept_result(averaged.folder) == averaged.result
    assert averaged.result.metrics["test_macro_f1_decided"] == manifest.decided["test"]["macro"]["f1"]
    assert averaged.folder.read("model-card.md").decode() == model_card(manifest)


def test_keeps_the_best_alone_unless_an_ensemble_is_asked_for(
    train: Callable[..., Any], build: Build, make_build: Callable[..., Build], folder: Folder
) -> None:
    hasty = make_build(optimizer=lambda: keras.optimizers.SGD(10.0))
    result = train(Member("t1", hasty, OPTIONS, {}, seed=4), Member("t2", build, OPTIONS, {}, seed=4), ensemble=False)
    assert result.members == ("t2",)
    assert [member.name for member in Classifier.load(result.model).bundle.manifest.members] == ["t2"]
    assert folder.child("work", "t1").exists("last.npz")


def turning(model: keras.Model) -> keras.Model:
    """Return a compiled network, of any dataset's shape, that says the same of an image in all turns."""
    images = keras.Input(model.input_shape[1:])
    features = TurnNormalization(momentum=0.5)(TurnConvolution(16, 3, lifting=True)(images))
    means = keras.layers.Reshape((TURNS, -1))(keras.layers.GlobalAveragePooling2D()(features))
    outputs = keras.layers.Dense(model.output_shape[-1], "softmax")(keras.layers.GlobalAveragePooling1D()(means))
    network = keras.Model(images, outputs)
    network.compile("adam", "sparse_categorical_crossentropy")
    return network


@pytest.mark.parametrize("helpful", [True, False])
@pytest.mark.parametrize(("invariant", "turned"), [(True, 2), (False, 8)])
def test_is_averaged_over_as_many_views_as_differ_and_help(
    train: Callable[..., Any],
    build: Build,
    monkeypatch: pytest.MonkeyPatch,
    tiny_dataset: Dataset,
    invariant: bool,
    turned: int,
    helpful: bool,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("trainer.final.member.is_better_turned", lambda *_: True)
    monkeypatch.setattr("trainer.final.member.is_worth_twice_the_work", lambda *both: (asked.extend(both), helpful)[1])
    result = train(Member("t1", (lambda: turning(build())) if invariant else build, OPTIONS, {}, seed=4))
    classifier = Classifier.load(result.model)
    assert classifier.bundle.manifest.members[0].views == turned * (1 + helpful)
    images = tiny_dataset.take(tiny_dataset.rows(Split.VALIDATION)) / np.float32(255)
    found = classifier.bundle.models[0](images).numpy()
    assert found == pytest.approx(asked[helpful][1], abs=1e-6)
    assert found != pytest.approx(asked[not helpful][1], abs=1e-6)
    for split in (Split.VALIDATION, Split.TEST):
        assert evaluate(classifier, tiny_dataset, split, seen=True).ece == pytest.approx(
            result.metrics[CALIBRATION_ERROR[split]], abs=1e-5
        )
    operations = {type(operation).__name__ for operation in classifier.bundle.models[0].operations}
    assert ("Resize" in operations) == helpful


def test_views_an_image_alone_where_mirrored_and_turned_it_is_another_class(
    train: Callable[..., Any], build: Build, monkeypatch: pytest.MonkeyPatch, tiny_dataset: Dataset
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("trainer.final.member.is_better_turned", lambda *each: asked.extend(each))
    result = train(Member("t1", build, OPTIONS, {}, seed=4))
    classifier = Classifier.load(result.model)
    assert classifier.bundle.manifest.members[0].views == 1
    true, alone, turned = asked
    assert true.tolist() == tiny_dataset.labels[tiny_dataset.rows(Split.VALIDATION)].tolist()
    found = classifier.bundle.models[0](tiny_dataset.take(tiny_dataset.rows(Split.VALIDATION)) / np.float32(255))
    assert found.numpy() == pytest.approx(alone, abs=1e-6)
    assert found.numpy() != pytest.approx(turned, abs=1e-6)
    assert evaluate(classifier, tiny_dataset, Split.TEST).ece == pytest.approx(result.metrics["test_ece"], abs=1e-5)


def test_goes_on_after_an_interruption(train: Callable[..., Any], build: Build, folder: Folder) -> None:
    second = Interruptible(build)
    members = [Member("t1", build, OPTIONS, {}, seed=4), Member("t2", second, OPTIONS, {}, seed=5)]
    second.broken = True
    with pytest.raises(KeyboardInterrupt):
        train(*members)
    assert not folder.child("model").exists()
    first = folder.child("work", "t1")
    modified = first.local.joinpath("last.npz").stat().st_mtime_ns
    second.broken = False
    train(*members)
    assert first.local.joinpath("last.npz").stat().st_mtime_ns == modified  # not trained again


def test_a_member_that_has_changed_starts_over(train: Callable[..., Any], build: Build, folder: Folder) -> None:
    train(Member("t1", build, OPTIONS, {"units": 1}, seed=4))
    before = folder.child("work", "t1").read("last.npz")
    reports: list[int] = []
    train(Member("t1", build, OPTIONS, {"units": 2}, seed=4), progress=lambda done, _: reports.append(done))
    assert reports == list(range(1, 15))
    train(Member("t1", build, OPTIONS, {"units": 2}, seed=4), progress=lambda done, _: reports.append(done))
    assert len(reports) == 14
    assert len(folder.child("work", "t1").read("last.npz")) == len(before)


def test_what_was_trained_from_another_seed_goes_on_and_what_begins_anew_is_said(
    tiny_dataset: Dataset, folder: Folder, build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    objective = Objective.parse("val_loss")
    member = Member("t1", build, OPTIONS, {"units": 1}, seed=4)
    begun = partial(as_begun, dataset=tiny_dataset, objective=objective, work=folder)
    assert begun(member) is member
    start_over_if_changed(member, tiny_dataset, objective=objective, work=folder)
    assert begun(replace(member, seed=7)) == member
    assert caplog.messages == []
    longer = replace(member, options=replace(OPTIONS, epochs=9), seed=7)
    assert begun(longer) is longer
    assert begun(replace(longer, hyperparameters={})).seed == 7
    assert caplog.messages == [
        "t1 begins anew: what was trained of it had other epochs.",
        "t1 begins anew: what was trained of it had other hyperparameters, epochs.",
    ]
    folder.write_whole("member.json", b"[")
    assert begun(member) is member


def test_names_the_member_that_cannot_be_trained(train: Callable[..., Any], make_build: Callable[..., Build]) -> None:
    with pytest.raises(InfeasibleError, match=r"^t7: the model must give one output of shape \(batch, 5\)"):
        train(Member("t7", make_build(outputs=3), OPTIONS, {}, seed=4))


def test_leaves_out_what_cannot_be_trained(
    train: Callable[..., Any], build: Build, make_build: Callable[..., Build], caplog: pytest.LogCaptureFixture
) -> None:
    lost = make_build(optimizer=lambda: keras.optimizers.SGD(float("nan")))
    result = train(Member("t1", lost, OPTIONS, {}, seed=4), Member("t2", build, OPTIONS, {}, seed=4))
    assert result.members == ("t2",)
    assert [one for one in caplog.messages if one.startswith("Left out, as it cannot be trained: t1: diverged")]


def test_wants_a_member(train: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="at least one member is needed"):
        train()
