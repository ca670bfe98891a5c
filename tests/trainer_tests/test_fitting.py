import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from datasets import Dataset, Folder, ImportOptions, Split, import_dataset, plain_batches
from trainer import (
    Build,
    CheckpointError,
    InfeasibleError,
    Objective,
    ObjectiveError,
    SplitError,
    TrainingOptions,
    TrainingRun,
    read_confusion,
)
from trainer.answering.predicting import predict
from trainer.estimating.macro_f1 import count_confusion, macro_f1

MakeRun = Callable[..., TrainingRun]
OWN = {
    "val_accuracy",
    "val_balanced_accuracy",
    "val_macro_precision",
    "val_macro_recall",
    "val_macro_f1",
    "val_macro_f1_decided",
    "val_macro_f1_soft",
    "val_macro_f1_steady",
    "val_worst_class",
    "val_worst_recall",
    "val_ece",
}


def weights(model: keras.Model) -> list[np.ndarray]:
    return [variable.numpy() for variable in model.weights]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_an_epoch_reports_all_metrics_and_is_kept(make_run: MakeRun, folder: Folder) -> None:
    run = make_run()
    assert (run.epoch, run.best_epoch, run.finished, run.history) == (0, None, False, {})
    report = run.step()
    assert set(report.metrics) == {"loss", "accuracy", "val_loss", *OWN}
    assert all(isinstance(value, float) for value in report.metrics.values())
    assert (report.epoch, report.best_epoch, report.finished) == (1, 1, False)
    assert run.history == {name: [value] for name, value in report.metrics.items()}
    assert folder.names() == ["best.npz", "confusion.json", "last.npz"]


@pytest.mark.parametrize("objective", ["val_macro_f1", "val_macro_f1_decided"])
def test_what_the_best_epoch_took_each_class_for_is_kept(objective: str, make_run: MakeRun, folder: Folder) -> None:
    run = make_run(objective=Objective.parse(objective))
    while not run.finished:
        run.step()
    kept = read_confusion(folder)
    assert kept is not None
    assert kept.epoch == run.best_epoch
    assert float(macro_f1(count_confusion(np.array(kept.matrix)))) == pytest.approx(
        run.history[objective][kept.epoch - 1]
    )


def test_a_checkpoint_from_before_a_metric_was_made_goes_on(make_run: MakeRun, folder: Folder) -> None:
    make_run().step()
    older = dict(np.load(io.BytesIO(folder.read("last.npz"))))
    about = json.loads(str(older["about"]))
    del about["history"]["val_macro_f1_decided"]
    buffer = io.BytesIO()
    np.savez(buffer, **(older | {"about": np.array(json.dumps(about))}))
    folder.write_whole("last.npz", buffer.getvalue())
    run = make_run()
    report = run.step()
    assert report.metrics["val_macro_f1_decided"] >= 0
    assert {name: len(values) for name, values in run.history.items()} == dict.fromkeys(report.metrics, 2)
    assert np.isnan(run.history["val_macro_f1_decided"]).tolist() == [True, False]
    assert run.step().epoch == 3  # what is NaN was written, and is read again


def test_is_finished_after_its_epochs(make_run: MakeRun) -> None:
    run = make_run(options=TrainingOptions(epochs=2, batch_size=30))
    assert [run.step().finished, run.step().finished] == [False, True]


def test_a_finished_run_that_is_continued_trains_no_further(make_run: MakeRun, folder: Folder) -> None:
    options = TrainingOptions(epochs=1, batch_size=30)
    report, last = make_run(options=options).step(), folder.read("last.npz")
    continued = make_run(options=options)
    assert continued.finished
    assert continued.step() == report
    assert folder.read("last.npz") == last


def test_progress_counts_the_batches_of_training_measuring_and_validation(make_run: MakeRun) -> None:
    run, reports = make_run(), []
    run.step(lambda done, total: reports.append((done, total)))
    assert (run.training_batches, run.measured_batches, run.batches_per_epoch) == (3, 3, 7)
    assert reports == [(done, 7) for done in range(1, 8)]


WORSE_EACH_EPOCH = Objective("loss", "max")  # the training loss falls, so the first epoch stays the best


def test_best_is_written_only_when_it_is_better(make_run: MakeRun, folder: Folder) -> None:
    run = make_run(objective=WORSE_EACH_EPOCH)
    run.step()
    best, after_first = folder.read("best.npz"), weights(run._loop.built.model)
    assert run.step().best_epoch == 1
    assert folder.read("best.npz") == best
    assert folder.read("last.npz") != best
    assert same(weights(run.best_model()), after_first)


def test_patience_ends_it(make_run: MakeRun) -> None:
    options = TrainingOptions(epochs=20, batch_size=16, patience=2)
    run = make_run(objective=WORSE_EACH_EPOCH, options=options)
    assert [run.step().finished for _ in range(3)] == [False, False, True]


def test_training_goes_on_from_last_after_the_best_model_was_looked_at(make_run: MakeRun, folder: Folder) -> None:
    run, plain = make_run(objective=WORSE_EACH_EPOCH), make_run(checkpoints=folder.child("plain"))
    for _ in range(2):
        run.step()
        plain.step()
    run.best_model()
    assert run.step().metrics["loss"] == pytest.approx(plain.step().metrics["loss"], rel=1e-5)
    assert run.epoch == 3


def test_continuing_says_where_it_is_and_trains_the_rest(make_run: MakeRun) -> None:
    first = make_run()
    first.step()
    history = first.history
    second = make_run()
    assert (second.epoch, second.best_epoch, second.history) == (1, 1, history)
    assert second.step().epoch == 2


def test_the_best_model_is_that_of_the_best_epoch(make_run: MakeRun, tiny_dataset: Dataset) -> None:
    run = make_run(objective=WORSE_EACH_EPOCH)
    run.step()
    run.step()
    batches = plain_batches(tiny_dataset, tiny_dataset.rows(Split.VALIDATION), batch_size=7)
    true, probabilities = predict(run.best_model(), batches, logits=False)
    assert np.array_equal(true, tiny_dataset.labels[tiny_dataset.rows(Split.VALIDATION)])
    assert (probabilities.argmax(axis=1) == true).mean() == pytest.approx(run.history["val_accuracy"][0])


def test_there_is_no_best_model_before_the_first_epoch(make_run: MakeRun) -> None:
    with pytest.raises(InfeasibleError, match="no epoch with a number for val_macro_f1"):
        make_run().best_model()


def test_an_objective_that_no_metric_has_is_an_error_and_leaves_no_checkpoint(
    make_run: MakeRun, folder: Folder
) -> None:
    with pytest.raises(ObjectiveError, match=r"no metric is named 'val_auc': this model gives .*val_macro_f1"):
        make_run(objective=Objective("val_auc", "max")).step()
    assert folder.names() == []


def test_a_diverged_epoch_leaves_the_checkpoints_as_they_were(
    make_run: MakeRun, make_build: Callable[..., Build], folder: Folder
) -> None:
    run = make_run()
    run.step()
    before = folder.read("last.npz")
    bias = run._loop.built.model.trainable_variables[-1]
    bias.assign(np.full(bias.shape, np.nan))
    with pytest.raises(InfeasibleError, match="diverged: loss is nan"):
        run.step()
    assert folder.read("last.npz") == before


@pytest.mark.parametrize("by_the_optimizer", [True, False])
def test_averaged_weights_are_validated_and_given_but_not_trained_on(
    make_run: MakeRun, make_build: Callable[..., Build], options: TrainingOptions, by_the_optimizer: bool
) -> None:
    own: dict[str, Any] = {"use_ema": True, "ema_momentum": 0.9} if by_the_optimizer else {}
    run = make_run(
        make_build(optimizer=lambda: keras.optimizers.Adam(3e-3, **own)),
        options=replace(options, weight_averaging=0.0 if by_the_optimizer else 0.9),
    )
    report = run.step()
    trained = weights(run._loop.built.model)
    with run._averages.in_place():
        averaged = weights(run._loop.built.model)
        assert run._loop.validate(run._validation).metrics["loss"] == pytest.approx(report.metrics["val_loss"])
    assert not same(trained, averaged)
    assert same(trained, weights(run._loop.built.model))
    assert same(averaged, weights(run.best_model()))


def test_a_checkpoint_of_another_objective_is_refused(make_run: MakeRun) -> None:
    make_run().step()
    message = (
        r"last\.npz' belongs to another training: objective: expected val_loss:min, found val_macro_f1:max; delete it"
    )
    with pytest.raises(CheckpointError, match=message):
        make_run(objective=Objective("val_loss", "min"))


def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(
    make_run: MakeRun, make_build: Callable[..., Build]
) -> None:
    make_run().step()
    with pytest.raises(CheckpointError, match=r"shapes of the model's variables: expected .*, found"):
        make_run(make_build(extra=lambda: [keras.layers.Dense(3)]))


def test_a_checkpoint_of_another_dataset_is_refused(make_run: MakeRun, tiny_source: Path, tmp_path: Path) -> None:
    make_run().step()
    info = import_dataset(tiny_source, tmp_path / "other", ImportOptions(image_size=32, seed=99))
    with pytest.raises(CheckpointError, match=r"another training: dataset: expected .* found"):
        make_run(dataset=Dataset.open(info.path))


@pytest.mark.parametrize("damage", [lambda data: data[:-50], lambda data: b"", lambda data: b"no archive"])
def test_a_damaged_checkpoint_is_refused(make_run: MakeRun, folder: Folder, damage: Callable[[bytes], bytes]) -> None:
    archive = io.BytesIO()
    np.savez(archive, about=np.array("{}"))
    folder.write_whole("last.npz", damage(archive.getvalue()))
    with pytest.raises(CheckpointError, match=r"last\.npz' is damaged \(.*\): delete it to start this training over"):
        make_run()


def test_a_dataset_without_validation_images_is_refused(make_run: MakeRun, tiny_source: Path, tmp_path: Path) -> None:
    info = import_dataset(tiny_source, tmp_path / "other", ImportOptions(image_size=32, validation=0, test=0.1))
    with pytest.raises(SplitError, match="has no validation images: import it with a share for them"):
        make_run(dataset=Dataset.open(info.path))
