"""Splits are disjoint, complete, stratified, and independent of the order of the rows."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from datasets import Split, stratified

counts = st.lists(st.integers(3, 40), min_size=1, max_size=5)
shares = st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda both: sum(both) <= 100)
seeds = st.integers(1, 2**40)


def rows_of(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    return labels, [f"{label}/{row}.jpg" for row, label in enumerate(labels)]


def draw(labels, ids, classes, both, seed):
    names = [str(label) for label in range(classes)]
    return stratified(labels, ids, classes=names, validation=both[0] / 100, test=both[1] / 100, seed=seed)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(counts, shares, seeds)
def test_every_row_has_one_split_and_every_split_every_class(counts, both, seed):
    labels, ids = rows_of(counts)
    codes = draw(labels, ids, len(counts), both, seed)
    assert codes.shape == labels.shape
    wanted = {Split.TRAIN.code: 100 - sum(both), Split.VALIDATION.code: both[0], Split.TEST.code: both[1]}
    for label, count in enumerate(counts):
        found = np.bincount(codes[labels == label], minlength=3)
        assert found.sum() == count
        for code, share in wanted.items():
            assert (found[code] > 0) == (share > 0)
            assert abs(found[code] - share / 100 * count) <= 2


@settings(max_examples=60, derandomize=True, deadline=None)
@given(counts, shares, seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(counts, both, seed, random):
    labels, ids = rows_of(counts)
    order = list(range(len(ids)))
    random.shuffle(order)
    codes = draw(labels, ids, len(counts), both, seed)
    shuffled = draw(labels[order], [ids[row] for row in order], len(counts), both, seed)
    assert np.array_equal(shuffled, codes[order])


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.integers(10, 40), st.integers(20, 50), seeds, seeds)
def test_another_seed_moves_rows_but_not_sizes(count, share, seed, other):
    assume(seed != other)
    labels, ids = rows_of([count])
    one, two = (draw(labels, ids, 1, (share, share), each) for each in (seed, other))
    assert np.array_equal(np.bincount(one), np.bincount(two))
