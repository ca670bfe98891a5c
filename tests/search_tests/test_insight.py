"""What is learnt from a search's records, whatever they are."""

import random
import subprocess
import sys

import pytest
from search_tests.examples import ended

from search import (
    Record,
    TrialState,
    Unclear,
    importances,
    plot_best_so_far,
    plot_contours,
    plot_parallel_coordinates,
    plot_slices,
)
from search.insight.study import study_of
from trainer import Objective

F1, LOSS = Objective("val_macro_f1", "max"), Objective("val_loss", "min")


def trials(count: int) -> list[Record]:
    """Make trials of a conditional space in which ``blocks`` decides; every sixth failed, with a value of its own."""
    chance, made = random.Random(1), []
    for number in range(count):
        values = {"rate": 10 ** chance.uniform(-5, -2), "blocks": chance.randint(2, 5), "bias": chance.random() < 0.5}
        values |= {"optimizer": chance.choice(["adam", "sgd"]), "fixed": 3}
        if values["optimizer"] == "sgd":
            values["momentum"] = chance.uniform(0.5, 0.9)
        fails = number % 6 == 5
        score = None if fails else values["blocks"] + chance.random() / 10
        when = f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}.000+00:00"
        known = values | ({"odd": "x"} if fails else {})
        made.append(ended(f"{number:04d}", score, hyperparameters=known, ended=when, reason="small" if fails else None))
    return made


def test_the_hyperparameter_that_decides_is_the_most_important() -> None:
    found = importances(trials(40), F1)
    assert isinstance(found, dict)
    # Those of a branch, of failed trials alone, or of one value cannot be compared.
    assert set(found) == {"blocks", "rate", "bias", "optimizer"}
    assert next(iter(found)) == "blocks"
    assert found["blocks"] > 0.9
    assert sum(found.values()) == pytest.approx(1.0)
    assert found == importances(trials(40), F1)


def test_what_was_searched_on_a_logarithmic_scale_weighs_by_that() -> None:
    chance, made = random.Random(2), []
    for number in range(80):
        exponent, other = chance.uniform(-5, -1), chance.random()
        values = {"rate": 10**exponent, "units": round(2 ** chance.uniform(0, 8)), "other": other}
        # Both explain as much: on a plain scale nine tenths of the rate's range are a tenth of its values.
        score = (exponent + 5) / 4 + other
        made.append(ended(f"{number:04d}", score, hyperparameters=values, ended="2026-01-01T00:00:00.000+00:00"))
    found = importances(made, F1)
    assert isinstance(found, dict)
    assert found["rate"] == pytest.approx(found["other"], abs=0.15)
    assert found["units"] < 0.1


def test_every_figure_is_drawn_for_a_conditional_space_with_failures() -> None:
    records = trials(40)
    slices, contours = plot_slices(records, F1), plot_contours(records, F1, "rate", "momentum")
    with_momentum = [r for r in records if r.score is not None and "momentum" in r.hyperparameters]
    assert {len(line.x or ()) for line in plot_parallel_coordinates(records, F1).data} >= {5}
    assert {axis.title.text for axis in slices.select_xaxes()} == {"bias", "blocks", "optimizer", "rate"}
    assert (contours.layout.xaxis.title.text, contours.layout.yaxis.title.text) == ("momentum", "rate")
    assert contours.layout.yaxis.type == "log"
    assert len(plot_slices(records, F1, ["momentum"]).data[0].x) == len(with_momentum)


def test_the_best_so_far_follows_the_objectives_direction() -> None:
    scores = [0.5, 0.25, 0.75]
    records = [ended(f"000{number}", score) for number, score in enumerate(scores)]
    best = {direction.name: plot_best_so_far(records, direction).data[1].y for direction in (F1, LOSS)}
    assert list(best["val_macro_f1"]) == [0.5, 0.5, 0.75]
    assert list(best["val_loss"]) == [0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (importances([], F1), "at least 4 trials with a score: there are 0"),
        (importances(trials(3), F1), "at least 4 trials with a score: there are 3"),
        (plot_best_so_far([ended("0000", None)], F1), "needs a trial with a score: none of the 1 has one"),
        (plot_contours(trials(40), F1, "rate", "fixed"), "fixed took a single value so far"),
        (plot_contours(trials(40), F1, "rate", "absent"), "that have rate and absent: there are 0"),
        (
            importances([ended(f"000{n}", 0.5, hyperparameters={"x": n}) for n in range(5)], F1),
            "all 5 trials have the same score",
        ),
        (
            importances([ended(f"000{n}", n / 10, hyperparameters={"x": 1}) for n in range(5)], F1),
            "every hyperparameter that all trials have took a single value",
        ),
    ],
)
def test_too_little_to_say_is_said(found: object, reason: str) -> None:
    assert isinstance(found, Unclear)
    assert reason in found.reason


def test_running_trials_and_scores_that_are_no_numbers_are_left_out() -> None:
    running = Record(trial_id="0009", state=TrialState.RUNNING, hyperparameters={"x": 1}, score=0.5)
    diverged = ended("0008", float("nan"), hyperparameters={"x": 2})
    study = study_of([running, diverged, ended("0001", 0.5, hyperparameters={"x": 3})], F1)
    assert [(trial.user_attrs["trial_id"], trial.state.name) for trial in study.trials] == [
        ("0001", "COMPLETE"),
        ("0008", "FAIL"),
    ]


def test_thousands_of_trials_are_looked_at_through_a_sample_that_holds_the_best() -> None:
    records = trials(700)
    best = max(record.score for record in records if record.score is not None)
    scores = plot_slices(records, F1).data[0].y
    assert len(scores) == 500
    assert max(scores) == best


def test_neither_tensorflow_nor_keras_tuner_is_needed() -> None:
    code = (
        "import sys, search; search.importances; assert not {'tensorflow', 'keras', 'keras_tuner'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
