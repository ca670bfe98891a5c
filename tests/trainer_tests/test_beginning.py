from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from trainer_tests.conftest import MakeBuild
from trainer_tests.own_layers import registered

from datasets import Dataset, Folder, Split
from trainer import (
    Beginning,
    BeginningAnswers,
    Build,
    CheckpointError,
    InfeasibleError,
    Objective,
    TrainingOptions,
    delete_other_lengths,
    read_answers,
    score_predictions,
    share_done,
    train_beginning,
)
from trainer.answering.views import TWO_SIZES, view_average
from trainer.final.answers import of_length
from trainer.final.beginning import loaded, read_packed

OBJECTIVE = Objective.parse("val_loss")


@pytest.fixture
def beginning(build: Build) -> Beginning:
    # Patience that would end it at once.
    return Beginning("t1", 2, build, TrainingOptions(3, 16, weight_averaging=0.9, patience=1), {"units": 3}, seed=4)


Train = Callable[..., BeginningAnswers]


@pytest.fixture
def train(tiny_dataset: Dataset, folder: Folder) -> Train:
    def train(beginning: Beginning, **changes: Any) -> BeginningAnswers:
        train_beginning(beginning, tiny_dataset, **({"objective": OBJECTIVE, "work": folder} | changes))
        answers = read_answers(folder, epochs=beginning.options.epochs)
        assert answers is not None
        return answers

    return train


def test_leaves_the_last_epochs_network_and_what_it_answers(
    train: Train, beginning: Beginning, tiny_dataset: Dataset, folder: Folder
) -> None:
    answers = train(beginning)
    divided = tiny_dataset.divided(2)
    assert beginning.name == answers.member.name == "t1-b2"
    assert answers.rows.tolist() == divided.rows(Split.VALIDATION).tolist()
    assert answers.true.tolist() == divided.labels[answers.rows].tolist()
    assert of_length(folder, 3).names() == ["answers.npz", "member.json", "model.keras"]
    assert (answers.member.epochs, answers.member.best_epoch, answers.member.views) == (3, 3, 1)
    # As the last epoch was validated: with the averages of the weights.
    scores = score_predictions(answers.true, answers.validation[1], tiny_dataset.classes)
    assert scores.macro["f1"] == answers.member.metrics["val_macro_f1"]

    network = loaded(beginning, read_packed(folder, answers))
    averages = {1: network, 8: view_average(network), 16: view_average(network, scales=TWO_SIZES)}
    for rows, by_views in [(answers.rows, answers.validation), (divided.rows(Split.TEST), answers.test)]:
        images = tiny_dataset.take(rows) / np.float32(255)
        for views, model in averages.items():
            assert by_views[views] == pytest.approx(np.asarray(model(images)), abs=1e-5)
    assert answers.views == (1, 8, 16)


def test_a_network_whose_class_calls_its_layers_itself_is_kept(
    train: Train, beginning: Beginning, tiny_dataset: Dataset, folder: Folder
) -> None:
    answers = train(replace(beginning, build=registered))
    assert answers.modules == ("trainer_tests.own_layers",)
    network = loaded(beginning, read_packed(folder, answers))
    images = tiny_dataset.take(answers.rows) / np.float32(255)
    assert answers.validation[1] == pytest.approx(np.asarray(keras.ops.softmax(network(images))), abs=1e-5)


def test_a_finished_one_is_not_trained_again_and_another_starts_over(
    train: Train, beginning: Beginning, folder: Folder
) -> None:
    reports: list[int] = []
    first = train(beginning)
    place = of_length(folder, 3)
    place.write_whole("last.npz", b"left behind by a kill")
    again = train(beginning, progress=lambda done, _: reports.append(done))
    assert reports == []
    assert not place.exists("last.npz")
    assert again.packed() == first.packed()
    for other in (replace(beginning, seed=5), replace(beginning, number=1)):
        reports.clear()
        changed = train(other, progress=lambda done, _: reports.append(done))
        assert reports[0] == 1
        assert changed.member.name == other.name


def test_a_longer_training_leaves_what_a_shorter_one_has_left(
    train: Train, beginning: Beginning, folder: Folder
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    first = train(beginning)
    longer = replace(beginning, options=replace(beginning.options, epochs=4))
    with pytest.raises(KeyboardInterrupt):
        train(longer, progress=interrupt)
    assert [share_done(folder, epochs=epochs) for epochs in (3, 4)] == [1, 0]
    assert train(beginning, progress=interrupt).packed() == first.packed()
    assert read_packed(folder, first) != read_packed(folder, train(longer))
    delete_other_lengths(folder, epochs=4)
    assert folder.names() == ["4-epochs"]


def test_goes_on_after_an_interruption(train: Train, beginning: Beginning, folder: Folder) -> None:
    def interrupt(done: int, total: int | None) -> None:
        if total is not None and done > total * 2 // 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(beginning, progress=interrupt)
    assert read_answers(folder, epochs=3) is None
    assert share_done(folder, epochs=3) == pytest.approx(2 / 3)
    reports: list[int] = []
    train(beginning, progress=lambda done, _: reports.append(done))
    assert reports[0] == 15  # after two epochs of 3 + 3 + 1 batches
    assert share_done(folder, epochs=3) == 1
    assert share_done(folder.child("nothing"), epochs=3) == 0


class Kill(BaseException):
    pass


def test_killed_as_it_ends_it_leaves_what_it_would_have_left(
    train: Train, beginning: Beginning, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {name: getattr(Folder, name) for name in ("write_whole", "delete")}
    for act, deadly in [("write_whole", "model.keras"), ("write_whole", "answers.npz"), ("delete", "last.npz")]:

        def dying(self: Folder, name: str, *data: bytes, act: str = act, deadly: str = deadly) -> None:
            if name == deadly:
                raise Kill
            real[act](self, name, *data)

        with monkeypatch.context() as patch:
            patch.setattr(Folder, act, dying)
            with pytest.raises(Kill):
                train(beginning)
        assert (read_answers(folder, epochs=3) is not None) == (act == "delete")
    reports: list[int] = []
    train(beginning, progress=lambda done, _: reports.append(done))
    assert reports == []
    assert of_length(folder, 3).names() == ["answers.npz", "member.json", "model.keras"]


def test_a_network_with_logits_and_a_dataset_without_test_rows(
    train: Train, beginning: Beginning, make_build: MakeBuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = keras.losses.CategoricalCrossentropy(from_logits=True)
    without = lambda dataset, split: np.zeros(0, np.int64) if split is Split.TEST else rows(dataset, split)  # noqa: E731
    rows = Dataset.rows
    monkeypatch.setattr(Dataset, "rows", without)
    answers = train(replace(beginning, build=make_build(loss=logits, activation=None)))
    assert answers.member.logits
    for views in answers.views:
        assert answers.validation[views].sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert answers.test[views].shape == (0, 5)


def test_names_the_beginning_that_cannot_be_trained(train: Train, beginning: Beginning, make_build: MakeBuild) -> None:
    with pytest.raises(InfeasibleError, match=r"^t1-b2: the model must give one output of shape \(batch, 5\)"):
        train(replace(beginning, build=make_build(outputs=3)))


def test_damaged_answers_are_refused(folder: Folder) -> None:
    of_length(folder, 3).write_whole("answers.npz", b"other")
    with pytest.raises(CheckpointError, match=r"answers\.npz' is damaged .*: delete it to train this beginning again"):
        read_answers(folder, epochs=3)
