import numpy as np
import pytest

from datasets import Balance
from datasets.training.balancing import balanced_rows, class_weights

LABELS = np.repeat([0, 1, 2], [10, 40, 100])
ROWS = np.arange(1000, 1150)


def counts_after(balance, labels=LABELS, rows=ROWS, seed=1):
    chosen = balanced_rows(rows, labels, balance, seed=seed)
    return np.bincount(labels[np.searchsorted(rows, chosen)], minlength=3).tolist()


def test_none_keeps_every_row():
    assert np.array_equal(balanced_rows(ROWS, LABELS, Balance(), seed=1), ROWS)


@pytest.mark.parametrize(
    ("ratio", "expected"), [(1.0, [10, 10, 10]), (2.55, [10, 26, 26]), (5.0, [10, 40, 50]), (50.0, [10, 40, 100])]
)
def test_each_class_is_capped_at_a_multiple_of_the_rarest(ratio, expected):
    assert counts_after(Balance("undersample", ratio)) == expected


def test_a_class_without_rows_is_not_the_rarest():
    labels = np.repeat([0, 2], [20, 30])
    assert counts_after(Balance("undersample"), labels, np.arange(50)) == [20, 0, 20]


def test_the_seed_chooses_the_rows():
    one, again, other = (balanced_rows(ROWS, LABELS, Balance("undersample"), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_nothing_to_balance():
    none = np.zeros(0, np.int64)
    assert balanced_rows(none, none, Balance("undersample"), seed=1).tolist() == []
    assert balanced_rows(np.array([4, 2]), np.array([1, 1]), Balance("undersample"), seed=1).tolist() == [2, 4]


def test_labels_are_those_of_the_rows():
    with pytest.raises(ValueError, match="equal length, got 2 and 3"):
        balanced_rows(np.array([1, 2]), np.array([0, 0, 1]), Balance(), seed=1)


@pytest.mark.parametrize(("ratio", "expected"), [(1.0, [100, 100, 100]), (0.255, [26, 40, 100]), (0.05, [10, 40, 100])])
def test_oversampling_brings_each_class_to_a_fraction_of_the_most_frequent(ratio, expected):
    assert counts_after(Balance("oversample", ratio)) == expected


def test_oversampling_repeats_the_rows_of_a_class_about_equally():
    chosen = balanced_rows(ROWS, LABELS, Balance("oversample"), seed=1)
    _, times = np.unique(chosen, return_counts=True)
    assert times[:10].min() >= 3
    assert (times[50:] == 1).all()


def test_class_weights_are_the_inverse_frequency_to_a_power():
    assert class_weights(LABELS, classes=3, power=1) == pytest.approx([5, 1.25, 0.5])
    half = class_weights(LABELS, classes=3, power=0.5)
    assert half / half[2] == pytest.approx([10**0.5, 2.5**0.5, 1])
    assert class_weights(LABELS, classes=4, power=0).tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("kind", "ratio", "rule"),
    [
        *(("undersample", ratio, "a number ≥ 1 to undersample") for ratio in (0.99, 0, -1, float("nan"), float("inf"))),
        *(("oversample", ratio, "above 0 and at most 1 to oversample") for ratio in (0, 1.01, float("nan"))),
    ],
)
def test_a_ratio_out_of_bounds_is_refused(kind, ratio, rule):
    with pytest.raises(ValueError, match=rf"balance.ratio must be {rule}, got"):
        Balance(kind, ratio)


@pytest.mark.parametrize("power", [-0.1, 2.1, float("nan")])
def test_a_power_out_of_bounds_is_refused(power):
    with pytest.raises(ValueError, match=r"balance.power must be 0 to 2, got"):
        Balance("weights", power=power)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"balance.kind must be one of none, undersample, .*weights, got 'smote'"):
        Balance("smote")
