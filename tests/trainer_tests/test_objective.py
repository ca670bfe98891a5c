import math

import pytest

from trainer import Objective, ObjectiveError

NAN = math.nan


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("val_macro_f1", Objective("val_macro_f1", "max")),
        ("val_loss", Objective("val_loss", "min")),
        ("my_metric:min", Objective("my_metric", "min")),
        ("val_loss:max", Objective("val_loss", "max")),
    ],
)
def test_parses_names_with_and_without_a_direction(text: str, objective: Objective) -> None:
    assert Objective.parse(text) == objective


def test_writes_itself_as_it_is_parsed() -> None:
    assert Objective.parse(str(Objective("my_metric", "min"))) == Objective("my_metric", "min")


def test_an_unknown_name_must_state_its_direction() -> None:
    with pytest.raises(
        ObjectiveError, match=r"'val_auc' is not known: write val_auc:max or val_auc:min, .*val_macro_f1"
    ):
        Objective.parse("val_auc")


@pytest.mark.parametrize("text", ["", ":max", "val_loss:", "val_loss:larger", "val_loss:max:min"])
def test_refuses_what_is_not_a_name_and_direction(text: str) -> None:
    with pytest.raises(ObjectiveError, match="expected an objective as NAME, NAME:max or NAME:min, found"):
        Objective.parse(text)


@pytest.mark.parametrize(
    ("direction", "values", "best"),
    [
        ("max", [0.1, 0.3, 0.3], 1),
        ("min", [0.1, 0.3, 0.1], 0),
        ("max", [NAN, 0.0, NAN], 1),
        ("min", [NAN, NAN], None),
        ("max", [], None),
        ("min", [math.inf, 1.0], 1),
    ],
)
def test_best_is_the_first_of_equals_and_never_nan(direction: str, values: list[float], best: int | None) -> None:
    assert Objective.parse(f"x:{direction}").best(values) == best


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("val_macro_f1", math.inf, "val_macro_f1 is infinite"),
        ("mine", -math.inf, "mine is infinite"),
        ("val_accuracy", 1.7, "val_accuracy is 1.7, but it goes from 0 to 1"),
        ("val_ece", -0.1, "val_ece is -0.1, but it goes from 0 to 1"),
        ("val_accuracy", 1.0000001, None),
        ("val_macro_f1", 0.0, None),
        ("val_macro_f1", NAN, None),
        ("val_loss", 1.7, None),
        ("mine", -97.0, None),
    ],
)
def test_what_no_model_can_score_is_a_fault(name: str, value: float, fault: str | None) -> None:
    assert Objective(name, "max").fault(value) == fault
