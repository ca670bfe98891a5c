"""What stands for no label is no class, in whatever form the source is."""

import json

import h5py
import numpy as np
import pytest
from datasets_tests.source_examples import png, tar_of, tfrecord, write_csv

from datasets.sources.labels import read_labels, without_unknown
from datasets.sources.options import SourceOptions
from datasets.sources.source import read_source

IMAGES = np.random.default_rng(3).integers(0, 255, (12, 12, 12, 3), dtype=np.uint8)
KNOWN = ["round", "edge"] * 4
MANY = [0, 1] * 4
UNKNOWN = ["nan", "NaN", "None", "null", "N/A", "", "--"]


def npz(place, labels):
    np.savez(place / "a.npz", images=IMAGES, labels=np.array(labels))
    return place / "a.npz"


def hdf5(place, labels):
    with h5py.File(place / "a.h5", "w") as file:
        file["images"] = IMAGES
        texts = all(isinstance(label, str) for label in labels)
        file.create_dataset("labels", data=labels, dtype=h5py.string_dtype() if texts else None)
    return place / "a.h5"


def records(place, labels):
    pairs = zip(IMAGES, labels, strict=True)
    encoded = [(png(image), label.encode() if isinstance(label, str) else label % 2**64) for image, label in pairs]
    (place / "a.tfrecord").write_bytes(b"".join(tfrecord(("image", data), ("label", label)) for data, label in encoded))
    return place / "a.tfrecord"


def webdataset(suffix):
    def make(place, labels):
        files = {}
        for number, (image, label) in enumerate(zip(IMAGES, labels, strict=True)):
            text = json.dumps({"label": label}) if suffix == "json" else str(label)
            files |= {f"{number:03d}.png": png(image), f"{number:03d}.{suffix}": text.encode()}
        return tar_of(place / "a.tar", files)

    return make


def table(place, labels):
    for number, image in enumerate(IMAGES):
        (place / f"{number}.png").write_bytes(png(image))
    write_csv(place / "t.csv", ["path", "label"], [[f"{number}.png", label] for number, label in enumerate(labels)])
    return place


FORMS = {
    "npz": npz,
    "hdf5": hdf5,
    "tfrecord": records,
    "json": webdataset("json"),
    "cls": webdataset("cls"),
    "table": table,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("nothing", UNKNOWN)
def test_text_that_stands_for_nothing_is_no_class(form, nothing, tmp_path):
    listing = read_source(FORMS[form](tmp_path, [nothing] * 4 + KNOWN), SourceOptions()).listing
    assert listing.classes == ("edge", "round")
    assert len(listing.items) == 8
    assert listing.left_out + len(listing.rejected) == 4


@pytest.mark.parametrize("form", FORMS)
def test_minus_one_beside_numbers_from_0_on_is_no_class_which_is_said(form, tmp_path):
    listing = read_source(FORMS[form](tmp_path, [-1] * 4 + MANY), SourceOptions()).listing
    assert listing.classes == ("0", "1")
    assert (len(listing.items), listing.left_out + len(listing.rejected)) == (8, 4)
    assert any(note.startswith("-1 beside 0 to 1 is taken for no label") for note in listing.notes)


def test_minus_one_costs_a_table_no_names(tmp_path):
    source = table(tmp_path, [-1] * 4 + MANY)
    assert read_source(source, SourceOptions(legend="0=round,1=edge")).listing.classes == ("edge", "round")
    for legend in ("-1=odd,0=round,1=edge", "-1 = odd, 0=round, 1=edge"):
        assert read_source(source, SourceOptions(legend=legend)).listing.classes == ("edge", "odd", "round")
    (source / "classes.txt").write_text("-1 odd\n0 round\n1 edge\n")
    assert read_source(source, SourceOptions()).listing.classes == ("edge", "odd", "round")
    (source / "classes.txt").write_text("round\nedge\n")
    listing = read_source(source, SourceOptions()).listing
    assert (listing.classes, len(listing.items)) == (("edge", "round"), 8)


@pytest.mark.parametrize("numbers", [[-2, -1, 0, 1], [-1, 0], [-1, 1, 2], [-1, 0, 2]])
def test_other_negative_numbers_are_classes(numbers):
    labels = read_labels(np.array(numbers * 3), ())
    assert without_unknown([labels]) == [labels]


def test_minus_one_is_no_class_in_any_part_where_it_is_none_in_all():
    parts = [read_labels(np.array(numbers), ()) for numbers in ([0, 1, 2], [-1, 0])]
    assert [part.names for part in without_unknown(parts)] == [("0", "1", "2"), (None, "0")]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (["1", "1.0", "0", "2"], ("1", "1", "0", "2")),
        (["1", "01", "00", "2"], ("1", "1", "0", "2")),
        (["01", "02"], ("01", "02")),
        (["1", "01", "x"], ("1", "01", "x")),
    ],
)
def test_a_number_is_one_class_however_it_is_written(written, names):
    assert read_labels(np.array(written), ()).names == names


def test_numbers_of_several_kinds_in_json_are_one_class(tmp_path):
    path = webdataset("json")(tmp_path, [1, 1.0, "1", "0"] * 3)
    assert read_source(path, SourceOptions()).listing.classes == ("0", "1")
