"""What a search was worth, in figures and in words."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from trainer import Objective, worth, worth_of_scores

CLASSES, ROWS = 3, 300
GIVEN: Any = {"defaults": "0", "chosen": "1", "classes": CLASSES, "test_share": 0.1}
TRUE = np.tile(np.arange(CLASSES), ROWS // CLASSES)


def answers(mistakes: int) -> npt.NDArray[np.int64]:
    """Return the true classes but for the first few."""
    return np.where(np.arange(ROWS) < mistakes, (TRUE + 1) % CLASSES, TRUE)


def compared(defaults: list[int], *others: list[int], chosen: str = "1") -> str:
    decisions = {str(number): list(map(answers, counts)) for number, counts in enumerate((defaults, *others))}
    true = [TRUE] * len(defaults)
    return worth(true, decisions, defaults="0", chosen=chosen, classes=CLASSES, test_share=0.1).sentence


def test_the_sentence_says_gain_interval_and_beginnings() -> None:
    said = compared([60, 61, 62], [30, 30, 33])
    assert said == "better than the space's defaults by 0.10 macro F1 (95 %: 0.05 to 0.15; 3 beginnings)"
    assert compared([30, 30], [60, 63]).startswith("worse than the space's defaults by 0.1")


def test_what_cannot_be_said_is_said_too() -> None:
    assert compared([60], [30]).endswith(
        "by 0.10 macro F1 (1 beginning: too few for an interval, or to correct for the choice)"
    )
    assert compared([30, 30], [60, 60], chosen="0") == "the space's defaults are the best that was found"
    # Of two that have nothing in common the interval would be wider than macro F1 is.
    assert compared([90, 0], [0, 90]).endswith("(2 beginnings: too few for an interval)")


def test_a_gain_within_chance_is_shrunk_away() -> None:
    said = compared([60, 40], [41, 58])
    assert said.startswith("no better and no worse than the space's defaults: 0.00 macro F1 (95 %: −")


def test_a_finalist_that_was_dropped_has_fewer_beginnings() -> None:
    assert "3 beginnings" in compared([60, 61, 62], [30, 30, 33], [70, 70])
    assert "2 beginnings" in compared([60, 61], [30, 30, 33])


@pytest.mark.parametrize(("objective", "said"), [("val_loss:min", "worse"), ("val_accuracy", "better")])
def test_another_objective_names_itself(objective: str, said: str) -> None:
    scores = {"defaults": [0.50, 0.51, 0.49], "0007": [0.60, 0.61, 0.60]}
    found = worth_of_scores(
        scores, defaults="defaults", chosen="0007", objective=Objective.parse(objective), test_share=0.1
    )
    name = objective.partition(":")[0]
    assert found.sentence.startswith(f"{said} than the space's defaults by 0.10 {name} (95 %: ")


def test_scores_on_the_same_images_have_no_interval() -> None:
    given: Any = {"defaults": "0", "chosen": "1", "objective": Objective.parse("val_accuracy"), "test_share": 0.1}
    scores = {"0": [0.80, 0.81, 0.79], "1": [0.90, 0.90, 0.91]}
    other, same = worth_of_scores(scores, **given), worth_of_scores(scores, **given, same_images=True)
    assert other.low is not None
    assert same.low is same.high is None
    assert same.gain == other.gain
    said = "(3 beginnings on the same images: val_accuracy alone tells no interval)"
    assert same.sentence.endswith(f"by 0.10 val_accuracy {said}")


def test_on_the_same_images_chance_is_learnt_from_parts_of_them() -> None:
    generator = np.random.default_rng(1)
    easy = [generator.random(ROWS) < share for share in (0.8, 0.9)]
    # Two networks that err on the same images: between beginnings nothing differs.
    decisions = {name: [np.where(right, TRUE, (TRUE + 1) % 3)] * 2 for name, right in zip("01", easy, strict=True)}
    same = worth([TRUE] * 2, decisions, **GIVEN, same_images=True)
    assert same.low is not None
    assert same.measured is not None
    assert same.gain is not None
    assert same.low < same.gain - 0.03
    assert same.gain < same.measured - 0.01
    assert same.sentence.endswith("; 2 beginnings on the same images)")


def test_an_interval_of_no_width_is_not_said() -> None:
    scores = {"defaults": [0.5, 0.6, 0.7], "0007": [0.6, 0.7, 0.8]}
    found = worth_of_scores(
        scores, defaults="defaults", chosen="0007", objective=Objective.parse("val_accuracy"), test_share=0.1
    )
    assert found.low is found.high is None
    assert found.sentence.endswith("by 0.10 val_accuracy (3 beginnings: too few images for an interval)")


def test_divisions_that_happen_to_agree_do_not_hide_what_chance_makes_of_images() -> None:
    found = worth([TRUE] * 3, {"0": [answers(60)] * 3, "1": [answers(30)] * 3}, **GIVEN)
    assert found.low is not None
    assert found.high is not None
    assert 0.03 < found.high - found.low < 0.1


def test_a_class_that_lies_in_one_division_counts_once() -> None:
    true = [np.array([0] * 20 + [1] * 20 + [2] * rare) for rare in (3, 0, 0)]
    lost = [np.where(each == 2, 0, each) for each in true]
    found = worth(true, {"0": lost, "1": true}, **GIVEN)
    assert found.measured == pytest.approx(0.34, abs=0.01)
