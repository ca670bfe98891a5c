"""Which beginnings of finalists are compared. Nothing trains."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from trainer_tests.examples import MEMBER

from datasets import Split
from trainer import BeginningAnswers, Objective, Worth, compare

ROWS = np.arange(60)
TRUE = ROWS % 3
F1, ACCURACY = Objective.parse("val_macro_f1"), Objective.parse("val_accuracy")


class FewDivisions:
    """A dataset of three classes that is all for training but for one row in ten, of so many divisions."""

    classes = ("a", "b", "c")

    def __init__(self, divisions: int) -> None:
        self.divisions = divisions

    def __len__(self) -> int:
        return 600

    def divided(self, number: int) -> "FewDivisions":
        return self

    def rows(self, split: Split) -> npt.NDArray[np.int64]:
        return ROWS if split is Split.VALIDATION else ROWS[:0]


def answered(right: int, accuracy: float | None = None) -> BeginningAnswers:
    """What a network answers that is wrong but for ``right`` of ten images."""
    named = np.where(right > ROWS % 10, TRUE, (TRUE + 1) % 3)
    member = replace(MEMBER, metrics={} if accuracy is None else {"val_accuracy": accuracy})
    return BeginningAnswers(ROWS, TRUE, {1: np.eye(3, dtype=np.float32)[named]}, {}, member, 10)


def compared(answers: Any, objective: Objective = F1, divisions: int = 8) -> Worth | None:
    return compare(answers, FewDivisions(divisions), defaults="defaults", chosen="1", objective=objective)  # type: ignore[arg-type]


@pytest.mark.parametrize(("divisions", "is_said"), [(0, True), (1, True), (2, False)])
def test_all_beginnings_of_one_division_share_their_images(divisions: int, is_said: bool) -> None:
    answers = {name: {1: answered(right), 2: answered(right)} for name, right in (("defaults", 5), ("1", 8))}
    worth = compared(answers, divisions=divisions)
    assert worth is not None
    assert ("on the same images" in worth.sentence) == is_said


def test_beginnings_that_ended_out_of_order_are_compared_where_both_have_one() -> None:
    answers = {
        "defaults": {2: answered(5), 3: answered(5)},
        "1": {1: answered(1), 2: answered(8), 3: answered(8)},
        "dropped": {1: answered(9)},
    }
    worth = compared(answers)
    assert worth is not None
    assert worth.beginnings == 2
    assert worth.measured == pytest.approx(0.3, abs=0.01)
    assert compared({"defaults": {1: answered(5)}, "1": {2: answered(8)}}) is None
    assert compared({"1": {2: answered(8)}}) is None


def test_a_beginning_whose_score_was_no_number_is_left_out_for_both() -> None:
    answers = {"defaults": {1: answered(5), 2: answered(5, 0.5)}, "1": {1: answered(8, 0.9), 2: answered(8, 0.8)}}
    worth = compared(answers, ACCURACY)
    assert worth is not None
    assert (worth.beginnings, worth.measured) == (1, pytest.approx(0.3))
    assert compared({name: {1: one[1]} for name, one in answers.items()}, ACCURACY) is None
