import h5py
import numpy as np
import pytest
from datasets_tests.source_examples import listed_as

from datasets import Dataset, ImageError, ImportOptions, SourceError, import_dataset
from datasets.images.arrays import stacks
from datasets.images.arrays.stacks import Stack
from datasets.images.arrays.stored import arrays_in
from datasets.sources.arrays.galaxy10 import DECALS, SDSS


def write(path, images, answers, **columns):
    with h5py.File(path, "w") as file:
        file["images"], file["ans"] = images, answers
        for name, values in columns.items():
            file[name] = values
    return path


def noise(count, side=69):
    return np.random.default_rng(4).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize(("side", "names"), [(69, SDSS), (256, DECALS)])
def test_the_side_of_the_images_tells_which_ten_classes_there_are(tmp_path, side, names):
    listing = listed_as("galaxy10", write(tmp_path / "a.h5", noise(10, side), np.arange(10)))
    assert len(set(names)) == 10
    assert [listing.classes[item.label] for item in listing.items] == list(names)
    assert [item.id for item in listing.items] == [f"{row:05d}" for row in range(10)]


def test_pixels_are_kept_and_read_in_slices(tmp_path, monkeypatch):
    monkeypatch.setattr(stacks, "SLICE", 4)
    images = noise(30)
    path = write(tmp_path / "a.h5", images, np.arange(30) % 2)
    read = []
    slicing = Stack._read
    monkeypatch.setattr(Stack, "_read", lambda self, number: read.append(number) or slicing(self, number))
    dataset = Dataset.open(import_dataset(path, tmp_path / "out", ImportOptions(image_size=69)).path)
    assert sorted(set(read)) == list(range(8))
    assert len(read) <= 8 + 12 + 3, "a slice is read once to see what is there, then about once, not for each row"
    for row, name in enumerate(dataset.ids):
        assert np.array_equal(dataset.take([row])[0], images[int(name)])


def test_positions_name_the_galaxies(tmp_path):
    path = write(tmp_path / "a.h5", noise(3), [0, 1, 2], ra=[10.0, 10.0, 200.5], dec=[-1.0, -1.0, 3.25])
    items = listed_as("galaxy10", path).items
    assert [item.object_id for item in items] == ["10.00000 -1.00000"] * 2 + ["200.50000 +3.25000"]


@pytest.mark.parametrize("columns", [{"ra": [1.0] * 3}, {"ra": [1.0] * 3, "dec": [1.0] * 2}, {"dec": [1.0] * 3}])
def test_positions_that_are_not_whole_name_no_galaxy(tmp_path, columns):
    path = write(tmp_path / "a.h5", noise(3), [0, 1, 2], **columns)
    assert {item.object_id for item in listed_as("galaxy10", path).items} == {""}


def test_an_answer_that_is_no_class_is_rejected(tmp_path):
    listing = listed_as("galaxy10", write(tmp_path / "a.h5", noise(4), [0, 9, 10, -1]))
    assert listing.rejected == (("00002", "class 10: expected 0 to 9"), ("00003", "class -1: expected 0 to 9"))
    assert [item.id for item in listing.items] == ["00000", "00001"]


def test_an_empty_file_is_refused(tmp_path):
    h5py.File(tmp_path / "a.h5", "w").close()
    with pytest.raises(SourceError, match=r"found an HDF5 file with nothing$"):
        listed_as("galaxy10", tmp_path / "a.h5")


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    with pytest.raises(
        SourceError, match=r"found a file that cannot be read \(a.h5: cannot be read: it does not begin as"
    ):
        listed_as("galaxy10", tmp_path / "a.h5")


def test_a_folder_of_one_file_is_that_file(tmp_path):
    (tmp_path / "notes.txt").write_text("downloaded yesterday")
    path = write(tmp_path / "a.HDF5", noise(2), [0, 1])
    assert listed_as("galaxy10", tmp_path).classes == listed_as("galaxy10", path).classes


@pytest.mark.parametrize("name", ["images", "ans"])
def test_images_and_answers_must_both_be_there(tmp_path, name):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[name] = noise(4)
    with pytest.raises(SourceError, match=f"found an HDF5 file with {name}$"):
        listed_as("galaxy10", tmp_path / "a.h5")


def test_the_last_slices_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(stacks, "SLICE", 2)
    read, slicing = [], Stack._read
    monkeypatch.setattr(Stack, "_read", lambda self, number: read.append(number) or slicing(self, number))
    slices = Stack(arrays_in(write(tmp_path / "a.h5", noise(12), np.arange(12)))[1])
    for row in (0, 2, 4, 1, 6, 0, 5, 2):  # slices 0, 1, 2, 0, 3, 0, 2, 1
        assert np.array_equal(slices.image(row), noise(12)[row])
    assert read == [0, 1, 2, 3, 1]


@pytest.mark.parametrize(
    ("images", "answers", "found"),
    [
        (noise(4, 70), np.arange(4), r"found uint8 \(4, 70, 70, 3\)"),
        (noise(4).astype(np.float32), np.arange(4), r"found float32 \(4, 69, 69, 3\)"),
        (noise(4)[..., 0], np.arange(4), r"found uint8 \(4, 69, 69\)"),
        (noise(4)[:, :, :68], np.arange(4), r"found uint8 \(4, 69, 68, 3\)"),
        (noise(4)[..., :2], np.arange(4), r"found uint8 \(4, 69, 69, 2\)"),
        (noise(4), np.full(4, 10), "found images of 0 classes"),
        (noise(4), np.arange(3), r"found 4 images and \(3,\) answers"),
        (noise(4), np.zeros(4), "found images of 1 classes"),
    ],
)
def test_what_is_no_galaxy10_is_refused(tmp_path, images, answers, found):
    with pytest.raises(SourceError, match=found):
        listed_as("galaxy10", write(tmp_path / "a.h5", images, answers))


def test_other_hdf5_files_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spectra"] = np.zeros(3)
    with pytest.raises(SourceError, match=r"found an HDF5 file with spectra$"):
        listed_as("galaxy10", tmp_path / "a.h5")
    (tmp_path / "b.h5").write_bytes(b"")
    with pytest.raises(SourceError, match=r"found 2 HDF5 files in it"):
        listed_as("galaxy10", tmp_path)


def test_rows_that_are_damaged_are_quarantined_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(stacks, "SLICE", 4)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset("images", data=noise(40), chunks=(4, 69, 69, 3), fletcher32=True)
        file["ans"] = np.arange(40) % 2
        place = made.id.get_chunk_info(2).byte_offset
    with path.open("r+b") as raw:
        raw.seek(place + 100)
        raw.write(bytes(50))
    items = listed_as("galaxy10", path).items
    with pytest.raises(ImageError, match=r"^cannot be read: "):
        items[8].read()
    assert import_dataset(path, tmp_path / "out", ImportOptions(image_size=8)).quarantined == 4
