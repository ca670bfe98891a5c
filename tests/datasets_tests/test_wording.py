import pytest

from datasets import few


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), "nothing"),
        (("a",), "a"),
        (range(8), "0, 1, 2, 3, 4, 5, 6, 7"),
        (range(2158), "0, 1, 2, 3, 4, 5, 6, 7 and 2,150 more"),
        (("two\nlines", "\u202etxt", "é", "\udcff"), r"two\nlines, \u202etxt, é, \udcff"),
    ],
)
def test_a_list_ends_after_a_few_and_stays_one_line(names, expected):
    assert few(names) == expected


def test_a_long_name_is_cut_in_its_middle():
    assert few(["a" * 3000, "b"]) == f"{'a' * 29}…{'a' * 29}, b"
    assert few(["a" * 90], longest=90) == "a" * 90
    assert few({"c": 1, "d": 2, "e": 3}, most=1) == "c and 2 more"
