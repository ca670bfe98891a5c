"""The page's board: typed columns, sorted and filtered over all trials of a search."""

import math

import pytest
from ui_tests.fabricated import RECORDS, record, specification

from search import Followed, Record, SearchState, TrialState
from ui.board import Board, Columns, FilterError, Learner, Wanted
from ui.ranking import differing


def found(*records: Record) -> Followed:
    return Followed(specification(), SearchState.FINISHED, records, 1)


def board(records: tuple[Record, ...]) -> tuple[Board, Columns]:
    columns = Learner().columns(found(*records))
    return Board(found(*records), columns), columns


MIXED = tuple(
    record(number, scores=[1 - number / 10], hyperparameters=values)
    for number, values in enumerate(
        (
            {"units": 10, "rate": 0.5, "flip": True, "kind": "a", "same": 1},
            {"units": 9, "rate": 1, "flip": False, "kind": "b", "same": 1},
            {"units": 200, "rate": 0.25, "flip": True, "kind": 3, "same": 1, "late": 7},
        )
    )
)


def test_each_column_keeps_its_type() -> None:
    made, columns = board(MIXED)
    assert columns.differing == ("units", "rate", "flip", "kind", "late")
    lines = made.page([0, 1, 2], columns.differing)
    assert len({tuple(line) for line in lines}) == 1
    assert [line["units"] for line in lines] == [10, 9, 200]
    assert [line["rate"] for line in lines] == [0.5, 1, 0.25]
    assert [line["flip"] for line in lines] == [True, False, True]
    assert [line["kind"] for line in lines] == ["a", "b", "3"]
    assert [line["late"] for line in lines] == [None, None, 7]


@pytest.mark.parametrize(
    ("by", "places"),
    [("units", [1, 0, 2]), ("rate", [2, 0, 1]), ("kind", [2, 0, 1]), ("late", [2, 0, 1]), ("score", [2, 1, 0])],
)
def test_numbers_are_sorted_as_numbers_and_absent_ones_are_last(by: str, places: list[int]) -> None:
    made, _ = board(MIXED)
    assert made.places(Wanted(by)) == places
    assert made.places(Wanted(by, descending=True)) == (places[::-1] if by != "late" else places)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("units>9", [0, 2]),
        ("units>=10 rate<0.5", [2]),
        ("kind=B", [1]),
        ("late!=7", [0, 1]),
        ("late=7", [2]),
        ("rank<=1", [0]),
        ("rate = 1", [1]),
        ("  rate  =  1  units<=9 ", [1]),
        ("true units>=10", [0, 2]),
        ("false", [1]),
        ("nothing-like-it", []),
    ],
)
def test_what_is_compared_holds(text: str, places: list[int]) -> None:
    assert board(MIXED)[0].places(Wanted(text=text)) == places


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(FilterError, match="expected a column before >, found none called width"):
        board(MIXED)[0].places(Wanted(text="width>3"))
    with pytest.raises(FilterError, match="expected a number after >, found wide"):
        board(MIXED)[0].places(Wanted(text="units>wide"))


def test_states_are_chosen() -> None:
    made, _ = board(RECORDS)
    assert [RECORDS[place].trial_id for place in made.places(Wanted(states=("stopped", "infeasible")))] == [
        "0003",
        "0004",
    ]


def test_no_number_is_none_that_can_be_read_as_one() -> None:
    made, columns = board((record(1, scores=[], score=math.nan, state=TrialState.FAILED),))
    (line,) = made.page([0], columns.differing)
    assert (line["rank"], line["score"]) == (None, None)


def test_columns_are_learned_as_trials_come() -> None:
    learner = Learner()
    for end in range(1, 4):
        columns = learner.columns(found(*MIXED[:end]))
        assert columns == board(MIXED[:end])[1]
    assert columns.types["kind"] == {str, int}


def pending(number: int, **values: object) -> Record:
    return record(number, scores=[], state=TrialState.PENDING, hyperparameters=values)


def ended(number: int, **values: object) -> Record:
    return record(number, scores=[0.5], hyperparameters=values)


@pytest.mark.parametrize(
    "looks",
    [
        # What a trial meets while it builds its model: at last both have it.
        [
            (pending(0, kind="b"), pending(1, kind="b")),
            (ended(0, kind="b", units=8), pending(1, kind="b")),
            (ended(0, kind="b", units=8), ended(1, kind="b", units=8)),
        ],
        # One that failed early is tried again.
        [
            (ended(0, kind="b", units=8), ended(1, kind="a")),
            (ended(0, kind="b", units=8), pending(1, kind="b").but(attempts=2)),
            (ended(0, kind="b", units=8), ended(1, kind="b", units=8).but(attempts=2)),
        ],
    ],
)
def test_columns_are_those_of_the_trials_as_they_are_now(looks: list[tuple[Record, ...]]) -> None:
    learner = Learner()
    for records in looks:
        columns = learner.columns(found(*records))
        assert columns == board(records)[1]
        assert set(columns.differing) == set(differing(records))
    assert (list(columns.types), columns.differing) == (["kind", "units"], ())


def test_a_long_word_costs_its_length() -> None:
    # At a cost of its square this takes half an hour, in which the page draws for nobody.
    assert board(MIXED)[0].places(Wanted(text="a" * 200_000)) == []
