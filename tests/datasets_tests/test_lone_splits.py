"""Names that would put all images into test: of folders, files and arrays they are no splits, of a column they are."""

import numpy as np
import pytest
from datasets_tests.source_examples import PLAIN, png, stacked, tar_of, tfrecord, write, write_csv

from datasets import Split
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source

IMAGES, LABELS = stacked(12)
PNGS = [png(image) for image in IMAGES]


def samples(prefix=""):
    rows = zip(PNGS, LABELS, strict=True)
    files = [
        (f"{prefix}{row:04d}.{suffix}", data)
        for row, (image, label) in enumerate(rows)
        for suffix, data in (("png", image), ("cls", PLAIN[label].encode()))
    ]
    return dict(files)


def folder_of_tars(place):
    tar_of(place / "my_test/000000.tar", samples())
    return place / "my_test"


def lone_tar(place):
    return tar_of(place / "test.tar", samples())


def keys(place):
    files = samples("gal_") | {name.replace("test_", "test_1"): data for name, data in samples("test_").items()}
    return tar_of(place / "a-0.tar", files)


def records(place):
    pairs = zip(PNGS, LABELS, strict=True)
    data = b"".join(tfrecord(("image", image), ("class_name", PLAIN[label].encode())) for image, label in pairs)
    write(place / "test_run.tfrecord", data)
    return place / "test_run.tfrecord"


def npy(place):
    np.save(place / "test_images.npy", IMAGES)
    np.save(place / "test_labels.npy", np.array(PLAIN)[LABELS])
    return place / "test_images.npy"


def class_folders(place):
    for row, (image, label) in enumerate(zip(PNGS, LABELS, strict=True)):
        write(place / ("test", "val")[row % 2] / PLAIN[label] / f"{row}.png", image)
    return place


def tables(place):
    for first, split in enumerate(("val", "test")):
        rows = [[f"images/{row}.png", PLAIN[LABELS[row]]] for row in range(first, len(LABELS), 2)]
        write_csv(place / f"{split}.csv", ["path", "label"], rows)
    for row, image in enumerate(PNGS):
        write(place / f"images/{row}.png", image)
    return place


def read(path, **options):
    return read_source(path, SourceOptions(**options)).listing


@pytest.mark.parametrize("make", [lone_tar, records, npy, class_folders, tables])
def test_where_names_leave_no_image_to_train_on_splits_are_drawn_which_is_said(make, tmp_path):
    listing = read(make(tmp_path))
    assert ({item.split for item in listing.items}, listing.splits_from) == ({None}, "")
    (note,) = (note for note in listing.notes if "none to train on" in note)
    assert note.endswith("the splits are drawn; --validation 0 --test 1 has all images in test")


@pytest.mark.parametrize("make", [folder_of_tars, keys])
def test_neither_the_source_s_own_folder_nor_a_sample_s_name_is_a_split(make, tmp_path):
    listing = read(make(tmp_path))
    assert ({item.split for item in listing.items}, listing.splits_from) == ({None}, "")
    assert not [note for note in listing.notes if "train on" in note]


def test_folders_in_the_source_are_splits_of_the_tars_in_them(tmp_path):
    tar_of(tmp_path / "train/0.tar", samples())
    tar_of(tmp_path / "test/0.tar", samples())
    splits = {item.id.partition("/")[0]: item.split for item in read(tmp_path).items}
    assert splits == {"train": Split.TRAIN, "test": Split.TEST}


@pytest.mark.parametrize("stated", ["column", "folders"])
def test_what_is_stated_stays_a_split(stated, tmp_path):
    if stated == "column":
        rows = [[f"{row}.png", PLAIN[label], "test"] for row, label in enumerate(LABELS)]
        write_csv(tmp_path / "t.csv", ["path", "label", "split"], rows)
        for row, image in enumerate(PNGS):
            write(tmp_path / f"{row}.png", image)
    else:
        class_folders(tmp_path)
    options = {} if stated == "column" else {"split_folders": "test=test,validation=val"}
    assert None not in {item.split for item in read(tmp_path, **options).items}
