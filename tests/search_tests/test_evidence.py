"""How far what a search teaches is to be believed is said with the search's own numbers."""

import random

import pytest
from search_tests.examples import ended
from search_tests.test_insight import F1, trials

from search import EndedBeginning, Evidence, Finalist, Finals, Record, foretold, said_of_foretold, seldom


def evidence(records: list[Record], finals: Finals | None = None, oracle: str = "random") -> Evidence:
    return Evidence.of(records, finals=finals, oracle=oracle)


def finals(*scores: list[float]) -> Finals:
    made = tuple(
        Finalist(
            trial_id=f"000{number}",
            hyperparameters={},
            beginnings=tuple(EndedBeginning(number=n, seed=n, score=s, seconds=1.0) for n, s in enumerate(each, 1)),
        )
        for number, each in enumerate(scores)
    )
    return Finals(epochs=4, planned=2, finalists=made)


def varied(count: int, *, step: float = 0.01, **changes: object) -> list[Record]:
    return [ended(f"{n:04d}", 0.5 + step * n, hyperparameters={"x": n, "kind": "a"}, **changes) for n in range(count)]


def test_enough_trials_trained_alike_leave_no_doubt() -> None:
    assert evidence(varied(10)).doubts() == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (evidence(varied(9)), "Few trials: 9 with a score, for 1 hyperparameter that differ"),
        (
            evidence([*varied(10), *varied(3, epochs=2)]),
            "3 of 13 ended after fewer than 9 epochs (half of them after at most 2); their scores are worse for that",
        ),
        (evidence([*varied(10), ended("0099", None)]), "1 of 11 ended trials have no score (1 infeasible)"),
        (evidence(varied(10, step=0.0001)), "between 0.5001 and 0.5008; each configuration was trained once"),
        (
            evidence(varied(10), finals([0.4, 0.6], [0.5, 0.7])),
            "one configuration alone differ by ± 0.1414",
        ),
        (evidence(varied(11), oracle="tpe"), "The oracle tpe chose"),
    ],
)
def test_each_doubt_has_its_numbers(found: Evidence, said: str) -> None:
    (doubt,) = found.doubts()
    assert said in doubt


@pytest.mark.parametrize("oracle", ["tpe", "bayesian", "random", "own:oracle"])
def test_what_was_drawn_at_random_was_chosen_by_no_scores(oracle: str) -> None:
    assert evidence(varied(10), oracle=oracle).doubts() == []
    # Some of many are looked at: the oracle knew of the others.
    doubts = Evidence.of(varied(10), finals=None, oracle=oracle, known=30).doubts()
    assert [doubt.startswith(f"The oracle {oracle} chose") for doubt in doubts] == [True] * (
        oracle in ("tpe", "bayesian")
    )


def test_finalists_that_differ_less_than_trials_leave_no_doubt() -> None:
    assert evidence(varied(10), finals([0.5, 0.501], [0.7])).doubts() == []


def test_hyperparameters_of_a_branch_are_counted() -> None:
    records = [*varied(10), ended("0011", 0.7, hyperparameters={"x": 1, "kind": "b", "momentum": 0.9})]
    assert evidence(records).left_out() == "Left out is what only some of the 11 trials have: momentum (1)."
    assert evidence(varied(10)).left_out() is None


def test_only_a_value_that_was_tried_seldom_is_named() -> None:
    records = trials(40)
    assert seldom(records, "rate") is None  # each of its values was tried once, as numbers are
    assert seldom([*varied(12), ended("0099", 0.5, hyperparameters={"kind": "b"})], "kind") == (
        "Only 1 of 13 had b: a value tried so seldom says little."
    )


def test_what_decides_is_foretold_and_chance_is_not() -> None:
    decided, noise = foretold(trials(60), F1), foretold([*map(chance, trials(60))], F1)
    assert decided is not None
    assert noise is not None
    assert decided > 0.9
    assert noise < 0.2
    assert "do not believe these shares" in said_of_foretold(noise)
    assert "most of the differences" in said_of_foretold(decided)
    assert "do not believe it yet" in said_of_foretold(foretold(trials(10), F1))


def chance(record: Record) -> Record:
    """Give a trial another's hyperparameters."""
    return record.but(score=None if record.score is None else random.Random(record.trial_id).random())


def test_a_promotion_does_not_foretell_the_trial_that_it_goes_on_from() -> None:
    first = [*map(chance, trials(60))]
    promoted = [
        one.but(trial_id=f"1{one.trial_id}", parent=one.trial_id, epochs=27, score=one.score + 0.001)
        for one in first
        if one.score is not None
    ]
    noise, alone = foretold([*first, *promoted], F1), foretold(promoted, F1)
    assert noise == alone
    assert noise is not None
    assert noise < 0.2
    found = evidence([*first, *promoted])
    assert (found.scored, found.gone_on_from, found.known, found.short) == (50, 50, 100, ())
