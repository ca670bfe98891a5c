import csv
import io
import math

from ui_tests.fabricated import RECORDS, record, rows

from ui import ranking


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_only_hyperparameters_that_differ_are_named() -> None:
    assert ranking.differing(RECORDS) == ("blocks", "learning_rate")


def test_a_conditional_hyperparameter_differs() -> None:
    other = record(9, scores=[0.5], hyperparameters={**RECORDS[0].hyperparameters, "momentum": 0.9})
    assert ranking.differing([RECORDS[0], other]) == ("momentum",)


def test_one_and_true_differ() -> None:
    ones = [record(1, scores=[], hyperparameters={"norm": value}) for value in (True, 1)]
    assert ranking.differing(ones) == ("norm",)


def test_ended_counts_all_but_pending_and_running() -> None:
    assert ranking.ended(rows()) == 4


def test_states_are_one_phrase() -> None:
    assert ranking.states({"completed": 6, "failed": 0, "running": 2}) == "6 completed, 2 running"
    assert ranking.states({}) == "no trials yet"


def test_the_csv_has_one_line_a_trial_best_first() -> None:
    lines = read(ranking.leaderboard_csv(rows()))
    assert [(line["rank"], line["trial_id"]) for line in lines] == [
        ("1", "0002"),
        ("2", "0001"),
        ("3", "0005"),
        ("4", "0003"),
        ("", "0004"),
    ]
    assert lines[0]["metrics.val_macro_f1"] == "0.9375"
    assert lines[0]["hyperparameters.learning_rate"] == "0.002"
    assert lines[4]["score"] == ""
    assert lines[4]["reason"] == "ValueError: the image is too small for 6 blocks"


def test_the_csv_never_says_nan() -> None:
    diverged = record(1, scores=[0.5], metrics={"loss": math.nan, "val_loss": math.inf})
    line = read(ranking.leaderboard_csv(rows([diverged])))[0]
    assert (line["metrics.loss"], line["metrics.val_loss"]) == ("", "")


def test_the_history_has_one_line_an_epoch() -> None:
    lines = read(ranking.history_csv(rows()))
    assert [(line["trial_id"], line["epoch"]) for line in lines[:4]] == [
        ("0002", "1"),
        ("0002", "2"),
        ("0002", "3"),
        ("0001", "1"),
    ]
    assert lines[1]["val_macro_f1"] == "0.9375"
    assert len(lines) == sum(found.epochs for found in RECORDS)


def test_a_metric_that_is_shorter_leaves_its_last_epochs_empty() -> None:
    uneven = record(1, scores=[0.5, 0.75], history={"loss": [1.0, 0.5], "val_loss": [2.0]})
    assert [line["val_loss"] for line in read(ranking.history_csv(rows([uneven])))] == ["2.0", ""]
