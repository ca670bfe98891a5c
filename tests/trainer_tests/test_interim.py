import random

import keras
import numpy as np
import pytest
from trainer_tests.conftest import MakeRun
from trainer_tests.own_layers import registered

from datasets import Dataset, Folder, Split
from trainer import (
    Build,
    Classifier,
    Decide,
    InfeasibleError,
    Member,
    Objective,
    TrainingOptions,
    answers_on,
    evaluate,
    interim_bundle,
    model_card,
)

OBJECTIVE = Objective.parse("val_loss")
OPTIONS = TrainingOptions(epochs=4, batch_size=16, weight_averaging=0.5)


def test_bundles_a_trials_best_epoch_and_leaves_the_trial_alone(
    make_run: MakeRun, build: Build, tiny_dataset: Dataset, folder: Folder
) -> None:
    undisturbed = make_run(options=OPTIONS, objective=OBJECTIVE, checkpoints=folder.child("other"))
    while not undisturbed.finished:
        undisturbed.step()

    trial, checkpoints = Member("0007", build, OPTIONS, {"units": 3}, seed=5), folder.child("trial")
    run = make_run(options=OPTIONS, objective=OBJECTIVE, checkpoints=checkpoints)

    def bundled() -> bool:
        made = interim_bundle(trial, checkpoints, tiny_dataset, objective=OBJECTIVE, bundle=folder.child("model"))
        return made is not None

    assert not bundled()
    assert not folder.child("model").exists()
    while not run.finished:
        run.step()
        names = checkpoints.names()
        assert bundled()
        assert checkpoints.names() == names
    assert run.history["loss"] == pytest.approx(undisturbed.history["loss"], abs=1e-4)

    classifier = Classifier.load(folder.child("model"))
    manifest, trust = classifier.bundle.manifest, classifier.bundle.trust
    (member,) = manifest.members
    assert (member.name, member.best_epoch, member.views, member.seed) == ("0007", run.best_epoch, 1, 5)
    assert manifest.interim
    assert manifest.metrics.keys() == {"validation"}
    assert trust is not None
    assert len(trust.answers[Decide.OBJECTIVE].right) == 20
    images = tiny_dataset.take(tiny_dataset.rows(Split.VALIDATION)) / np.float32(255)
    assert classifier.bundle.models[0](images).numpy() == pytest.approx(run.best_model()(images).numpy(), abs=1e-5)
    scores = evaluate(classifier, tiny_dataset, Split.VALIDATION, seen=True)
    assert scores.accuracy == manifest.metrics["validation"]["accuracy"]
    assert "An interim model" in model_card(manifest)
    assert answers_on(classifier, tiny_dataset, Split.TEST).notes()[0].startswith("An interim model")


def test_bundles_a_network_whose_class_calls_its_layers_itself(
    make_run: MakeRun, tiny_dataset: Dataset, folder: Folder
) -> None:
    trial = Member("0007", registered, OPTIONS, {}, seed=5)
    run = make_run(registered, options=OPTIONS, objective=OBJECTIVE)
    run.step()
    assert interim_bundle(trial, folder, tiny_dataset, objective=OBJECTIVE, bundle=folder.child("model")) is not None
    classifier = Classifier.load(folder.child("model"))
    images = tiny_dataset.take(tiny_dataset.rows(Split.VALIDATION)) / np.float32(255)
    assert classifier.bundle.models[0](images).numpy() == pytest.approx(run.best_model()(images).numpy(), abs=1e-5)


def test_draws_no_random_numbers_of_others(
    make_run: MakeRun, build: Build, tiny_dataset: Dataset, folder: Folder
) -> None:
    make_run(options=OPTIONS, objective=OBJECTIVE).step()

    def drawn() -> list[float]:
        return [random.random(), np.random.random(), float(keras.random.uniform(()))]  # noqa: NPY002

    keras.utils.set_random_seed(5)
    undisturbed = [drawn(), drawn()]
    keras.utils.set_random_seed(5)
    first, trial = drawn(), Member("0007", build, OPTIONS, {}, seed=5)
    assert interim_bundle(trial, folder, tiny_dataset, objective=OBJECTIVE, bundle=folder.child("model")) is not None
    assert [first, drawn()] == undisturbed


def test_names_a_trial_that_cannot_be_built(make_run: MakeRun, tiny_dataset: Dataset, folder: Folder) -> None:
    folder.write_whole("best.npz", b"")

    def build() -> keras.Model:
        raise ValueError("no such layer")

    trial = Member("0007", build, OPTIONS, {}, seed=5)
    with pytest.raises(InfeasibleError, match=r"^0007: ValueError: no such layer"):
        interim_bundle(trial, folder, tiny_dataset, objective=OBJECTIVE, bundle=folder.child("model"))
