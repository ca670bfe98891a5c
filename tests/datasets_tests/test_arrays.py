"""Arrays as people keep them: what each becomes, or the line that refuses it."""

import pickle

import h5py
import numpy as np
import pytest
from datasets_tests.source_examples import PLAIN, stacked

from datasets import Dataset, ImageError, ImportOptions, SourceError, Split, import_dataset
from datasets.images import scratch
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import form
from datasets.sources.source import read_source
from datasets.sources.trees import open_source

IMAGES, LABELS = stacked(16)
NAMES = np.array(PLAIN)
GREY = IMAGES.max(axis=3)
COUNT = len(LABELS)


@pytest.fixture
def npz(tmp_path):
    """Save arrays in one NPZ."""

    def save(**arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        return tmp_path / "a.npz"

    return save


def read(path, **options):
    """List arrays and read all images."""
    tree = open_source(path)  # what is unpacked is there as long as this is
    listing = form("arrays").list_source(tree, SourceOptions(**options))
    return listing, [item.read() for item in listing.items]


def classes(listing):
    return [listing.classes[item.label] for item in listing.items]


def numbered(labels=LABELS):
    return [str(label) for label in labels]


@pytest.mark.parametrize(
    ("images", "pixels"),
    [
        (GREY, GREY),
        (GREY[..., np.newaxis], GREY),
        (GREY[:, np.newaxis], GREY),
        (IMAGES.transpose(0, 3, 1, 2), IMAGES),
        (np.asfortranarray(IMAGES), IMAGES),
        (IMAGES.astype(">u2"), IMAGES),
        (IMAGES.astype(np.float16), IMAGES),
        ((IMAGES[:, :12] / 255).astype(np.float32), IMAGES[:, :12]),
        (np.where(IMAGES > 200, 254.8, IMAGES + 0.2), np.where(IMAGES > 200, 255, IMAGES)),
    ],
)
def test_axes_types_and_evident_ranges_give_the_pictures(images, pixels, npz, tmp_path):
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "labels.npy", LABELS)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file["ans"] = images, LABELS
    for source in (npz(X=images, Y=LABELS), tmp_path / "images.npy", tmp_path / "a.h5"):
        listing, found = read(source)
        assert np.array_equal(found, pixels)
        assert classes(listing) == numbered()


@pytest.mark.parametrize(
    ("stated", "images"),
    [
        ("0,65535", IMAGES.astype(np.uint16) * 257),
        ("-1,1", IMAGES / 127.5 - 1),
        ("0,1", IMAGES / 255 * 1.2 - 0.01),
        ("0,51", IMAGES // 9),
        ("-100,155", IMAGES.astype(np.int16) - 100),
        ("0,2e-9", IMAGES * 8e-12),
    ],
)
def test_a_range_that_is_not_evident_must_be_stated(stated, images, npz):
    path = npz(images=images, labels=LABELS)
    with pytest.raises(SourceError, match=r"values from \S+ to \S+: expected .* --value-range LOW,HIGH") as caught:
        read(path)
    assert "\n" not in str(caught.value)
    listing, found = read(path, value_range=stated)
    low, high = map(float, stated.split(","))
    assert np.array_equal(found, np.rint((images.astype(float) - low) * (255 / (high - low))).clip(0, 255))
    assert any("became black to white" in note for note in listing.notes)


def test_a_stated_range_that_would_clip_is_refused(npz):
    path = npz(images=IMAGES.astype(np.uint16), labels=LABELS)
    with pytest.raises(SourceError, match=r"values from 0 to 2\d\d, beyond the range 0–100 that --value-range states"):
        read(path, value_range="0,100")


def test_an_image_with_values_that_are_no_numbers_is_refused_alone(npz):
    images = IMAGES / 255
    images[4, 3, 3, 1], images[5, 0, 0, 0] = np.nan, np.inf
    path = npz(images=images, labels=LABELS)
    tree = open_source(path)
    items = form("arrays").list_source(tree, SourceOptions()).items
    assert np.array_equal(items[3].read(), IMAGES[3])
    for item in items[4:6]:
        with pytest.raises(ImageError, match=r"^has values that are not numbers"):
            item.read()
    images[:] = np.nan
    with pytest.raises(SourceError, match="each has values that are not numbers"):
        read(npz(images=images, labels=LABELS))


def test_linear_light_is_not_taken_for_pictures(npz):
    """Fluxes of a set, divided by the largest of all, are in 0–1, and black."""
    images = IMAGES / 255 * 0.01
    images[0] = IMAGES[0] / IMAGES[0].max()
    with pytest.raises(SourceError, match="bright enough to be seen"):
        read(npz(images=images, labels=LABELS))


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"labels": NAMES[LABELS]}, NAMES[LABELS]),
        ({"labels": np.char.encode(NAMES[LABELS])}, NAMES[LABELS]),
        ({"target": LABELS[:, np.newaxis].astype(float)}, numbered()),
        ({"y": np.eye(3, dtype=bool)[LABELS]}, numbered()),
        ({"labels": LABELS, "class_names": NAMES}, NAMES[LABELS]),
        ({"y": LABELS, "classes": NAMES}, NAMES[LABELS]),
        ({"label_onehot": np.eye(3)[LABELS], "names": NAMES}, NAMES[LABELS]),
        ({"labels": LABELS - 2}, numbered(LABELS - 2)),
        ({"labels": LABELS, "y": np.linspace(0, 1, COUNT), "masks": GREY}, numbered()),
        ({"arr_1": LABELS, "redshift": np.linspace(0, 1, COUNT)}, numbered()),
    ],
)
def test_labels_in_the_ways_that_people_keep_them(arrays, expected, npz):
    listing, _ = read(npz(images=IMAGES, **arrays))
    assert classes(listing) == list(expected)
    assert listing.rejected == ()


@pytest.mark.parametrize(
    ("arrays", "options", "line"),
    [
        (
            {"images": IMAGES},
            {},
            r"found images \(36, 16, 16, 3\) and no labels: looked for arrays such as",
        ),
        (
            {"images": IMAGES, "labels": LABELS[:-1]},
            {},
            r"expected 36 labels for the 36 images in 'images', found labels \(35",
        ),
        (
            {"images": IMAGES, "labels": LABELS / 3},
            {},
            r"in 'labels' values such as 0.333333: expected",
        ),
        ({"images": IMAGES, "labels": np.arange(COUNT)}, {}, r"in 'labels' 36 different values in 36 rows"),
        ({"images": IMAGES, "y": np.full((COUNT, 3), 0.3)}, {}, r"in 'y' 3 columns that are not 0 and 1"),
        (
            {"images": IMAGES, "labels": LABELS + 1, "class_names": NAMES},
            {},
            r"numbers 1 to 3 for 3 names",
        ),
        ({"images": IMAGES, "z": LABELS}, {}, r"name one with --label-column, of z \(36,\)$"),
        (
            {"images": IMAGES, "label": LABELS, "class": LABELS},
            {},
            r"several arrays may be the labels of 'images'",
        ),
        (
            {"image": IMAGES, "imgs": IMAGES, "y": LABELS},
            {},
            r"with --image-column image, --image-column imgs$",
        ),
        (
            {"images": IMAGES, "labels": LABELS},
            {"label_column": "class"},
            r"an array 'class' \(--label-column\), found",
        ),
        (
            {"spiral": IMAGES, "round": IMAGES},
            {},
            r"spiral \(36, 16, 16, 3\) and no labels",
        ),
        ({"images": IMAGES.reshape(COUNT, -1), "labels": LABELS}, {}, r"'images': .* found \(36, 768\): reshape"),
        (
            {"images": np.moveaxis(IMAGES, 0, -1), "labels": LABELS},
            {},
            r"with the images last: move that axis",
        ),
        ({"images": IMAGES[..., [0, 1, 2, 0]], "labels": LABELS}, {}, r"with 4 colours: choose the three"),
        ({"images": IMAGES.transpose(0, 3, 1, 2)[:, [0, 1, 2, 0, 1]], "y": LABELS}, {}, r"with 5 colours: choose"),
        ({"images": IMAGES[0], "labels": LABELS}, {}, r"'images': \(16, 16, 3\) is one image"),
        ({"images": IMAGES[:3, ..., 0], "labels": LABELS[:3]}, {}, r"\(3, 16, 16\) may be one image or 3 grey ones"),
        ({"images": np.moveaxis(IMAGES, 0, -1), "psf": GREY, "y": LABELS}, {}, r"'images': .* with the images last"),
        ({"foo": np.moveaxis(IMAGES, 0, -1), "other": GREY, "y": LABELS}, {}, r"'foo': .* with the images last"),
        ({"data": IMAGES.reshape(COUNT, -1), "other": GREY, "y": LABELS}, {}, r"'data': .* reshape"),
        ({"mask": GREY, "y": LABELS}, {}, r"found mask \(36, 16, 16\), y \(36,\)$"),
        ({"images": GREY[:16], "labels": LABELS[:16]}, {}, r"may have its images along the first or the last"),
        (
            {"x_train": IMAGES, "y_train": LABELS, "y_test": LABELS},
            {},
            r"y_test \(36,\), and no images of that split",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_val": IMAGES, "y_val": NAMES[LABELS]},
            {},
            "y_train, y_val have names in one split and numbers in another",
        ),
        ({"images": IMAGES, "labels": np.zeros(COUNT)}, {}, r"images of 1 classes, and two are needed"),
        ({"images": IMAGES, "labels": np.array([None] * COUNT)}, {}, "'labels' holds Python objects"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_was_found(arrays, options, line, npz):
    with pytest.raises(SourceError, match=line) as caught:
        read(npz(**arrays), **options)
    assert "\n" not in str(caught.value)


def test_options_name_other_arrays(npz):
    path = npz(images=GREY, cutouts=IMAGES, label=LABELS, morph=NAMES[LABELS], name=np.repeat(np.arange(18), 2))
    listing, found = read(path, image_column="cutouts", label_column="morph", id_column="name")
    assert np.array_equal(found, IMAGES)
    assert classes(listing) == NAMES[LABELS].tolist()
    assert [item.object_id for item in listing.items[:3]] == ["0", "0", "1"]


def test_a_row_without_a_label_is_left_out_and_one_of_no_class_rejected(npz):
    names, hot = NAMES[LABELS], np.eye(3)[LABELS]
    names[2], hot[3, :2] = "", 1
    listing, _ = read(npz(images=IMAGES, labels=names))
    assert [(omission.what, omission.count) for omission in listing.omitted] == [("rows without a label", 1)]
    assert "00002" not in [item.id for item in listing.items]
    listing, _ = read(npz(images=IMAGES, labels=hot))
    assert listing.rejected == (("00003", "no single class is 1 in its row"),)


@pytest.mark.parametrize(
    "name", ["{}/images {}/labels", "{}_images {}_labels", "x_{} y_{}", "images-{} labels-{}", "{}_set_x {}_set_y"]
)
def test_the_names_of_arrays_tell_the_splits(name, tmp_path):
    first, second = name.split()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for start, split in enumerate(("train", "Val", "test")):
            file[first.format(split)], file[second.format(split)] = IMAGES[start::3], LABELS[start::3]
    listing, found = read(tmp_path / "a.h5")
    assert [item.split for item in listing.items] == [split for split in Split for _ in range(12)]
    assert np.array_equal(found, np.concatenate([IMAGES[start::3] for start in range(3)]))
    assert classes(listing) == numbered(np.concatenate([LABELS[start::3] for start in range(3)]))


def test_a_split_of_fewer_images_than_classes_has_their_names_too(npz):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[-2:], "y_test": LABELS[-2:], "class_names": NAMES}
    listing, _ = read(npz(**arrays))
    assert classes(listing) == [*NAMES[LABELS], *NAMES[LABELS[-2:]]]


def test_a_split_without_labels_is_left_out_and_counted(npz):
    listing, _ = read(npz(x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:5]))
    assert classes(listing) == numbered()
    assert [(omission.what, omission.count) for omission in listing.omitted] == [("array x_test (5, 16, 16, 3)", 5)]


def test_the_range_of_all_splits_is_one(tmp_path):
    for split, factor in (("train", 1), ("test", 0.5)):
        np.savez(tmp_path / f"{split}_dataset.npz", images=IMAGES / 255 * factor, labels=LABELS)
    listing, found = read(tmp_path)
    assert {item.split for item in listing.items} == {Split.TRAIN, Split.TEST}
    assert np.array_equal(found[:COUNT], IMAGES)
    assert np.array_equal(found[COUNT:], np.rint(IMAGES / 255 * 0.5 * 255))


def test_a_file_of_thousands_of_groups_is_refused_in_a_short_line(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number in range(300):
            file[f"galaxy{number:04d}/image"] = GREY[0]
    with pytest.raises(SourceError, match=r"galaxy0000/image \(16, 16\), .* and 297 more; put images") as caught:
        read(tmp_path / "a.h5")
    assert len(str(caught.value)) < 700


def test_pixels_that_hdf5_keeps_elsewhere_are_not_read(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(IMAGES.size))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("images", IMAGES.shape, np.uint8, external=[(str(tmp_path / "secret"), 0, IMAGES.size)])
        file["labels"] = LABELS
    with pytest.raises(SourceError, match="'images' is kept in other files"):
        read(tmp_path / "a.h5")


def test_an_npz_that_promises_more_than_there_is_room_for_is_refused(npz, monkeypatch):
    monkeypatch.setattr(scratch, "_SPARE", 2**60)
    with pytest.raises(SourceError, match=r"cannot be unpacked: it has .* are free in"):
        read(npz(images=IMAGES, labels=LABELS))


def test_what_is_beside_images_of_another_kind_is_not_their_labels(tmp_path):
    np.save(tmp_path / "x_train.npy", IMAGES)
    np.save(tmp_path / "y_test.npy", LABELS)
    with pytest.raises(SourceError, match="and no labels"):
        read(tmp_path / "x_train.npy")
    np.save(tmp_path / "y_train.npy", LABELS[::-1])
    listing, _ = read(tmp_path / "x_train.npy")
    assert classes(listing) == numbered(LABELS[::-1])


def test_labels_in_a_table_beside_arrays_and_pickles_are_refused_with_the_way_out(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    (tmp_path / "labels.csv").write_text("id,label\n1,a\n2,b\n")
    with pytest.raises(SourceError, match="looked for arrays such as labels, y or ans, not in tables"):
        read_source(tmp_path, SourceOptions())
    (tmp_path / "all.pkl").write_bytes(pickle.dumps({"images": IMAGES}))
    with pytest.raises(SourceError, match=r"found Python objects, which run code when read: save its arrays$"):
        read_source(tmp_path / "all.pkl", SourceOptions())


def test_what_arrays_say_beside_the_class_is_kept(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for start, split in enumerate(("train", "val", "test")):
            file[f"{split}/images"], file[f"{split}/ans"] = IMAGES[start::3], LABELS[start::3]
            file[f"{split}/redshift"] = np.arange(start, COUNT, 3).astype(">f4")
            file[f"{split}/masks"], file[f"{split}/survey"] = GREY[start::3], ["DECaLS"] * 12
    listing, _ = read(tmp_path / "a.h5")
    assert [omission.what for omission in listing.omitted][:1] == ["array train/masks (12, 16, 16)"]
    import_dataset(tmp_path / "a.h5", tmp_path / "out", ImportOptions(image_size=8))
    columns = Dataset.open(tmp_path / "out").columns()
    assert columns.column_names == ["id", "redshift", "survey"]
    by_id = dict(zip(columns["id"].to_pylist(), columns["redshift"].to_pylist(), strict=True))
    assert by_id["val/images/00003"] == 10


@pytest.mark.parametrize("count", [5, 70])
def test_an_array_a_file_for_each_image_is_refused_with_the_way_out(count, tmp_path):
    for row in range(count):
        place = tmp_path / PLAIN[row % 3]
        place.mkdir(exist_ok=True)
        np.save(place / f"{row:03d}.npy", IMAGES[0])
    with pytest.raises(SourceError, match=rf"and {count - 3} more; put images that are arrays each into one array"):
        read_source(tmp_path, SourceOptions())
