import math

import pytest

from ui import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (192, "3 min 12 s"), (7500, "2 h 05 min"), (None, "–")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize("absent", [None, math.nan, math.inf])
def test_what_is_absent_is_a_dash_and_never_nan(absent: float | None) -> None:
    assert {wording.score(absent), wording.percent(absent), wording.duration(absent)} == {"–"}


@pytest.mark.parametrize(
    ("found", "text"),
    [(True, "yes"), (False, "no"), (0, "0"), (0.0, "0"), (0.00031623, "0.000316"), ("adam", "adam"), (None, "–")],
)
def test_values(found: object, text: str) -> None:
    assert wording.value(found) == text


def test_metrics_read_as_words() -> None:
    assert wording.metric("val_macro_f1") == "validation macro F1"


@pytest.mark.parametrize(
    ("fraction", "bar"), [(0.0, "    "), (0.5, "██  "), (0.53125, "██▏ "), (1.0, "████"), (1.5, "████")]
)
def test_bars(fraction: float, bar: str) -> None:
    assert wording.bar(fraction, 4) == bar


def test_a_bar_of_any_fraction_keeps_its_width() -> None:
    assert {len(wording.bar(n / 1000, 7)) for n in range(1001)} == {7}


def test_a_sparkline_goes_from_lowest_to_highest_and_leaves_a_gap_for_nan() -> None:
    assert wording.sparkline([0.0, math.nan, 1.0]) == "▁ █"


def test_a_sparkline_of_nothing_finite_is_empty() -> None:
    assert wording.sparkline([]) == wording.sparkline([math.nan]) == ""


def test_counts() -> None:
    assert [wording.plural(n, "image") for n in (0, 1, 2000)] == ["0 images", "1 image", "2,000 images"]


def test_of_many_lines_the_first_are_kept_and_the_others_counted() -> None:
    assert wording.beginning(["a\nb", "c"]) == ["a b", "c"]
    assert wording.beginning([str(number) for number in range(1240)], most=2) == ["0", "1", "… and 1,238 more"]
