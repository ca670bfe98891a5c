"""Balancing never invents a row, and each kind changes how often a row is used only in its own way."""

import numpy as np
from hypothesis import given, settings, strategies as st

from datasets import Balance
from datasets.training.balancing import balanced_counts, balanced_rows, class_weights


@st.composite
def labelled_rows(draw):
    """Distinct rows in any order, with any labels."""
    rows = draw(st.lists(st.integers(0, 10_000), unique=True, max_size=80))
    labels = draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)))
    return np.array(rows, np.int64), np.array(labels, np.int64)


def by_class(chosen, rows, labels):
    label_of = dict(zip(rows.tolist(), labels.tolist(), strict=True))
    return np.bincount([label_of[row] for row in chosen.tolist()], minlength=5)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    labelled_rows(), st.floats(1, 20), st.sampled_from(["none", "undersample", "weights"]), st.integers(0, 2**32 - 1)
)
def test_without_oversampling_rows_are_only_left_out(data, ratio, kind, seed):
    rows, labels = data
    chosen = balanced_rows(rows, labels, Balance(kind, ratio), seed=seed)
    assert chosen.dtype == np.int64
    assert np.array_equal(chosen, np.unique(chosen)), "a row twice, or out of order"
    assert set(chosen) <= set(rows), "a row that was not there"
    if kind != "undersample":
        assert len(chosen) == len(rows)
        return
    before = np.bincount(labels, minlength=5)
    cap = round(ratio * min(before[before > 0], default=0))
    assert by_class(chosen, rows, labels).tolist() == np.minimum(before, cap).tolist()


@settings(max_examples=80, derandomize=True, deadline=None)
@given(labelled_rows(), st.floats(0.01, 1), st.integers(0, 2**32 - 1))
def test_oversampling_keeps_every_row_and_only_repeats_rows(data, ratio, seed):
    rows, labels = data
    chosen = balanced_rows(rows, labels, Balance("oversample", ratio), seed=seed)
    assert chosen.dtype == np.int64
    assert np.array_equal(chosen, np.sort(chosen))
    assert set(chosen) == set(rows)
    before = np.bincount(labels, minlength=5)
    expected = np.where(before, np.maximum(before, round(ratio * before.max())), 0)
    assert by_class(chosen, rows, labels).tolist() == expected.tolist()


@settings(max_examples=40, derandomize=True, deadline=None)
@given(labelled_rows(), st.sampled_from([Balance(), Balance("undersample", 2.5), Balance("oversample", 0.6)]))
def test_the_number_of_rows_is_known_before_they_are_chosen(data, balance):
    rows, labels = data
    assert sum(balanced_counts(labels, balance).values()) == len(balanced_rows(rows, labels, balance, seed=3))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0, 2))
def test_the_mean_weight_of_the_rows_is_one(labels, power):
    weights = class_weights(np.array(labels), classes=5, power=power)
    assert weights.dtype == np.float32
    assert np.isclose(weights[labels].mean(dtype=np.float64), 1, rtol=1e-6)
    counts = np.bincount(labels, minlength=5)
    order = np.argsort(-counts)[: np.count_nonzero(counts)]
    assert (np.diff(weights[order]) >= -1e-6).all(), "a rarer class weighs less"
