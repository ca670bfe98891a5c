"""However much is in a source, what is said of it is one line that a person reads."""

import h5py
import pytest
from datasets_tests.source_examples import write

from datasets import ImportOptions, SourceError, import_dataset

MANY = range(300)


def hdf5_groups(path):
    with h5py.File(path / "a.h5", "w") as file:
        for number in MANY:
            file.create_group(f"group {number}")


def columns(path):
    write(path / "a.csv", ",".join(f"column {number}" for number in MANY).encode() + b"\n")


def suffixes(path):
    for number in MANY:
        write(path / f"a.kind{number}", b"")


def empty_folders(path):
    for number in MANY:
        (path / f"folder\n{number}").mkdir()


def folds(path):
    for number in MANY:
        write(path / f"fold{number}" / "ab"[number % 2] / "1.jpg", b"")


def classes_of_one_image(path):
    for number in MANY:
        write(path / f"{'long ' * 40}\n{number}" / "1.jpg", b"")


def files_that_are_no_images(path):
    for number in MANY:
        write(path / f"class {number % 2}" / f"{'long ' * 40}\n{number}.jpg", b"text")


@pytest.mark.parametrize(
    "make", [hdf5_groups, columns, suffixes, empty_folders, folds, classes_of_one_image, files_that_are_no_images]
)
def test_a_refusal_is_one_line_of_a_few_names(make, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    make(source)
    with pytest.raises(SourceError) as caught:
        import_dataset(source, tmp_path / "out", ImportOptions(image_size=16))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 900 + 3 * len(str(source))
