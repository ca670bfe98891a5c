"""Further validation parts: disjoint, of the classes of the own one, the same for everyone, galaxies in one piece."""

import pickle
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from datasets_tests.remote_examples import upload
from hypothesis import given, settings, strategies as st

from datasets import Dataset, ImportOptions, Split, import_dataset, open_folder, row_hashes
from datasets.arrow.divisions import further_parts
from datasets.arrow.groups import pack_groups, unpack_groups
from datasets.importing.stratification import shares, stratified

TRAIN, VALIDATION, TEST = (split.code for split in Split)


def imported(counts, *, groups=None, validation=0.1, test=0.1):
    """Labels, splits, groups and ids of so many rows a class, as an import makes them."""
    labels = np.repeat(np.arange(len(counts)), counts)
    ids = [f"{label}/{row}.jpg" for row, label in enumerate(labels.tolist())]
    groups = np.arange(len(labels)) if groups is None else groups
    wanted = shares(validation=validation, test=test)
    splits = stratified(labels, ids, classes=[*map(str, range(len(counts)))], shares=wanted, seed=1, groups=groups)
    return labels, splits, groups, ids


def sizes(parts, labels, label=None):
    return np.bincount(parts if label is None else parts[labels == label])[1:].tolist()


def test_as_many_parts_as_the_training_rows_hold_each_of_the_own_one_s_size_and_classes():
    labels, splits, groups, ids = imported([240, 60])
    parts = further_parts(labels, splits, groups, ids)
    assert (splits[parts > 0] == TRAIN).all()
    assert sizes(parts, labels, 0) == [24] * 8
    assert sizes(parts, labels, 1) == [6] * 8


def test_a_class_of_three_or_more_is_in_each_part_and_one_of_fewer_decides_nothing():
    natural = imported([250, 190, 12, 30, 118])  # 12 of 600
    parts = further_parts(*natural)
    assert len(sizes(parts, natural[0])) == 8
    assert all(min(sizes(parts, natural[0], label)) >= 1 for label in range(5))
    rare = imported([240, 6])
    assert sizes(further_parts(*rare), rare[0], 1) == [1] * 4
    rarest = imported([240, 3])
    assert len(sizes(further_parts(*rarest), rarest[0])) == 7  # of 193 rows, of 25 in the own one
    assert (further_parts(*rarest)[rarest[0] == 1] > 0).sum() == 1


@pytest.mark.parametrize("images", [(3, 3, 3, 1, 1), (10, 10, 10, 1, 1), (10, 10, 10, 10, 10), (4, 3, 2, 2, 1)])
def test_a_rare_class_of_many_images_a_galaxy_is_in_each_part(images):
    galaxies = np.repeat(np.arange(len(images)), images)
    counts = [240, len(galaxies) + 1]
    labels, ids = np.repeat([0, 1], counts), [f"{row}" for row in range(sum(counts))]
    splits = np.full(len(labels), TRAIN, np.int8)
    splits[[*range(39), -1]] = VALIDATION
    groups = np.arange(len(labels))
    groups[240:-1] = 1000 + galaxies
    parts = further_parts(labels, splits, groups, ids)
    assert parts.max() == 5
    assert np.bincount(parts[labels == 1], minlength=6)[1:].min() >= 1
    assert all(np.unique(parts[groups == group]).size == 1 for group in np.unique(groups))


def test_a_class_that_lies_in_one_galaxy_s_images_stays_in_training_with_all_of_them():
    labels, splits, groups, ids = imported([240, 60])
    (first, second, *_) = np.flatnonzero((labels == 0) & (splits == TRAIN)).tolist()
    groups[second] = groups[first]
    before = further_parts(labels, splits, groups, ids)
    assert before[first] == before[second] > 0
    labels[second] = 2  # one image of the galaxy was taken for something else
    after = further_parts(labels, splits, groups, ids)
    assert after[first] == after[second] == 0
    assert after.max() == 8


def test_a_galaxy_that_the_source_s_splits_part_is_in_no_part():
    labels, splits, groups, ids = imported([240, 60])
    one, two, seen, tested = (np.flatnonzero(splits == code)[place] for code, place in ((0, 0), (0, 1), (1, 0), (2, 0)))
    assert (further_parts(labels, splits, groups, ids)[[one, two]] > 0).all()
    groups[one], groups[two] = groups[seen], groups[tested]
    parts = further_parts(labels, splits, groups, ids)
    assert parts[one] == parts[two] == 0
    assert parts.max() == 7  # of the 238 rows that are left, of 30 each


def test_rows_left_over_are_spread():
    labels, splits, groups, ids = imported([400, 15, 15, 15])  # 11 each in training, of 2 in each part 14
    parts = further_parts(labels, splits, groups, ids)
    assert [sizes(parts, labels, label) for label in (1, 2, 3)] == [
        [2, 2, 2, 2, 1, 1, 1],
        [2, 1, 1, 1, 2, 2, 2],
        [1, 2, 2, 2, 2, 1, 1],
    ]


@pytest.mark.parametrize(("validation", "test", "expected"), [(0.4, 0.1, 1), (0.5, 0.1, 0), (0, 0.1, 0), (0, 1, 0)])
def test_where_training_rows_hold_few_or_none(validation, test, expected):
    assert further_parts(*imported([50, 50], validation=validation, test=test)).max() == expected


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(3, 40), min_size=1, max_size=4),
    together=st.lists(st.integers(0, 30), min_size=160, max_size=160),
    order=st.randoms(use_true_random=False),
)
def test_any_rows_and_groups(counts, together, order):
    total = sum(counts)
    labels = np.repeat(np.arange(len(counts)), counts)
    ids = [f"{row}" for row in range(total)]
    groups = np.array([row if number > 9 else 1000 + number for row, number in enumerate(together[:total])])
    splits = np.full(total, TRAIN, np.int8)
    for number in np.unique(groups)[::4].tolist():
        splits[groups == number] = VALIDATION
    parts = further_parts(labels, splits, groups, ids)
    assert (splits[parts > 0] == TRAIN).all()
    assert len(np.unique(np.column_stack([groups, parts]), axis=0)) == len(np.unique(groups))
    assert set(range(1, parts.max() + 1)) <= set(parts.tolist())
    for number in range(1, parts.max() + 1):
        assert set(labels[parts != number]) == set(labels)
    shuffled = order.sample(range(total), total)
    again = further_parts(labels[shuffled], splits[shuffled], groups[shuffled], [ids[row] for row in shuffled])
    assert np.array_equal(again, parts[shuffled])


@given(st.lists(st.integers(0, 5), max_size=20))
def test_groups_come_back_as_they_were_packed(numbers):
    numbers = np.array(numbers, np.int64)
    shared, data = pack_groups(numbers)
    found = unpack_groups(data, len(numbers))
    assert (found[:, np.newaxis] == found).tolist() == (numbers[:, np.newaxis] == numbers).tolist()
    assert shared == sum((numbers == number).sum() > 1 for number in numbers)


@pytest.fixture
def doubled(make_source, tmp_path):
    """A dataset of two classes whose every image is there twice."""
    source = make_source(a=30, b=30)
    for path in list(source.rglob("*.png")):
        path.with_name(f"copy-{path.name}").write_bytes(path.read_bytes())
    return import_dataset(source, tmp_path / "out", ImportOptions(image_size=8)).path


def test_a_view_trains_on_all_rows_but_tests_and_its_own_part(doubled):
    dataset = Dataset.open(doubled)
    assert dataset.divisions == 8
    assert dataset.info.grouped == 120
    tests, seen = dataset.rows(Split.TEST).tolist(), dataset.rows(Split.VALIDATION).tolist()
    for number in range(1, 9):
        view = dataset.divided(number)
        validated = view.rows(Split.VALIDATION).tolist()
        assert np.bincount(dataset.labels[validated]).tolist() == [6, 6]
        assert not set(validated) & set(seen)
        assert view.rows(Split.TEST).tolist() == tests
        assert sorted([*view.rows(Split.TRAIN).tolist(), *validated, *tests]) == list(range(120))
        names = {dataset.ids[row].replace("copy-", "") for row in validated}
        assert len(names) == len(validated) / 2
        seen += validated


def test_a_view_is_the_dataset_in_all_else_and_pickles(doubled):
    dataset = Dataset.open(doubled)
    view = pickle.loads(pickle.dumps(dataset.divided(3)))
    assert (view.info, view.division, view.divisions) == (dataset.info, 3, 8)
    assert np.array_equal(view.rows(Split.VALIDATION), dataset.divided(3).rows(Split.VALIDATION))
    assert np.array_equal(view.divided(11).rows(Split.TRAIN), view.rows(Split.TRAIN))
    assert np.array_equal(view.divided(0).rows(Split.TRAIN), dataset.rows(Split.TRAIN))
    assert dataset.divided(0) is dataset
    with pytest.raises(ValueError, match="the number of a division must be ≥ 0, got -1"):
        dataset.divided(-1)


def test_a_dataset_that_notes_no_groups_gets_them_from_its_pixels_once(doubled, s3, tmp_path, monkeypatch):
    new = Dataset.open(doubled)
    old = Dataset.open(upload(tmp_path / "out", open_folder(s3).child("old.galaxy")))
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path / "cache"))
    for _ in range(2):
        old.info = replace(old.info, grouped=None, validation_given=None)
        assert np.array_equal(old.divided(2).rows(Split.VALIDATION), new.divided(2).rows(Split.VALIDATION))
        monkeypatch.setattr(Dataset, "take", None)  # not read again
        old = Dataset.open(old.info.path)


@pytest.mark.parametrize("column", ["id", "Galaxy-Name"])
def test_an_older_dataset_s_galaxies_are_those_that_its_table_names(make_source, tmp_path, column):
    source = make_source(a=30, b=30)
    rows = [f"{label}/{number}.png,{label},galaxy {label}{number // 3}" for label in "ab" for number in range(30)]
    (source / "labels.csv").write_text("\n".join([f"path,label,{column}", *rows]))
    new = Dataset.open(import_dataset(source, tmp_path / "out", ImportOptions(image_size=8)).path)
    old = Dataset.open(new.info.path)
    old.info = replace(old.info, grouped=None)
    assert new.info.grouped == 60
    assert new.divisions == old.divisions == 8
    assert np.array_equal(old.divided(1).rows(Split.VALIDATION), new.divided(1).rows(Split.VALIDATION))


def test_a_split_of_the_source_s_own_is_what_all_are_compared_on(make_source, tmp_path):
    train = make_source("source/train", a=20, b=20)
    for label in "ab":
        (tmp_path / "source" / "valid" / label).mkdir(parents=True)
        for number in range(10):
            (train / label / f"{number}.png").rename(tmp_path / "source" / "valid" / label / f"{number}.png")
    dataset = Dataset.open(import_dataset(tmp_path / "source", tmp_path / "out", ImportOptions(image_size=8)).path)
    assert dataset.info.validation_given
    assert dataset.divisions == 0
    assert dataset.divided(3) is dataset


def test_a_row_s_hash_is_of_its_pixels(tiny_dataset):
    images = tiny_dataset.take([7, 3])
    expected = [int.from_bytes(sha256(image.tobytes()).digest()[:8], "big") for image in images]
    assert row_hashes(tiny_dataset, np.array([7, 3])).tolist() == expected
    assert row_hashes(tiny_dataset, np.arange(0)).dtype == np.uint64
