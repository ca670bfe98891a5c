import hashlib
import subprocess
import sys

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


EVERYTHING = Augmentation(
    rotation=180, zoom=0.2, shift=0.1, flip=True, brightness=0.2, colour_jitter=0.1, noise=6, cutout=0.3
)


def used_rows(batches, number):
    """Rows of an epoch, found by their pixels: each image of the test datasets is unlike all others."""
    row_of = {
        image.tobytes(): row for row, image in enumerate(as_floats(batches.dataset.take(range(len(batches.dataset)))))
    }
    return [row_of[image.tobytes()] for image in collected(batches, number)[0]]


def test_rows_chosen_anew_for_each_epoch_come_to_use_all_and_always_the_rare(uneven_dataset):
    balance = Balance("undersample", 1.5, fresh=True)
    batches = training_batches(uneven_dataset, batch_size=7, balance=balance, seed=4)
    epochs = [used_rows(batches, number) for number in range(12)]
    assert {len(rows) for rows in epochs} == {batches.rows_per_epoch} == {28}
    assert len(batches) == 4
    assert all(np.bincount(uneven_dataset.labels[rows]).tolist() == [4, 6, 6, 6, 6] for rows in epochs)
    assert all(len(set(rows)) == len(rows) for rows in epochs)
    assert set().union(*epochs) == set(uneven_dataset.rows(Split.TRAIN))
    again = training_batches(uneven_dataset, batch_size=7, balance=balance, seed=4)
    assert used_rows(again, 9) == epochs[9], "an epoch depends on the seed and its number alone"
    assert set(epochs[0]) != set(used_rows(training_batches(uneven_dataset, batch_size=7, balance=balance, seed=5), 0))


def test_rows_chosen_once_stay_the_same(uneven_dataset):
    batches = training_batches(uneven_dataset, batch_size=7, balance=Balance("undersample", 1.5), seed=4)
    assert set(used_rows(batches, 0)) == set(used_rows(batches, 1)) == set(batches.rows)


@pytest.mark.parametrize("fresh", [False, True])
def test_oversampled_rows_are_repeated_by_index_and_varied_each_time(uneven_dataset, fresh):
    balance = Balance("oversample", fresh=fresh)
    batches = training_batches(uneven_dataset, batch_size=60, balance=balance, seed=4)
    rows = used_rows(batches, 0)
    assert np.bincount(uneven_dataset.labels[rows]).tolist() == [12] * 5
    assert set(rows) == set(uneven_dataset.rows(Split.TRAIN))
    turned = training_batches(
        uneven_dataset, batch_size=60, balance=balance, augmentation=Augmentation(rotation=180), seed=4
    )
    assert len({image.tobytes() for image in collected(turned)[0]}) == 60


def test_weights_keep_all_rows_and_weigh_the_rare_more(uneven_dataset):
    batches = training_batches(uneven_dataset, batch_size=48, balance=Balance("weights"), seed=4)
    assert sorted(used_rows(batches, 0)) == uneven_dataset.rows(Split.TRAIN).tolist()
    assert batches.class_weights == pytest.approx([47 / 5 / count for count in (4, 12, 12, 7, 12)])
    assert training_batches(uneven_dataset, batch_size=48, seed=4).class_weights is None


def test_a_mixed_epoch_is_the_epoch_blended(uneven_dataset):
    batches = training_batches(uneven_dataset, batch_size=8, mixup=0.4, augmentation=EVERYTHING, seed=4)
    mixed = list(batches.mixed_epoch(3))
    for (images, labels), (blended, targets) in zip(batches.epoch(3), mixed, strict=True):
        assert targets.shape == (8, 5)
        assert targets.sum(axis=1) == pytest.approx(1)
        assert (targets[np.arange(8), labels] > 0).all()
        assert not np.array_equal(images, blended)
    again = list(
        training_batches(uneven_dataset, batch_size=8, mixup=0.4, augmentation=EVERYTHING, seed=4).mixed_epoch(3)
    )
    assert all(
        np.array_equal(a, b) for one, other in zip(mixed, again, strict=True) for a, b in zip(one, other, strict=True)
    )


def test_a_mixed_epoch_without_mixup_has_labels_as_targets(uneven_dataset):
    batches = training_batches(uneven_dataset, batch_size=8, seed=4)
    for (images, labels), (same, targets) in zip(batches.epoch(1), batches.mixed_epoch(1), strict=True):
        assert np.array_equal(images, same)
        assert targets.dtype == np.float32
        assert np.array_equal(targets, np.eye(5)[labels])


def digest(path):
    """SHA-256 of an epoch with everything on that has chance in it."""
    batches = training_batches(
        Dataset.open(path),
        batch_size=6,
        balance=Balance("undersample", 1.5, fresh=True),
        augmentation=EVERYTHING,
        mixup=0.3,
        seed=8,
    )
    return hashlib.sha256(b"".join(array.tobytes() for batch in batches.mixed_epoch(2) for array in batch)).hexdigest()


def test_another_process_makes_the_same_batches(uneven_dataset):
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['digest'](sys.argv[2]))"
    command = [sys.executable, "-c", code, __file__, uneven_dataset.info.path]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == digest(
        uneven_dataset.info.path
    )
