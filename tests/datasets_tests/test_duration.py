import pytest
from hypothesis import given, strategies as st

from datasets import parse_duration, write_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1h 5s", 3605), ("1.5h", 5400), (" 2H ", 7200), ("100m", 6000)],
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0m", "m", "30 minutes", "5s1h", "-5m", "nan", "1e3s"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a time above 0 such as 90s, 30m or 1h30m, found '.*'$"):
        parse_duration(text)


def test_a_number_alone_could_be_of_any_unit() -> None:
    with pytest.raises(ValueError, match=r"found '30': write 30s, 30m, 30h$"):
        parse_duration("30")


@given(st.integers(1, 10**9))
def test_what_is_written_is_read_as_it_was(milliseconds: int) -> None:
    assert parse_duration(write_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


def test_a_time_is_written_briefly() -> None:
    assert [write_duration(seconds) for seconds in (45, 1800, 5400, 3605.5)] == ["45s", "30m", "1h30m", "1h5.5s"]
