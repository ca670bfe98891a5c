"""Which checkpoints are kept, and until when."""

import pytest
from search_tests.examples import ended
from search_tests.oracle_driving import OBJECTIVE

from search import Conductor, Ledger, SearchLayout, SearchSpecification, Suggestion, TrialState, make_oracle
from search.testing.kinds import branched


def conductor_of(
    reference: str, specification: SearchSpecification, layout: SearchLayout, *, resumed: bool = False
) -> Conductor:
    settings = specification.settings.model_copy(update={"oracle": reference, "trials": 10})
    oracle = make_oracle(
        reference.removeprefix("mine:"),
        hyperparameters=branched(),
        objective=OBJECTIVE,
        max_trials=9,
        seed=7,
        max_epochs=4,
    )
    known = specification.model_copy(update={"settings": settings})
    return (Conductor.resumed if resumed else Conductor)(known, Ledger(layout), oracle)


def begin(conductor: Conductor, layout: SearchLayout) -> str:
    suggestion = conductor.suggest()
    assert isinstance(suggestion, Suggestion)
    for name in ("best.npz", "last.npz"):
        layout.checkpoints(suggestion.trial_id).write_whole(name, b"weights")
    return suggestion.trial_id


def with_last(layout: SearchLayout) -> list[str]:
    trials = layout.root.child("checkpoints").names()
    assert all(layout.checkpoints(trial).exists("best.npz") for trial in trials)
    return [trial for trial in trials if layout.checkpoints(trial).exists("last.npz")]


@pytest.mark.parametrize("name", ["tpe", "bayesian", "random", "grid"])
def test_without_promotions_the_best_is_kept_and_the_last_until_the_end(
    name: str, specification: SearchSpecification, layout: SearchLayout
) -> None:
    conductor = conductor_of(name, specification, layout)
    begin(conductor, layout)
    assert with_last(layout) == ["0000"]
    conductor.end(ended("0000", 0.5))
    assert with_last(layout) == []


def test_what_a_users_own_oracle_may_promote_is_not_known(
    specification: SearchSpecification, layout: SearchLayout
) -> None:
    conductor = conductor_of("mine:random", specification, layout)
    begin(conductor, layout)
    conductor.end(ended("0000", 0.5))
    assert with_last(layout) == ["0000"]


@pytest.mark.parametrize("resumed", [False, True])
def test_a_parent_is_kept_until_no_promotion_can_need_it(
    resumed: bool, specification: SearchSpecification, layout: SearchLayout
) -> None:
    conductor = conductor_of("hyperband", specification, layout)
    trials = [begin(conductor, layout) for _ in range(5)]
    conductor.end(ended(trials[0], None, reason="diverged"))
    for number in (1, 2, 3, 4):
        conductor.end(ended(trials[number], number / 10))
    assert with_last(layout) == trials[1:]  # a trial that failed is never promoted
    promoted = [begin(conductor, layout) for _ in range(2)]
    assert {conductor.record(trial).parent for trial in promoted} == {"0004", "0003"}
    if resumed:
        conductor = conductor_of("hyperband", specification, layout, resumed=True)
        assert [suggested.trial_id for suggested in (conductor.suggest(), conductor.suggest())] == promoted
    conductor.end(ended(promoted[0], 0.5, parent="0004"))
    # Both places are taken: the others go, and the parent of what runs stays.
    assert with_last(layout) == ["0003", promoted[1]]
    conductor.end(ended(promoted[1], None, parent="0003"))
    # It may be tried again.
    assert with_last(layout) == ["0003"]


def test_the_parent_of_a_promotion_that_was_cut_is_kept_for_a_retry(
    specification: SearchSpecification, layout: SearchLayout
) -> None:
    conductor = conductor_of("hyperband", specification, layout)
    for number, trial in enumerate([begin(conductor, layout) for _ in range(5)]):
        conductor.end(ended(trial, number / 10))
    first, second, of_the_next_bracket = (begin(conductor, layout) for _ in range(3))
    conductor.end(ended(second, 0.5, parent="0003"))
    conductor.end(ended(first, None, parent="0004", state=TrialState.STOPPED, epochs=0))
    assert with_last(layout) == ["0004", of_the_next_bracket]
