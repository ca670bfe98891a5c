import pytest

from datasets import exactly, few


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


@pytest.mark.parametrize(("number", "text"), [(0.0, "0"), (0.5, "0.5"), (1e-9, "1e-09"), (2.0**20 - 0.5, "1048575.5")])
def test_a_number_has_the_digits_that_it_needs(number, text):
    assert exactly(number) == text
    assert float(exactly(number / 3)) == number / 3
