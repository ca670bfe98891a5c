"""Columns of text as numbers and truths: only where nothing of them is lost."""

import math

import pyarrow as pa
import pytest

from datasets.tables.inference import Inference, typed


def as_inferred(*batches: list[str], decimal: str = ".") -> list[object]:
    kind = Inference()
    for batch in batches:
        kind.see(pa.array(batch, pa.string()), decimal)
    arrays = [pa.array(batch, pa.string()) for batch in batches]
    return [value for array in arrays for value in typed(array, kind.type, decimal).to_pylist()]


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", " -20 ", "0", "9223372036854775807"], [1, -20, 0, 2**63 - 1]),
        (["1", "0.5", "5.", ".5", "+7", "1e5", "-2E-3"], [1, 0.5, 5, 0.5, 7, 1e5, -2e-3]),
        (["inf", "-Infinity", "1"], [math.inf, -math.inf, 1]),
        (["0.0", "00.5"], ["0.0", "00.5"]),
        (["TRUE", "false", "True"], [True, False, True]),
        (["0", "NA", "", "nan"], [0, None, None, None]),
        (["NA", ""], ["NA", ""]),
    ],
)
def test_numbers_and_truths_are_told(texts: list[str], values: list[object]) -> None:
    found = as_inferred(texts)
    assert found == values
    assert list(map(type, found)) == [type(found[0]) if value is not None else type(None) for value in values]


@pytest.mark.parametrize(
    "texts",
    [
        ["0xDEADBEEF12345678", "0x1"],
        ["0X1f", "2"],
        ["-0x1"],
        ["007", "8"],
        ["-007"],
        ["+007"],
        ["1e400", "2"],
        ["1e-400", "2"],
        ["9223372036854775808", "1"],
        ["1.5", "587722981736120347"],
        ["1_000"],
        ["1,000"],
        ["1 000"],
        ["1,5"],
        ["0b1"],
        ["12D3"],
        ["nan(1)", "1"],
        ["٣"],
        ["1", "true"],
        ["1.5", "false"],
        ["yes", "no"],
    ],
)
def test_what_would_lose_a_sign_stays_text(texts: list[str]) -> None:
    assert as_inferred(texts) == texts
    assert as_inferred(texts[::-1]) == texts[::-1]
    assert as_inferred(*([text] for text in texts)) == texts


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["17,45", "1", "-2,5e3", ",5", "NA"], [17.45, 1, -2500, 0.5, None]),
        (["1", "2"], [1, 2]),
        (["1,5", "1.5"], ["1,5", "1.5"]),
        (["1.000,5", "1"], ["1.000,5", "1"]),
        (["1.500"], ["1.500"]),
        (["a,b", "1,5"], ["a,b", "1,5"]),
        (["true", "False"], [True, False]),
    ],
)
def test_numbers_with_decimal_commas_have_no_points(texts: list[str], values: list[object]) -> None:
    assert as_inferred(texts, decimal=",") == values


def test_zero_keeps_its_sign_as_a_declination_has_one() -> None:
    for batches in ([["-0", "-5"]], [["-5"], ["-0"]], [["-0"], ["1.5"]]):
        found = as_inferred(*batches)
        assert {type(value) for value in found} == {float}
        assert [math.copysign(1, float(str(value))) for value in found] == [
            -1 if text.startswith("-") else 1 for batch in batches for text in batch
        ]


def test_decimals_of_many_digits_are_numbers_in_every_batch() -> None:
    assert as_inferred(["187.70593076725123"], ["0.5"]) == [187.70593076725123, 0.5]


def test_truths_that_follow_numbers_do_not_change_them() -> None:
    assert as_inferred(["1", "0"], ["true"]) == ["1", "0", "true"]
