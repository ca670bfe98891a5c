import pytest

from datasets import Split
from datasets.sources.class_folders import list_class_folders


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def splits_of(source):
    return {item.id: item.split for item in list_class_folders(source).items}


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "validation", "test"),
        ("Training", "val", "TESTING"),
        ("TRAIN", "Valid", "test"),
        ("train", "dev", "Test"),
    ],
)
@pytest.mark.parametrize("wrapped", ["", "galaxies/"])
def test_splits_above_the_classes_are_kept_in_any_usual_spelling(tmp_path, train, validation, test, wrapped):
    splits = {train: Split.TRAIN, validation: Split.VALIDATION, test: Split.TEST}
    names = {f"{folder}/{label}/1.jpg": split for folder, split in splits.items() for label in ("a", "b")}
    source = fill(tmp_path, *(wrapped + name for name in names), f"{wrapped}{train}/readme.txt")
    assert splits_of(source) == names
    assert list_class_folders(source).classes == ("a", "b")


def test_a_zip_of_splits_gives_the_same(tmp_path, zipped):
    folder = fill(tmp_path / "source", "train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg")
    assert splits_of(zipped(folder)) == splits_of(folder)


def test_images_outside_of_classes_are_counted_in_splits_too(tmp_path):
    source = fill(tmp_path, "train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg", "train/loose.jpg", "loose.jpg")
    listing = list_class_folders(source)
    assert (len(listing.items), listing.left_out) == (3, 2)


def test_folders_of_images_that_are_named_like_splits_are_classes(tmp_path):
    source = fill(tmp_path, "train/1.jpg", "test/1.jpg")
    assert list_class_folders(source).classes == ("test", "train")
    assert set(splits_of(source).values()) == {None}


def test_one_more_folder_beside_splits_makes_all_of_them_classes(tmp_path):
    source = fill(tmp_path, "train/a/1.jpg", "test/a/1.jpg", "spiral/1.jpg")
    assert list_class_folders(source).classes == ("spiral", "test", "train")
