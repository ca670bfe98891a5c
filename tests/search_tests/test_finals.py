"""Finalists: who they are, what begins next, who is dropped and who is chosen. Nothing is trained."""

import json

import pytest
from ui_tests.fabricated import F1, record

from datasets import open_folder
from search import (
    DEFAULTS,
    Cost,
    EndedBeginning,
    Finalist,
    Finals,
    LedgerError,
    TrialState,
    begin_finals,
    choose_finalists,
    forecast,
    judged,
    leaderboard,
    make_plan,
    measured_costs,
    next_beginning,
    read_finals,
    why_none,
    write_finals,
)
from search.finals.forecast import makespan
from search.finals.planning import Plan
from trainer import Objective

A, B, C = "0001", "0002", "0003"


def finalist(trial_id: str, *scores: float | None, **changes: object) -> Finalist:
    ended = [
        EndedBeginning(number=number, seed=number, score=score, seconds=10.0) for number, score in enumerate(scores, 1)
    ]
    return Finalist(trial_id=trial_id, hyperparameters={"of": trial_id}, beginnings=tuple(ended)).model_copy(
        update=changes
    )


def finals(*finalists: Finalist, planned: int = 3) -> Finals:
    return Finals(epochs=20, planned=planned, finalists=finalists)


def test_finalists_are_the_defaults_and_the_three_best_others_of_distinct_configurations() -> None:
    records = [
        record(1, scores=[0.5], hyperparameters={"x": 1}),
        record(2, scores=[0.9], hyperparameters={"x": 2}),
        record(3, scores=[0.8], hyperparameters={"x": 2}, parent="0002"),
        record(4, scores=[0.7], hyperparameters={"x": 4}),
        record(5, scores=[], hyperparameters={"x": 5}, state=TrialState.INFEASIBLE),
        record(6, scores=[0.6], hyperparameters={"x": 6}),
        record(7, scores=[0.55], hyperparameters={"x": 7}),
    ]
    rows = leaderboard(records, F1)
    stepped = leaderboard([record(1, scores=[0.5], hyperparameters={"x": 0.1 + 0.2})], F1)
    assert [one.trial_id for one in choose_finalists(stepped, defaults={"x": 0.3})] == ["0001"]
    found = choose_finalists(rows, defaults={"x": 1})
    assert [(one.trial_id, one.is_defaults) for one in found] == [
        ("0001", True),
        ("0002", False),
        ("0004", False),
        ("0006", False),
    ]
    # No trial had them; one that had could not be trained; there are none.
    assert [one.trial_id for one in choose_finalists(rows, defaults={"x": 9})] == [DEFAULTS, "0002", "0004", "0006"]
    for none in ({"x": 5}, None):
        assert [one.trial_id for one in choose_finalists(rows, defaults=none)] == ["0002", "0004", "0006"]
    alone = choose_finalists(rows[:1], defaults={"x": 2}, complete=lambda values: values | {"x": 2})
    assert [one.trial_id for one in alone] == ["0002"]


def test_who_was_a_finalist_before_keeps_its_beginnings() -> None:
    before = finals(finalist(DEFAULTS, 0.5, is_defaults=True), finalist(A, 0.6), finalist(B))
    of_the_same = {"hyperparameters": before.finalists[0].hyperparameters}
    now = [finalist("0009", is_defaults=True).model_copy(update=of_the_same), finalist(C)]
    kept = begin_finals(now, before, epochs=20, limit=100)
    assert [(one.trial_id, len(one.beginnings), one.is_active) for one in kept.finalists] == [
        (DEFAULTS, 1, True),
        (C, 0, True),
        (A, 1, False),
    ]


def test_a_promotion_that_ranks_before_its_parent_goes_on_with_the_beginnings_of_that() -> None:
    before = finals(finalist(A, 0.6, 0.7), finalist(B, 0.5))
    promoted = finalist("0009").model_copy(update={"hyperparameters": {"of": A}})
    kept = begin_finals([promoted, finalist(B)], before, epochs=20, limit=100)
    assert [(one.trial_id, len(one.beginnings)) for one in kept.finalists] == [(A, 2), (B, 1)]


@pytest.mark.parametrize(
    ("limit", "epochs", "planned", "kept"),
    [(100, 20, 2, 1), (100, 10, 0, 0), (100, 30, 2, 1), (110, 20, 0, 1), (200, 30, 0, 1)],
    ids=str,
)
def test_the_plan_before_stands_unless_there_is_more_time_or_shorter_schedules(
    limit: float, epochs: int, planned: int, kept: int
) -> None:
    before = finals(finalist(A, 0.5), finalist(B, is_active=False), planned=2).model_copy(update={"limit": 100.0})
    found = begin_finals([finalist(A), finalist(B)], before, epochs=epochs, limit=limit)
    assert (found.planned, len(found.finalists[0].beginnings)) == (planned, kept)
    assert [one.is_active for one in found.finalists] == [True, not planned]


def test_where_nothing_has_ended_more_time_is_planned_for_from_the_longest_schedule() -> None:
    before = finals(finalist(A), finalist(B)).model_copy(update={"limit": 100.0, "epochs": 1})
    assert begin_finals(before.finalists, before, epochs=20, limit=100).epochs == 1
    assert begin_finals(before.finalists, before, epochs=20, limit=300).epochs == 20


def test_the_defaults_are_those_of_the_space_as_it_is_now() -> None:
    of = {name: {"rate": rate} for name, rate in (("old", 1), ("new", 5))}
    trial = finalist(A, 0.5).model_copy(update={"hyperparameters": of["old"], "is_defaults": True})
    now = [
        finalist(DEFAULTS, is_defaults=True).model_copy(update={"hyperparameters": of["new"]}),
        finalist(A).model_copy(update={"hyperparameters": of["old"]}),
    ]
    # A trial had the old ones, or nobody had.
    for before in (trial, trial.model_copy(update={"trial_id": DEFAULTS})):
        found = begin_finals(now, finals(before), epochs=20, limit=100).finalists
        assert [(one.trial_id, one.hyperparameters, one.is_defaults) for one in found] == [
            (DEFAULTS, of["new"], True),
            (A, of["old"], False),
        ]
        assert [len(one.beginnings) for one in found] == [0, int(before is trial)]
    out = begin_finals(now[:1], finals(trial), epochs=20, limit=100).finalists
    assert [(one.trial_id, one.is_defaults, one.is_active) for one in out] == [
        (DEFAULTS, True, True),
        (A, False, False),
    ]


@pytest.mark.parametrize(
    ("seconds", "slots", "plan"),
    [
        (120, 1, Plan(4, 3, 9)),
        (60, 2, Plan(4, 3, 9)),
        (119, 1, Plan(4, 3, 8)),
        (95, 1, Plan(3, 3, 9)),
        (60, 1, Plan(2, 3, 9)),
        (47, 1, Plan(2, 2, 9)),
        (31, 1, Plan(2, 1, 9)),
        (15, 1, Plan(2, 1, 6)),
        (4, 1, Plan(2, 1, 1)),
        (3, 1, Plan(1, 1, 2)),
        (0, 1, Plan(1, 1, 1)),
    ],
    ids=str,
)
def test_the_plan_is_the_first_that_ends_in_time(seconds: float, slots: int, plan: Plan) -> None:
    # A beginning may take a tenth longer than forecast.
    assert make_plan([Cost(epoch=1.0, beside=1.0)] * 4, epochs=9, seconds=1.1 * seconds + 1e-9, slots=slots) == plan


@pytest.mark.parametrize(("named", "defaults_first"), [([DEFAULTS, A, B], True), ([A, B, C], False), ([A], True)])
def test_of_several_one_alone_is_the_best_that_is_not_the_defaults(named: list[str], defaults_first: bool) -> None:
    costs = [Cost(1.0, 1.0)] * len(named)
    plan = make_plan(costs, epochs=9, seconds=3.3, slots=1, defaults_first=defaults_first)
    assert (plan.finalists, plan.kept(named)) == (1, [A])


def test_one_configuration_alone_is_a_plan() -> None:
    assert make_plan([Cost(1.0, 1.0)], epochs=9, seconds=25, slots=1) == Plan(1, 2, 9)


def test_trainings_are_begun_in_turn_on_the_first_free_slot() -> None:
    assert makespan([3, 1, 1, 1], slots=2) == 3
    assert makespan([], slots=0) == 0


def test_a_beginning_costs_what_its_trial_took_then_what_others_have_taken() -> None:
    rows = leaderboard([record(1, scores=[0.5, 0.6]), record(2, scores=[0.5])], F1)
    costs = measured_costs([finalist(A), finalist(B), finalist(DEFAULTS)], rows, start=4, answered=0.125)
    assert {name: round(cost.epoch, 6) for name, cost in costs.items()} == {A: 5, B: 20, DEFAULTS: 12.5}
    assert costs[A].beside == pytest.approx(4 + 5)  # 24 views of an eighth, a third of a training step each
    assert forecast(finals(finalist(A), finalist(B)), costs)[A] == pytest.approx(9 + 20 * 5)
    # Beginnings of A took 10 s each where 109 were expected.
    found = forecast(finals(finalist(A, 0.5, 0.5), finalist(B)), costs)
    assert found[A] == 10
    assert found[B] == pytest.approx((24 + 20 * 20) * 10 / 109)


EACH = dict.fromkeys((A, B, C), 10.0)


def test_what_is_planned_comes_breadth_first_and_is_begun_only_if_it_ends_in_time() -> None:
    begun = finals(finalist(A, 0.5), finalist(B, 0.5), finalist(C, dropped="behind"))
    assert next_beginning(finals(finalist(A, 0.5), finalist(B)), [], seconds=EACH, left=60) == (B, 1)
    assert next_beginning(begun, [], seconds=EACH, left=60) == (A, 2)
    assert next_beginning(begun, [(A, 2)], seconds=EACH, left=60) == (B, 2)
    assert next_beginning(begun, [(A, 2), (B, 2)], seconds=EACH, left=60) == (A, 3)
    assert next_beginning(begun, [], seconds=EACH | {A: 60}, left=60) == (B, 2)
    assert next_beginning(begun, [], seconds=EACH, left=10.5) is None
    # One that an earlier call has left takes the rest.
    assert next_beginning(begun, [], seconds=EACH, left=6, begun={(B, 2): 0.5}) == (B, 2)
    assert next_beginning(begun, [], seconds=EACH, left=1.5, begun={(B, 2): 1.0}) is None
    assert why_none(begun, [], seconds=EACH, left=10.5) == "a further beginning takes 10 s, and 10 s were left"


def test_further_ones_are_of_those_that_the_ensemble_uses_the_one_that_had_fewest() -> None:
    done = finals(finalist(A, 0.5, 0.5, 0.5), finalist(B, 0.5, 0.5, 0.5), finalist(C, 0.5, 0.5, 0.5))
    assert next_beginning(done, [], seconds=EACH, left=60, used=[C, B]) == (B, 4)
    assert next_beginning(done, [(B, 4)], seconds=EACH, left=60, used=[C, B]) == (C, 4)
    # Fewer were planned, and there is time for as many as each should have.
    fewer = finals(finalist(A, 0.5), finalist(B, 0.5, 0.5), planned=1)
    assert next_beginning(fewer, [], seconds=EACH, left=60, used=[B]) == (A, 2)
    assert next_beginning(fewer, [], seconds=EACH | {A: 60}, left=60, used=[B]) == (B, 3)
    all_begun = [(name, number) for name in (B, C) for number in range(4, 9)]
    assert next_beginning(done, all_begun, seconds=EACH, left=60, used=[C, B]) == (A, 4)
    all_begun += [(A, number) for number in range(4, 9)]
    assert next_beginning(done, all_begun, seconds=EACH, left=60) is None
    assert why_none(done, all_begun, seconds=EACH, left=60) == "each finalist that stays has had 8 beginnings"


def test_one_that_is_a_standard_error_behind_is_dropped_after_two_but_not_the_defaults() -> None:
    after_one = judged(finals(finalist(A, 0.9), finalist(B, 0.1)), F1)
    assert (after_one.chosen, [one.dropped for one in after_one.finalists]) == (A, [None, None])
    found = judged(finals(finalist(A, 0.9, 0.7), finalist(B, 0.8, 0.65), finalist(C, 0.5, 0.5, is_defaults=True)), F1)
    assert found.chosen == A
    assert [one.dropped for one in found.finalists] == [
        None,
        "0.0750 (standard error 0.0250) behind 0001 after 2 beginnings",
        None,
    ]
    # Better by as much on one division as worse on the other, and a little more.
    close = judged(finals(finalist(A, 0.9, 0.7), finalist(B, 0.8, 0.79)), F1)
    assert [one.dropped for one in close.finalists] == [None, None]
    lower = judged(finals(finalist(A, 0.9, 0.7), finalist(B, 0.8, 0.65)), Objective("val_loss", "min"))
    assert lower.chosen == B


def test_the_best_mean_is_chosen_over_the_divisions_that_all_have_had() -> None:
    # The third division was a hard one, and only A has had it.
    assert judged(finals(finalist(A, 0.8, 0.8, 0.2), finalist(B, 0.79, 0.79)), F1).chosen == A
    # One that was late is not compared on a single division.
    assert judged(finals(finalist(A, 0.7, 0.7, 0.7), finalist(B, 0.9)), F1).chosen == A
    # Of equals the defaults, which come first.
    assert judged(finals(finalist(B, 0.7), finalist(A, 0.7)), F1).chosen == B
    failed = judged(finals(finalist(A, None, dropped="diverged"), finalist(B, 0.1)), F1)
    assert failed.chosen == B
    assert judged(finals(finalist(A, None)), F1).chosen is None


def test_finals_are_kept_whole(tmp_path: object) -> None:
    root = open_folder(str(tmp_path))
    assert read_finals(root) is None
    made = judged(finals(finalist(A, 0.9, 0.7), finalist(B, 0.8, 0.65)), F1)
    write_finals(root, made)
    assert read_finals(root) == made
    [first, second] = made.as_json()
    assert (first["mean"], first["chosen"], second["chosen"]) == (pytest.approx(0.8), True, False)
    json.dumps(made.as_json(), allow_nan=False)
    root.write_whole("finals.json", b"{}")
    with pytest.raises(LedgerError, match=r"finals.json: expected a finals, found "):
        read_finals(root)
