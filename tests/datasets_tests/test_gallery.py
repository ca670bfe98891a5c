import numpy as np
import pytest
from PIL import Image

from datasets import Augmentation, Dataset, FormatError, ImportOptions, StorageError, draw_gallery, import_dataset


@pytest.fixture
def dataset(make_source, tmp_path):
    return Dataset.open(import_dataset(make_source(a=12, b=3), tmp_path / "out", ImportOptions(image_size=8)).path)


def drawn(path):
    with Image.open(path) as picture:
        return np.asarray(picture).copy()


def tiles(sheet, label):
    """The first image of a class as stored and augmented: 8 pixels drawn at 12 times their size."""
    top = 4 + label * (18 + 2 * 100 + 4) + 18
    return sheet[top : top + 96 : 12, 4:100:12], sheet[top + 100 : top + 196 : 12, 4:100:12]


def test_each_class_is_drawn_as_stored_and_augmented_below(dataset, tmp_path):
    path = draw_gallery(dataset, tmp_path / "made" / "out.png")
    sheet = drawn(path)
    for label in range(2):
        stored, augmented = tiles(sheet, label)
        of_class = dataset.take(np.flatnonzero(dataset.labels == label))
        assert any(np.array_equal(stored, image) for image in of_class)
        assert not any(np.array_equal(augmented, image) for image in of_class)


def test_without_augmentation_both_are_the_same(dataset, tmp_path):
    stored, augmented = tiles(drawn(draw_gallery(dataset, tmp_path / "out.png", augmentation=Augmentation())), 0)
    assert np.array_equal(stored, augmented)


def test_the_same_seed_draws_the_same_and_another_another(dataset, tmp_path):
    one, again, other = (drawn(draw_gallery(dataset, tmp_path / f"{n}.png", seed=n // 2 + 1)) for n in range(3))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_class_without_training_images_is_drawn_too(make_source, tmp_path):
    options = ImportOptions(image_size=8, validation=0, test=1)
    info = import_dataset(make_source(a=1, b=2), tmp_path / "out", options)
    assert drawn(draw_gallery(info.path, tmp_path / "out.png")).max() == 255


def test_what_cannot_be_read_or_written_is_one_line(dataset, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match=r"^cannot write '.*/file/out.png': "):
        draw_gallery(dataset, tmp_path / "file" / "out.png")
    with pytest.raises(FormatError, match="is not a dataset"):
        draw_gallery(tmp_path, tmp_path / "out.png")
