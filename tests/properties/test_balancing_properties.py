"""Balancing never invents a row, never takes one twice, and never caps below the rarest class."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import Balance, balanced_rows


@st.composite
def labelled_rows(draw):
    """Distinct rows in any order, with any labels."""
    rows = draw(st.lists(st.integers(0, 10_000), unique=True, max_size=80))
    labels = draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)))
    return np.array(rows, np.int64), np.array(labels, np.int64)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(labelled_rows(), st.floats(1, 20), st.sampled_from(["none", "undersample"]), st.integers(0, 2**32 - 1))
def test_balancing_only_leaves_rows_out(data, ratio, kind, seed):
    rows, labels = data
    chosen = balanced_rows(rows, labels, Balance(kind, ratio), seed=seed)
    assert chosen.dtype == np.int64
    assert np.array_equal(chosen, np.unique(chosen)), "a row twice, or out of order"
    assert set(chosen) <= set(rows), "a row that was not there"
    if kind == "none":
        assert len(chosen) == len(rows)
        return
    before = np.bincount(labels, minlength=5)
    after = np.bincount([labels[np.flatnonzero(rows == row)[0]] for row in chosen], minlength=5)
    cap = round(ratio * min(before[before > 0], default=0))
    assert after.tolist() == np.minimum(before, cap).tolist()
