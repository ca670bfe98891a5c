"""Some trials side by side: curves, tables, and the answers of finalists class by class."""

from pathlib import Path

import numpy as np
import pytest
from trainer_tests.examples import MEMBER
from ui_tests.fabricated import F1, RECORDS, finals, record, specification

from datasets import Dataset, Split
from search import EndedBeginning, Finalist, LedgerError, SearchLayout, SearchSpecification, TrialDetails
from trainer import BeginningAnswers, EpochConfusion
from trainer.final.answers import of_length
from trainer.final.realigning import images_of
from ui.figures import beginnings, overlaid
from ui.findings import classes, trials

ONE, TWO = RECORDS[:2]


def test_curves_of_several_trials_share_a_chart_with_a_star_at_the_best_epoch() -> None:
    figure = overlaid.overlaid({"a": ONE, "b": TWO}, "macro_f1")
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    stars = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(line.y) for line in lines] == [[0.5, 0.75, 0.8125], [0.25, 0.9375, 0.875]]
    assert lines[0].line.color != lines[1].line.color
    assert [(star.x[0], star.y[0]) for star in stars] == [(3, 0.8125), (2, 0.9375)]


def test_training_is_dotted_and_in_the_table() -> None:
    figure = overlaid.overlaid({"a": ONE}, "loss")
    assert [trace.line.dash for trace in figure.data if trace.mode == "lines"] == ["solid", "dot"]
    assert overlaid.overlaid_table({"a": ONE, "b": RECORDS[2]}, "loss")[1] == {
        "epoch": 2,
        "a": 0.75,
        "a, training": 0.625,
        "b": None,
        "b, training": None,
    }


def test_what_differs_is_marked_and_can_be_shown_alone() -> None:
    other = TWO.but(hyperparameters={"blocks": 3, "learning_rate": 0.002, "optimizer": "adamw", "momentum": 0.9})
    rows = {row["hyperparameter"]: row for row in trials.hyperparameters({"a": ONE, "b": other}, only_differing=False)}
    assert {name: row["≠"] for name, row in rows.items()} == {
        "blocks": "",
        "learning rate": "≠",
        "optimizer": "",
        "momentum": "≠",
    }
    assert (rows["momentum"]["a"], rows["momentum"]["b"]) == ("–", "0.9")
    alone = trials.hyperparameters({"a": ONE, "b": other}, only_differing=True)
    assert [row["hyperparameter"] for row in alone] == ["learning rate", "momentum"]
    assert "≠" not in trials.hyperparameters({"a": ONE}, only_differing=False)[0]


def test_facts_that_nobody_has_are_left_out() -> None:
    made = {
        "a": TrialDetails(ONE.but(metrics={"val_worst_class": 1.0, "val_worst_recall": 0.25})),
        "b": TrialDetails(RECORDS[3].but(parent="0002"), earlier=(TWO,)),
    }
    rows = {row[""]: row for row in trials.facts(made, finals(), specification())}
    assert rows["class found least"]["a"] == "spiral (recall 25.0 %)"
    assert rows["best epoch"] == {"": "best epoch", "a": "3 of 3", "b": "–"}
    assert rows["goes on from"]["b"] == "trial 0002"
    assert rows["mean of its beginnings"]["a"] == "0.7800 ± 0.0283 (2)"
    assert {"attempts", "start", "ends after epoch"}.isdisjoint(rows)
    assert [row["attempt"] for row in trials.attempts(made)] == [1, 1]


def test_each_finalist_has_its_points_and_its_mean() -> None:
    known = finals()
    names = {one.trial_id: trials.shown_as(one.trial_id, known) for one in known.finalists}
    others, looked_at, means = beginnings.beginnings(known, names, F1.name, highlighted=["0001"]).data
    assert set(looked_at.x) == {"trial 0001 ★"}
    assert list(looked_at.y) == [0.8, 0.76]
    assert set(others.x) == {"the space's defaults", "trial 0002"}
    assert list(means.y) == pytest.approx([0.74, 0.675, 0.78])


def test_a_trial_has_the_answers_of_its_best_epoch(tmp_path: Path) -> None:
    one, layout = specification(), SearchLayout.of(str(tmp_path), "first")
    assert classes.by_trial(str(tmp_path), one, TWO) is None
    kept_of = layout.checkpoints("0002")
    kept_of.write_whole("confusion.json", EpochConfusion(2, ((3, 1), (0, 4))).packed())
    found = classes.by_trial(str(tmp_path), one, TWO)
    assert found is not None
    assert (found.confusion_matrix, found.images) == (((3, 1), (0, 4)), 8)
    assert "its epoch 2 on the validation images" in found.source
    for other in (EpochConfusion(1, ((3, 1), (0, 4))), EpochConfusion(2, ((3,),))):  # of another epoch, other classes
        kept_of.write_whole("confusion.json", other.packed())
        assert classes.by_trial(str(tmp_path), one, TWO) is None
    for damaged in (b"", b"[]", b'{"epoch": 2, "matrix": 5}', b'{"epoch": null, "matrix": []}'):
        kept_of.write_whole("confusion.json", damaged)
        assert classes.by_trial(str(tmp_path), one, TWO) is None


@pytest.fixture
def of_tiny(tiny_dataset: Dataset) -> SearchSpecification:
    changes = {
        "dataset": tiny_dataset.info.path,
        "fingerprint": tiny_dataset.fingerprint,
        "classes": tiny_dataset.classes,
    }
    return specification().model_copy(update=changes)


def kept(layout: SearchLayout, dataset: Dataset, number: int) -> None:
    """Keep the answers of a beginning that takes the second class for the first, and is right otherwise."""
    divided = dataset.divided(number)
    rows = divided.rows(Split.VALIDATION)
    true = divided.labels[rows]
    probabilities = np.eye(len(dataset.classes), dtype=np.float32)[np.where(true == 1, 0, true)]
    answers = BeginningAnswers(rows, true, {1: probabilities}, {}, MEMBER, 1, images=images_of(dataset, number))
    of_length(layout.beginning("0001", number), 3).write_whole("answers.npz", answers.packed())


def test_the_answers_of_all_beginnings_are_added_up(
    tmp_path: Path, tiny_dataset: Dataset, of_tiny: SearchSpecification
) -> None:
    layout = SearchLayout.of(str(tmp_path), "first")
    made = tuple(EndedBeginning(number=number, seed=1, score=0.5, seconds=1.0) for number in (1, 2, 3))
    finalist = Finalist(trial_id="0001", hyperparameters={}, beginnings=made)
    assert classes.by_beginnings(str(tmp_path), of_tiny, finalist, 3) is None
    kept(layout, tiny_dataset, 1)
    kept(layout, tiny_dataset, 2)
    found = classes.by_beginnings(str(tmp_path), of_tiny, finalist, 3)
    assert found is not None
    expected = sum(len(tiny_dataset.divided(number).rows(Split.VALIDATION)) for number in (1, 2))
    assert found.images == expected
    assert "its 2 beginnings" in found.source
    first, second, *_ = classes.class_table({"a": found}, of_tiny.classes)
    assert first["a: F1"] == pytest.approx(2 / 3)
    assert second["a: F1"] == 0.0
    assert str(first["a: recall (95 %)"]).startswith("100.0 %")
    with pytest.raises(LedgerError, match="fingerprint"):
        classes.by_beginnings(str(tmp_path), of_tiny.model_copy(update={"fingerprint": "0" * 64}), finalist, 3)


def test_a_metric_that_is_no_number_is_a_gap() -> None:
    (line, *_) = overlaid.overlaid({"a": record(1, scores=[], history={"val_loss": [1.0, float("nan")]})}, "loss").data
    assert list(line.y) == [1.0, None]


def test_epochs_are_whole_numbers_on_the_axis() -> None:
    figure = overlaid.overlaid({"a": record(1, scores=[0.5] * 45)}, "loss")
    assert figure.layout.xaxis.dtick == 5
