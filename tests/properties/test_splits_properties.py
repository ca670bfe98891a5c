"""Splits are disjoint, complete, stratified, and independent of the order of the rows."""

import numpy as np
from hypothesis import assume, given, settings, strategies as st

from datasets import SourceError, Split
from datasets.importing.assignment import assign_splits
from datasets.importing.duplicates import Row
from datasets.importing.stratification import shares as shares_of, stratified

counts = st.lists(st.integers(3, 40), min_size=1, max_size=5)
shares = st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda both: sum(both) <= 100)
seeds = st.integers(1, 2**40)


def rows_of(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    return labels, [f"{label}/{row}.jpg" for row, label in enumerate(labels)]


def draw(labels, ids, classes, both, seed):
    names = [str(label) for label in range(classes)]
    wanted = shares_of(validation=both[0] / 100, test=both[1] / 100)
    return stratified(labels, ids, classes=names, shares=wanted, seed=seed)


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


groupings = st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=20), min_size=1, max_size=4)
"""Sizes of the groups in each class."""


@settings(max_examples=60, derandomize=True, deadline=None)
@given(groupings, shares, seeds)
def test_groups_stay_whole_and_shares_hold_but_for_the_largest_group_of_a_class(sizes, both, seed):
    labels = np.repeat(np.arange(len(sizes)), [sum(of_class) for of_class in sizes])
    flat = [size for of_class in sizes for size in of_class]
    groups = np.repeat(np.arange(len(flat)), flat)
    ids = [f"{row}.jpg" for row in range(len(labels))]
    names = [str(label) for label in range(len(sizes))]
    parts = shares_of(validation=both[0] / 100, test=both[1] / 100)
    codes = stratified(labels, ids, classes=names, shares=parts, seed=seed, groups=groups)
    assert all(len(set(codes[groups == group])) == 1 for group in range(len(flat)))
    wanted = {Split.TRAIN.code: 100 - sum(both), Split.VALIDATION.code: both[0], Split.TEST.code: both[1]}
    for label, of_class in enumerate(sizes):
        found = np.bincount(codes[labels == label], minlength=3)
        for code, share in wanted.items():
            assert (found[code] > 0) == (share > 0)
        largest = max(of_class)
        if sum(of_class) * min(share for share in wanted.values() if share) / 100 >= largest:
            assert all(abs(found[code] - share / 100 * sum(of_class)) <= largest + 2 for code, share in wanted.items())


@st.composite
def imported_rows(draw):
    count = draw(st.integers(12, 60))
    number = st.integers(0, count)
    split = draw(st.sampled_from([st.none(), st.sampled_from(Split), st.none() | st.sampled_from(Split)]))
    pixels, objects = (
        draw(st.lists(number, min_size=count, max_size=count)),
        draw(st.lists(st.none() | number, min_size=count, max_size=count)),
    )
    return [
        Row(
            f"{row}",
            draw(st.integers(0, 1)),
            f"{pixels[row]}",
            "" if objects[row] is None else f"{objects[row]}",
            draw(split),
        )
        for row in range(count)
    ]


@settings(max_examples=80, derandomize=True, deadline=None)
@given(imported_rows(), shares, seeds)
def test_no_pixels_and_no_object_are_in_two_splits_and_a_sources_own_are_kept(rows, both, seed):
    wanted = {Split.TRAIN: 1 - sum(both) / 100, Split.VALIDATION: both[0] / 100, Split.TEST: both[1] / 100}
    try:
        placed = assign_splits(rows, ("a", "b"), wanted, seed=seed)
    except SourceError:
        return  # a class has too few distinct images, as its message says
    kept = [number for number, code in enumerate(placed.splits) if code >= 0]
    assert set(kept) | set(placed.reasons) == set(range(len(rows)))
    assert not set(kept) & set(placed.reasons)
    for key in (lambda row: row.pixels, lambda row: row.object_id):
        places = {}
        for number in kept:
            if key(rows[number]):
                places.setdefault(key(rows[number]), set()).add(placed.splits[number])
        assert all(len(codes) == 1 for codes in places.values())
    labels = {}
    for number in kept:
        assert labels.setdefault(rows[number].pixels, rows[number].label) == rows[number].label
    own = {row.split for row in rows} - {None}
    if all(row.split is None or row.split is not Split.TRAIN for row in rows) or own == set(Split):
        assert all(rows[number].split in (None, list(Split)[placed.splits[number]]) for number in kept)
    assert all(
        list(Split)[placed.splits[number]] is rows[number].split
        for number in kept
        if rows[number].split in (Split.VALIDATION, Split.TEST)
    )
