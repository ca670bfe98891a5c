import math

import pytest
from search_tests.examples import ended

from search import Record, SearchState, SearchView, TrialState, best_so_far, leaderboard
from search.ledger.specification import SearchSpecification
from trainer import Objective

MAX, MIN = Objective("val_macro_f1", "max"), Objective("val_loss", "min")


def test_best_score_first_ties_by_trial_id_without_score_last() -> None:
    records = [ended("0003", 0.5), ended("0001", None), ended("0002", 0.9), ended("0000", 0.5)]
    rows = leaderboard(records, MAX)
    assert [(row.rank, row.trial_id) for row in rows] == [(1, "0002"), (2, "0000"), (3, "0003"), (None, "0001")]


def test_a_minimised_objective_ranks_the_smallest_first() -> None:
    assert [row.trial_id for row in leaderboard([ended("0", 2.0), ended("1", 0.0)], MIN)] == ["1", "0"]


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_a_score_that_is_no_number_has_no_rank_and_prints_as_null(score: float) -> None:
    (row,) = leaderboard([ended("0", score, metrics={"val_loss": score}, history={"val_loss": [score]})], MAX)
    printed = row.as_json(history=True)
    assert row.rank is None
    assert (printed["score"], printed["metrics"], printed["history"]) == (
        None,
        {"val_loss": None},
        {"val_loss": [None]},
    )


def test_history_only_where_asked_for() -> None:
    (row,) = leaderboard([ended("0", 0.5, history={"val_loss": [1.0]})], MAX)
    assert "history" not in row.as_json()


def test_best_so_far_never_gets_worse() -> None:
    records = [ended("2", 0.4), ended("1", 0.6), ended("3", 0.8), ended("4", None), ended("5", math.nan)]
    assert [score for _, score in best_so_far(records, MAX)] == [0.6, 0.6, 0.8]


def test_the_view_prints_the_agreed_keys(specification: SearchSpecification) -> None:
    records = [ended("0000", 0.7), Record(trial_id="0001", state=TrialState.RUNNING, hyperparameters={})]
    view = SearchView.of(specification, SearchState.RUNNING, records)
    printed = view.as_json()
    keys = "search state training objective dataset best time worth finalists trials"
    assert list(printed) == keys.split()
    assert printed["best"] == "0000"
    assert printed["objective"] == {"name": "val_macro_f1", "direction": "max"}
    assert view.as_summary()["trials"] == {"completed": 1, "running": 1}
    trial_keys = (
        "trial_id rank state score epochs best_epoch hyperparameters metrics seconds started ended reason parent "
        "attempts mean spread beginnings chosen"
    )
    assert set(view.rows[0].as_json()) == set(trial_keys.split())


def test_a_view_of_nothing_has_no_best(specification: SearchSpecification) -> None:
    assert SearchView.of(specification, SearchState.RUNNING, []).best is None
