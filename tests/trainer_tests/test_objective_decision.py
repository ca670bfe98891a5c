"""The decision that an objective is best at: fitted by what is expected, on other images than it is scored on."""

import numpy as np
import numpy.typing as npt
import pytest

from datasets import Dataset
from trainer import Objective, score_predictions
from trainer.answering.calibration import apply_temperature, fit_calibration
from trainer.answering.decision import (
    Decide,
    decided,
    decided_across_folds,
    fit_decision,
    folds_of,
    gain_of,
    training_shares,
)
from trainer.answering.expected import rarity
from trainer.estimating.macro_f1 import count, macro_f1

CLASSES = ("common", "usual", "rare")
SHARES = np.array([0.6, 0.36, 0.04])
FREQUENCY = np.log(SHARES)
F1, RECALL = map(Objective.parse, ("val_macro_f1_decided", "val_macro_recall"))
Floats = npt.NDArray[np.float64]


def drawn(count: int = 4000, *, sharpness: float = 1.0, tilt: float = 0.0) -> tuple[npt.NDArray[np.int64], Floats]:
    """Classes, and a power of their true probabilities, as if rare ones were more frequent by ``tilt``."""
    generator = np.random.default_rng(1)
    true = np.repeat(np.arange(3), np.round(SHARES * count).astype(int))
    centres = np.array([[0.0, 0.0], [2.5, 0.0], [1.2, 1.8]])
    places = centres[true] + generator.normal(size=(len(true), 2))
    logits = -0.5 * ((places[:, None] - centres) ** 2).sum(axis=2) + (1 - tilt) * FREQUENCY
    chances = np.exp(sharpness * logits)
    return true, chances / chances.sum(axis=1, keepdims=True)


def f1(true: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]) -> float:
    return float(macro_f1(count(true, numbers, 3)))


def some_folds(count: int) -> npt.NDArray[np.int64]:
    return folds_of([f"galaxies/{number}.jpg" for number in range(count)])


@pytest.mark.parametrize("sharpness", [1.0, 3.0])
@pytest.mark.parametrize("tilt", [0.0, 1.0])
def test_networks_that_rank_alike_are_worth_the_same_however_sure_and_tilted_they_are(
    sharpness: float, tilt: float
) -> None:
    true, plain = drawn()
    _, other = drawn(sharpness=sharpness, tilt=tilt)
    folds = some_folds(len(true))
    best = decided_across_folds(true, plain, folds=folds, shares=SHARES)
    assert f1(true, best) > f1(true, plain.argmax(axis=1)) + 0.005
    same = decided_across_folds(true, other, folds=folds, shares=SHARES)
    assert f1(true, same) == pytest.approx(f1(true, best), abs=0.006)
    if tilt:
        assert f1(true, other.argmax(axis=1)) < f1(true, best) - 0.02


def test_calibration_finds_sharpness_and_tilt_and_stays_where_rows_say_nothing() -> None:
    true, chances = drawn(sharpness=2.0, tilt=0.7)
    found = fit_calibration(true, np.log(chances), rarity(SHARES))
    # The power of 2 is on the shares as well.
    assert (found.sharpness, found.tilt) == (pytest.approx(0.5, rel=0.05), pytest.approx(0.7, abs=0.1))
    right = fit_calibration(true, np.log(np.maximum(np.eye(3)[true], 1e-12)), rarity(SHARES))
    assert (right.sharpness, right.tilt) == (pytest.approx(1), pytest.approx(0))


@pytest.mark.parametrize("objective", ["val_accuracy", "val_loss", "val_macro_f1:min"])
def test_an_objective_without_a_rule_decides_for_the_most_probable_class(objective: str) -> None:
    true, chances = drawn(300, tilt=-1.0)
    given = {"folds": some_folds(300), "shares": SHARES}
    plain = decided_across_folds(true, chances, gain=gain_of(Objective.parse(objective)), **given)
    assert plain.tolist() == chances.argmax(axis=1).tolist()
    rules = [decided_across_folds(true, chances, gain=gain_of(each), **given) for each in (F1, RECALL)]
    assert (plain != rules[0]).any()
    assert (rules[0] != rules[1]).any()


def test_no_image_has_a_part_in_how_it_is_decided_about() -> None:
    true, chances = drawn(300, tilt=0.5)
    folds = some_folds(300)
    before = decided_across_folds(true, chances, folds=folds, shares=SHARES)
    for fold in range(5):
        within = folds == fold
        changed = true.copy()
        changed[within] = np.roll(changed[within], 7)
        after = decided_across_folds(changed, chances, folds=folds, shares=SHARES)
        assert after[within].tolist() == before[within].tolist()


def test_the_fold_of_an_image_is_that_of_its_id_for_ever() -> None:
    assert folds_of(["spiral/001.jpg", "spiral/002.jpg", "é", "odd\udcff.jpg"]).tolist() == [1, 0, 1, 2]
    counts = np.bincount(some_folds(5000), minlength=5)
    assert (abs(counts - 1000) < 150).all()


def test_shares_are_those_of_the_training_rows_as_they_are(uneven_dataset: Dataset) -> None:
    assert training_shares(uneven_dataset).sum() == pytest.approx(1)
    assert training_shares(uneven_dataset).argmax() == np.bincount(uneven_dataset.labels).argmax()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("kind", ["perfect", "useless", "certain and wrong", "usual"])
def test_few_images_absent_classes_and_any_probabilities_are_decided_about(count: int, classes: int, kind: str) -> None:
    generator = np.random.default_rng(count)
    true = np.minimum(generator.geometric(0.4, count) - 1, classes - 1)
    chances = {
        "perfect": np.eye(classes)[true],
        "useless": np.full((count, classes), 1 / classes),
        "certain and wrong": np.eye(classes)[(true + 1) % classes],
        "usual": generator.dirichlet(np.ones(classes), count),
    }[kind]
    shares = 0.5 ** np.arange(1, classes + 1)
    shares[-1] = 0.0  # a class that is not trained on
    for folds in (some_folds(count), np.zeros(count, np.int64)):
        numbers = decided_across_folds(true, chances, folds=folds, shares=shares)
        assert (numbers.dtype, numbers.shape) == (np.int64, (count,))
        assert ((numbers >= 0) & (numbers < classes)).all()
        if kind == "perfect":
            assert numbers.tolist() == true.tolist()
    decision = fit_decision(true, chances, shares=shares, classes=tuple("abcdefghij"[:classes]), objective=F1)
    assert np.isfinite([decision.temperature, *decision.factors.values()]).all()
    assert min(decision.factors.values()) > 0


def test_one_class_alone_is_decided_for() -> None:
    true, chances = np.zeros(6, np.int64), np.ones((6, 1))
    assert decided_across_folds(true, chances, folds=some_folds(6), shares=np.ones(1)).tolist() == [0] * 6
    assert fit_decision(true, chances, shares=np.zeros(1), classes=("a",), objective=F1).factors == {"a": 1.0}


def test_the_factors_of_a_bundle_decide_on_its_calibrated_probabilities() -> None:
    true, chances = drawn(sharpness=2.5, tilt=1.0)
    decision = fit_decision(true, chances, shares=SHARES, classes=CLASSES, objective=F1)
    assert decision.factors["common"] == pytest.approx(1.0)
    assert decision.factors["rare"] < 0.9  # below, as the network names it too often
    calibrated = apply_temperature(chances, decision.temperature)
    numbers = decided(calibrated, CLASSES, decision.factors, Decide.OBJECTIVE)
    across = decided_across_folds(true, chances, folds=some_folds(len(true)), shares=SHARES)
    assert f1(true, numbers) == pytest.approx(f1(true, across), abs=0.005)


@pytest.mark.parametrize("name", ["val_macro_recall", "val_balanced_accuracy"])
def test_recall_is_best_where_every_class_has_the_same_weight(name: str) -> None:
    true, chances = drawn()
    decision = fit_decision(true, chances, shares=SHARES, classes=CLASSES, objective=Objective.parse(name))
    f1_decision = fit_decision(true, chances, shares=SHARES, classes=CLASSES, objective=F1)
    assert decision.factors["rare"] == pytest.approx(SHARES[0] / SHARES[2], rel=0.2)
    assert 1 < f1_decision.factors["rare"] < 0.7 * decision.factors["rare"]


@pytest.mark.parametrize("objective", [None, "val_loss", "val_accuracy", "val_macro_f1:min", "mine:max"])
def test_an_objective_without_a_rule_decides_for_the_most_probable(objective: str | None) -> None:
    true, chances = drawn(200)
    parsed = None if objective is None else Objective.parse(objective)
    decision = fit_decision(true, chances, shares=SHARES, classes=CLASSES, objective=parsed)
    assert decision.factors == dict.fromkeys(CLASSES, 1.0)


def test_macro_f1_is_that_of_all_scores() -> None:
    true, chances = drawn(200)
    scores = score_predictions(true[:190], chances[:190], CLASSES)  # without most of the rare class
    assert f1(true[:190], chances[:190].argmax(axis=1)) == pytest.approx(scores.macro["f1"])
    common = true[true == 0]
    assert f1(common, np.zeros_like(common)) == 1.0
