import numpy as np
import pytest

from datasets import (
    Augmentation,
    Balance,
    Dataset,
    DatasetError,
    ImportOptions,
    Split,
    as_floats,
    import_dataset,
    plain_batches,
    training_batches,
)


def collected(batches, number=0):
    images, labels = zip(*batches.epoch(number), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def test_plain_batches_are_all_rows_in_order(tiny_dataset):
    rows = tiny_dataset.rows(Split.TEST)
    batches = plain_batches(tiny_dataset, rows, batch_size=8)
    assert [len(labels) for _, labels in batches.epoch()] == [8, 8, 4]
    assert (len(batches), batches.rows_per_epoch) == (3, 20)
    images, labels = collected(batches)
    assert np.array_equal(images, tiny_dataset.take(rows) / np.float32(255))
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert np.array_equal(labels, tiny_dataset.labels[rows])


def test_plain_batches_of_no_rows(tiny_dataset):
    batches = plain_batches(tiny_dataset, np.zeros(0, np.int64), batch_size=8)
    assert len(batches) == 0
    assert list(batches.epoch()) == []


def test_pixels_become_fractions():
    floats = as_floats(np.array([[0, 51, 255]], np.uint8))
    assert floats.dtype == np.float32
    assert floats.tolist() == [[0, pytest.approx(0.2), 1]]


def test_a_training_epoch_is_each_row_once_in_an_order_of_its_own(tiny_dataset):
    batches = training_batches(tiny_dataset, batch_size=10, seed=1)
    assert (len(batches), batches.rows_per_epoch) == (6, 60)
    first, second = collected(batches, 0), collected(batches, 1)
    rows = tiny_dataset.rows(Split.TRAIN)
    expected = sorted(image.tobytes() for image in as_floats(tiny_dataset.take(rows)))
    assert sorted(image.tobytes() for image in first[0]) == sorted(image.tobytes() for image in second[0]) == expected
    assert not np.array_equal(first[1], second[1])


def test_labels_go_with_their_images(tiny_dataset):
    by_image = {
        image.tobytes(): label
        for image, label in zip(
            *collected(plain_batches(tiny_dataset, tiny_dataset.rows(None), batch_size=100)), strict=True
        )
    }
    images, labels = collected(training_batches(tiny_dataset, batch_size=7, seed=1))
    assert [by_image[image.tobytes()] for image in images] == labels.tolist()


def test_a_last_batch_of_fewer_rows_is_dropped_unless_it_is_the_only_one(tiny_dataset):
    most = training_batches(tiny_dataset, batch_size=16, seed=1)
    assert (len(most), most.rows_per_epoch) == (3, 48)
    assert [len(labels) for _, labels in most.epoch(0)] == [16, 16, 16]
    only = training_batches(tiny_dataset, batch_size=64, seed=1)
    assert (len(only), only.rows_per_epoch) == (1, 60)
    assert [len(labels) for _, labels in only.epoch(0)] == [60]


def test_an_epoch_depends_on_seed_and_number_alone(tiny_dataset):
    def make(seed):
        return training_batches(tiny_dataset, batch_size=16, augmentation=Augmentation.of_strength(1), seed=seed)

    used = make(1)
    collected(used, 0)
    again, fresh = collected(used, 3), collected(make(1), 3)
    assert np.array_equal(again[0], fresh[0])
    assert np.array_equal(again[1], fresh[1])
    assert not np.array_equal(collected(make(1), 3)[0], collected(make(1), 4)[0])
    assert not np.array_equal(collected(make(1), 3)[0], collected(make(2), 3)[0])


def test_augmentation_changes_pixels_and_not_labels(tiny_dataset):
    plain = collected(training_batches(tiny_dataset, batch_size=16, seed=1))
    varied = collected(training_batches(tiny_dataset, batch_size=16, augmentation=Augmentation(rotation=90), seed=1))
    assert np.array_equal(plain[1], varied[1])
    assert np.abs(plain[0] - varied[0]).mean() > 0.01
    assert 0 <= varied[0].min() < varied[0].max() <= 1


def test_training_rows_are_balanced_and_others_never_used(make_source, tmp_path):
    info = import_dataset(make_source(a=10, b=40), tmp_path / "out", ImportOptions(image_size=8))
    dataset = Dataset.open(info.path)
    batches = training_batches(dataset, batch_size=1, balance=Balance("undersample", 1.5), seed=1)
    assert np.bincount(collected(batches)[1]).tolist() == [8, 12]
    assert set(batches.rows) <= set(dataset.rows(Split.TRAIN))


def test_the_seed_chooses_the_balanced_rows_too(make_source, tmp_path):
    dataset = Dataset.open(import_dataset(make_source(a=10, b=60), tmp_path / "out", ImportOptions(image_size=8)).path)
    one, two = (
        training_batches(dataset, batch_size=1, balance=Balance("undersample"), seed=seed).rows for seed in (1, 2)
    )
    assert set(one) != set(two)


def test_a_dataset_without_training_rows_is_one_line(make_source, tmp_path):
    options = ImportOptions(image_size=8, validation=0, test=1)
    dataset = Dataset.open(import_dataset(make_source(a=3, b=3), tmp_path / "out", options).path)
    with pytest.raises(DatasetError, match=r"^'.*/out' has no training images: import it with"):
        training_batches(dataset, batch_size=4, seed=1)


def test_a_batch_has_at_least_one_row(tiny_dataset):
    with pytest.raises(ValueError, match="batch_size must be ≥ 1, got 0"):
        training_batches(tiny_dataset, batch_size=0, seed=1)
