import numpy as np
import pytest

from datasets import SourceError, Split
from datasets.importing.assignment import to_draw, with_trained
from datasets.importing.stratification import check_counts, shares, stratified


def draw(counts, *, validation=0.1, test=0.1, seed=1):
    labels = np.repeat(np.arange(len(counts)), counts)
    ids = [f"class/{row}" for row in range(len(labels))]
    classes = [f"class {label}" for label in range(len(counts))]
    wanted = shares(validation=validation, test=test)
    return labels, stratified(labels, ids, classes=classes, shares=wanted, seed=seed)


def test_codes_are_fixed_because_they_lie_in_files():
    assert [split.code for split in Split] == [0, 1, 2]
    assert [str(split) for split in Split] == ["train", "validation", "test"]


def test_shares_hold_in_every_class():
    labels, codes = draw([1000, 100, 20], validation=0.2, test=0.1)
    sizes = [np.bincount(codes[labels == label], minlength=3).tolist() for label in range(3)]
    assert sizes == [[700, 200, 100], [70, 20, 10], [14, 4, 2]]


def test_the_smallest_class_is_in_every_split_that_has_a_share():
    labels, codes = draw([1000, 3], validation=0.01, test=0.01)
    assert sorted(codes[labels == 1]) == [0, 1, 2]


def test_everything_can_go_to_the_test():
    _, codes = draw([5, 1], validation=0, test=1)
    assert set(codes) == {Split.TEST.code}


def test_shares_that_leave_nothing_but_a_rounding_error_ask_for_no_training_row():
    _, codes = draw([2, 2], validation=0.7, test=0.3)
    assert 1 - 0.7 - 0.3 > 0
    assert set(codes) == {Split.VALIDATION.code, Split.TEST.code}


def test_another_seed_gives_another_split_and_the_same_one_the_same():
    first, again, other = (draw([50, 50], seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_split_of_an_image_is_fixed_for_ever():
    _, codes = draw([12], validation=0.25, test=0.25)
    assert codes.tolist() == [0, 2, 1, 0, 0, 0, 0, 2, 1, 0, 1, 2]


def test_a_class_does_not_influence_the_others():
    _, alone = draw([40])
    _, beside = draw([40, 7])
    assert np.array_equal(alone, beside[:40])


def test_a_class_with_too_few_images_is_named():
    with pytest.raises(
        SourceError, match="class 'class 1' has 1 image: at least 3 are needed, one each for train, val"
    ):
        draw([5, 1])
    with pytest.raises(
        SourceError, match=r"with `--drop-class 'class 1'`, as for 'class 2' \(2\); .*`--min-images 3`$"
    ):
        draw([5, 1, 2])
    with pytest.raises(
        SourceError, match=r"train, validation, test \(with `--test 0` 2 are enough\); add images of it or"
    ):
        draw([5, 2, 2])
    with pytest.raises(SourceError, match="one each for train, validation; add images"):
        draw([5, 1], test=0)
    with pytest.raises(SourceError, match="has 0 images: at least 1 are needed, one each for test"):
        draw([5, 0, 2], validation=0, test=1)


@pytest.mark.parametrize(("validation", "test", "expected"), [(0.1, 0.45, [4, 1, 5]), (0.45, 0.1, [4, 5, 1])])
def test_halves_are_rounded_as_ever_where_training_rows_alone_are_given(validation, test, expected):
    splits, labels = np.full(20, Split.TRAIN.code, np.int8), np.arange(20) % 2
    ((rows, wanted),) = to_draw(labels, splits, np.ones(20, bool), shares(validation=validation, test=test))
    ids = [f"image {row}" for row in np.flatnonzero(rows)]
    drawn = stratified(labels[rows], ids, classes=["a", "b"], shares=wanted, seed=1)
    assert np.bincount(drawn, minlength=3).tolist() == [2 * count for count in expected]


def test_a_way_out_by_number_leaves_out_those_that_it_is_for_and_no_others():
    few = {"b": 2, "c": 1}
    whole = shares(validation=0.1, test=0.1)
    with pytest.raises(SourceError, match=r"as for 'c' \(1\); or all with `--min-images 7`$"):
        check_counts(few, whole, {"a": 7, "b": 6, "c": 1}, noun="usable image")  # as some could not be used
    for listed in ({"a": 6, "b": 6, "c": 1}, {"a": 5, "b": 3, "c": 9}):
        with pytest.raises(SourceError, match=r"with `--drop-class b`, as for 'c' \(1\)$"):
            check_counts(few, whole, listed, noun="usable image")


def test_rows_without_a_split_of_one_class_leave_those_of_another_to_be_dealt():
    labels = np.repeat([0, 1, 2], [90, 3001, 91])
    splits = np.full(len(labels), -1, np.int8)
    codes = [split.code for split in Split]
    splits[:90] = np.repeat(codes, 30)
    splits[90] = Split.TRAIN.code  # one row of the second class has a split, 3,000 have none
    splits[-91:-1] = np.repeat(codes, 30)  # of the third one has none: too few to be dealt
    found = with_trained(labels, splits, {Split.TRAIN: 0.8, Split.VALIDATION: 0.1, Split.TEST: 0.1})
    assert (found[labels == 1] == splits[labels == 1]).all()
    assert found[-1] == Split.TRAIN.code
