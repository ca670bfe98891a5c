"""Tables of labels as people have them: which images they mean, and which classes; or why they are refused."""

import gzip
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from datasets_tests.source_examples import listed_as

from datasets import SourceError, Split
from datasets.sources.listing import Listing
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import recognise
from datasets.sources.source import read_source
from datasets.sources.trees import open_source

IMAGES = ("images/1.jpg", "images/2.jpg", "images/3.jpg", "images/4.jpg")
XYXY = {"images/1.jpg": "x", "images/2.jpg": "y", "images/3.jpg": "x", "images/4.jpg": "y"}


WILD = Path("../shared/wild")
OWNED = {
    "tables/filename_class.zip": [4, 4, 4],
    "tables/onehot.zip": [4, 4, 4],
    "tables/semicolon.zip": [4, 4, 4],
    "tables/no_suffix.zip": [4, 4, 4],
    "tables/latin1.zip": [4, 4, 4],
    "tables/bom_crlf_ok.zip": [4, 4, 4],
    "tables/hf_image_struct.parquet": [4, 4, 4],
    "tables/zoobot_file_loc.zip": [6, 6],
    "layouts/flat_train_test_csv.zip": [4, 4],
}


def fill(place, files: Mapping[str, str | bytes], images=IMAGES):
    """Write tables, and images whose content is their name."""
    for name, data in {**{name: name for name in images}, **files}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return place


def zip_in(place, files: Mapping[str, str | bytes], images=IMAGES):
    with zipfile.ZipFile(place / "source.zip", "w") as archive:
        for name, data in {**{name: name for name in images}, **files}.items():
            archive.writestr(name, data)
    return place / "source.zip"


def read(source, **options) -> Listing:
    """Read a source as ``galaxy import`` does, which has to take it for a table."""
    opened = read_source(source, SourceOptions(**options))
    assert opened.provenance.format == "table"
    return opened.listing


@pytest.mark.skipif(not WILD.exists(), reason="no ../shared/wild")
@pytest.mark.parametrize("name", OWNED)
def test_files_as_people_have_them(name):
    listing = read(WILD / name)
    assert [*Counter(item.label for item in listing.items).values()] == OWNED[name]
    assert all(item.read() for item in listing.items)
    assert not listing.rejected


def labelled(listing: Listing) -> dict[str, str]:
    """Return the class of each image by its content, which is its name."""
    return {item.read().decode(): listing.classes[item.label] for item in listing.items}


def rows(*values: str, header="path,label", labels="xyxy") -> str:
    return "\n".join([header, *(f"{value},{label}" for value, label in zip(values, labels, strict=True))])


def parquet(metadata=None, **columns) -> bytes:
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), sink := io.BytesIO())
    return sink.getvalue()


def numbered(pattern: str) -> str:
    return rows(*(pattern.format(n) for n in (1, 2, 3, 4)))


FOUND = {
    "relative to the table": {"labels.csv": numbered("images/{}.jpg")},
    "with a dot": {"labels.csv": numbered("./images/{}.jpg")},
    "in a folder of its own": {"tables/labels.csv": numbered("../images/{}.jpg")},
    "relative to the source": {"tables/labels.csv": numbered("images/{}.jpg")},
    "names alone": {"labels.csv": numbered("{}.jpg")},
    "no suffix": {"labels.csv": numbered("images/{}")},
    "ids": {"labels.csv": numbered("{}").replace("path", "GalaxyID")},
    "ids as decimals": {"labels.csv": numbered("{}.0").replace("path", "id_str")},
    "of another machine": {"labels.csv": numbered("/home/somebody/galaxies/images/{}.jpg")},
    "of windows": {"labels.csv": numbered(r"C:\\Users\\somebody\\images\\{}.jpg")},
    "urls": {"labels.csv": numbered("https://archive.org/cutouts/images/{}.jpg?size=64")},
    "file urls": {"labels.csv": numbered("file:///data/images/{}.jpg")},
    "another case of the suffix": {"labels.csv": numbered("images/{}.JPG")},
    "a column of an unknown name": {"labels.csv": numbered("{}.jpg").replace("path", "fichier")},
    "other columns": {"labels.csv": rows(*"1234", header="objid,label,z", labels=["x,.1", "y,.2", "x,.3", "y,"])},
    "an index": {"labels.csv": rows(*(f"{n},{n}" for n in "1234"), header=",image_id,label")},
    "one-hot": {"train.csv": rows(*"1234", header="image_id,x,y", labels=["1,0", "0,1", "1.0,0.0", "0,1"])},
    "one-hot truths": {"train.csv": rows(*"1234", header="image_id,x,y", labels=["True,False", "False,True"] * 2)},
    "one-hot by option": {"a.csv": rows(*"1234", header="id,x,y,w", labels=["1,0,1", "0,1,1", "1,0,0", "0,1,1"])},
    "numbers and their names": {"a.csv": rows(*"1234", header="id,label,label_name", labels=["0,x", "1,y"] * 2)},
    "a legend as text": {"a.csv": rows(*"1234", labels="0101"), "classes.txt": "x\ny\n"},
    "a legend from 1": {"a.csv": rows(*"1234", labels="1212"), "class_names.txt": "x\r\ny"},
    "a legend of pairs": {"a.csv": rows(*"1234", labels=["3", "7.0"] * 2), "labels.txt": "7 y\n3: x"},
    "a legend as json": {"a.csv": rows(*"1234", labels="0101"), "class_to_idx.json": '{"x": 0, "y": 1}'},
    "a legend as a list": {"a.csv": rows(*"1234", labels="0101"), "classes.json": '["x", "y"]'},
    "a legend by option": {"a.csv": rows(*"1234", labels="0101")},
    "a legend as a table": {"a.csv": rows(*"1234", labels="0101"), "classes.csv": "id,name\n0,x\n1,y\n"},
    "tabs": {"labels.tsv": numbered("images/{}.jpg").replace(",", "\t")},
    "a text file": {"labels.txt": numbered("images/{}.jpg").replace(",", "\t")},
    "metadata of Hugging Face": {
        "images/metadata.jsonl": "".join(
            json.dumps({"file_name": f"{n}.jpg", "label": "xy"[n % 2 == 0], "objects": {"z": [n]}}) + "\n"
            for n in (1, 2, 3, 4)
        )
    },
    "numbers that are images' by chance": {"a.csv": rows(*"1234", header="path,id,label", labels=["1,x", "2,y"] * 2)},
    "parquet": {"a.parquet": parquet(image_id=[1, 2, 3, 4], label=["x", "y", "x", "y"])},
    "categories": {"a.parquet": parquet(id=[1, 2, 3, 4], label=pa.array(["x", "y", "x", "y"]).dictionary_encode())},
    "a dummy beside it": {"train.csv": numbered("{}"), "sample_submission.csv": rows(*"1234", labels="0000")},
    "one-hot beside a flag": {
        "a.csv": rows(*"1234", header="id,x,y,is_train", labels=["1,0,1", "0,1,1", "1,0,0", "0,1,0"])
    },
    "notes beside it": {
        "labels.csv": numbered("{}"),
        "notes.csv": "telescope,nights\nsdss,5\n",
        "README.txt": "a, b\n",
    },
}
OPTIONS = {"one-hot by option": {"label_column": "x,y"}, "a legend by option": {"legend": "0=x,1=y"}}


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("make", [fill, zip_in])
def test_every_way_to_name_images_and_classes_is_understood(make, name, tmp_path):
    source = make(tmp_path, FOUND[name])
    assert labelled(read(source, **OPTIONS.get(name, {}))) == XYXY


@pytest.mark.parametrize("value", ["images/{}.jpg", "{}/images/{}.jpg", "elsewhere/images/{}.jpg", "{}", "images/{}"])
def test_a_table_by_itself_finds_its_images_beside_it(value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(
        tmp_path / "data",
        {"labels.csv": rows(*(value.format(*[tmp_path / "data", n][-value.count("{}") :]) for n in "1234"))},
    )
    assert labelled(read(tmp_path / "data" / "labels.csv")) == XYXY


def test_paths_may_be_relative_to_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path, {"tables/labels.csv": numbered("images/{}.jpg")})
    assert labelled(read(tmp_path / "tables" / "labels.csv")) == XYXY


def test_images_may_lie_in_an_archive_beside_the_table(tmp_path):
    zip_in(tmp_path, {}).rename(tmp_path / "images.zip")
    fill(tmp_path, {"labels.csv": numbered("images/{}.jpg")}, images=())
    assert labelled(read(tmp_path)) == labelled(read(tmp_path / "labels.csv")) == XYXY


def test_ids_of_items_are_the_paths_in_the_table_where_these_lead_there(tmp_path):
    fill(tmp_path, {"a.csv": rows("images/1.jpg", "2.jpg", "/home/me/images/3.jpg", "4", header="path,label")})
    assert [item.id for item in read(tmp_path).items] == list(IMAGES)


def test_the_longest_end_of_a_path_tells_files_of_one_name_apart(tmp_path):
    images = ("a/images/1.jpg", "b/images/1.jpg", "b/2.jpg", "c/2.jpg", "a/3.jpg", "only/4.jpg")
    values = ("/x/a/images/1.jpg", "/x/b/images/1.jpg", "2.jpg", "b/3.jpg", "/y/4.jpg")
    source = fill(tmp_path, {"labels.csv": rows(*values, labels="xyxyy")}, images)
    listing = read(source, format="table")
    assert labelled(listing) == {"a/images/1.jpg": "x", "b/images/1.jpg": "y", "only/4.jpg": "y"}
    assert dict(listing.rejected) == {"2.jpg": "may be b/2.jpg, c/2.jpg", "b/3.jpg": "no such file"}


def test_a_table_of_a_split_means_the_images_in_the_folder_of_its_split(tmp_path):
    images = ("train/1.jpg", "train/2.jpg", "test/1.jpg", "test/3.jpg")
    source = fill(tmp_path, {"train.csv": rows("1", "2", "3", labels="xyx", header="id,label")}, images)
    listing = read(source)
    assert listing.rejected == (("3", "no such file"),)
    assert labelled(listing) == {"train/1.jpg": "x", "train/2.jpg": "y"}
    assert [(left.what, left.count) for left in listing.omitted] == [("images that no row of the table names", 2)]


def test_tables_of_splits_are_read_together(tmp_path):
    images = ("train/1.jpg", "train/2.jpg", "val/1.jpg", "test/1.jpg")
    tables = {
        "train.csv": rows("1.jpg", "2.jpg", labels="xy"),
        "val.csv": rows("1.jpg", labels="x"),
        "test.csv": rows("1.jpg", labels="y"),
    }
    listing = read(fill(tmp_path, tables, images))
    assert labelled(listing) == {"train/1.jpg": "x", "train/2.jpg": "y", "val/1.jpg": "x", "test/1.jpg": "y"}
    assert {item.id: item.split for item in listing.items}["val/1.jpg"] == Split.VALIDATION
    assert listing.splits_from == "the names of the tables test.csv, train.csv, val.csv"
    assert len(read(tmp_path, table="train.csv,val.csv").items) == 3
    assert labelled(read(tmp_path, table="train.csv")) == {"train/1.jpg": "x", "train/2.jpg": "y"}


def test_a_table_in_the_folder_of_each_split(tmp_path):
    images = ("train/1.jpg", "train/2.jpg", "test/1.jpg")
    tables = {"train/metadata.csv": rows("1.jpg", "2.jpg", labels="xy", header="file_name,label")}
    tables["test/metadata.csv"] = rows("1.jpg", labels="x", header="file_name,label")
    listing = read(fill(tmp_path, tables, images))
    assert labelled(listing) == {"train/1.jpg": "x", "train/2.jpg": "y", "test/1.jpg": "x"}
    assert [item.split for item in listing.items] == [Split.TEST, Split.TRAIN, Split.TRAIN]


def test_accents_of_two_kinds_and_images_below_the_first_rows(tmp_path):
    values = [*(f"gone{n}" for n in range(200)), "e\u0301t\u00e9.jpg", "b.jpg"]
    labels = "x" * 201 + "y"
    source = fill(tmp_path, {"a.csv": rows(*values, labels=labels)}, ("images/\u00e9te\u0301.jpg", "images/b.jpg"))
    assert labelled(read(source, allow_missing=True)) == {"images/\u00e9te\u0301.jpg": "x", "images/b.jpg": "y"}
    with pytest.raises(SourceError, match=r"200 of its 202 rows .*--allow-missing"):
        read(source)


def test_splits_of_the_folders_that_the_paths_lead_to(tmp_path):
    images = ("data/train/1.jpg", "data/train/2.jpg", "data/test/1.jpg")
    listing = read(fill(tmp_path, {"a.csv": rows("train/1.jpg", "train/2.jpg", "test/1.jpg", labels="xyx")}, images))
    assert [item.split for item in listing.items] == [Split.TRAIN, Split.TRAIN, Split.TEST]
    assert listing.splits_from == "the folders that the images lie in"


@pytest.mark.parametrize("odd", ["data/train_extra/1.jpg", "data/public_test/1.jpg", "1.jpg"])
def test_folders_of_splits_beside_one_of_none_are_not_guessed_at(odd, tmp_path):
    images = ("data/train/1.jpg", "data/train/2.jpg", "data/test/1.jpg", odd)
    source = fill(tmp_path, {"a.csv": rows(*images, labels="xyxy")}, images)
    folder = f"data/{odd.split('/')[1]}/" if "/" in odd else "no folder"
    with pytest.raises(SourceError, match=rf"in data/test/, data/train/ and in {folder}, which .*--split-column none"):
        read(source)
    listing = read(source, split_column="none")
    assert ({item.split for item in listing.items}, listing.splits_from) == ({None}, "")


def test_images_to_train_on_and_others_need_no_splits(tmp_path):
    images = ("train/1.jpg", "train/2.jpg", "more/1.jpg")
    listing = read(fill(tmp_path, {"a.csv": rows(*images, labels="xyx")}, images))
    assert {item.split for item in listing.items} == {None}


def test_splits_have_any_usual_spelling(tmp_path):
    spelled = ["train", "Training", "VAL", "valid", "validation", "dev", "test", "Testing", ""]
    images = [f"{number}.png" for number in range(len(spelled))]
    lines = [
        f"{name},{'xy'[number % 2]},{split}" for number, (name, split) in enumerate(zip(images, spelled, strict=True))
    ]
    listing = read(fill(tmp_path, {"a.csv": "\n".join(["path,label,split", *lines])}, images))
    expected = [Split.TRAIN] * 2 + [Split.VALIDATION] * 4 + [Split.TEST] * 2 + [None]
    assert [item.split for item in listing.items] == expected
    assert listing.splits_from == "the column 'split' of a.csv"


def test_a_column_that_is_called_set_and_has_no_splits_is_passed_over(tmp_path):
    text = rows("1", "2", "3", "4", header="id,set,label", labels=["SDSS,x", "DES,y"] * 2)
    listing = read(fill(tmp_path, {"a.csv": text}))
    assert (labelled(listing), listing.splits_from) == (XYXY, "")
    assert "the column 'set' has no splits, but DES, SDSS" in listing.notes


def hugging_face(labels, images=IMAGES) -> bytes:
    features = {"image": {"_type": "Image"}, "label": {"names": ["x", "y"], "_type": "ClassLabel"}}
    cells = [{"bytes": name.encode(), "path": None} for name in images]
    return parquet({b"huggingface": json.dumps({"info": {"features": features}}).encode()}, image=cells, label=labels)


@pytest.mark.parametrize("make", [fill, zip_in])
def test_images_of_a_hugging_face_table_and_its_names_of_labels(make, tmp_path):
    shards = {
        "data/train-00000-of-00002.parquet": hugging_face([0, 1], IMAGES[:2]),
        "data/train-00001-of-00002.parquet": hugging_face([0], IMAGES[2:3]),
        "data/test-00000-of-00001.parquet": hugging_face([1, -1], (IMAGES[3], "unlabelled")),
    }
    source = make(tmp_path, shards, ())
    opened = read_source(source, SourceOptions())
    listing = opened.listing
    assert labelled(listing) == XYXY
    assert [item.split for item in listing.items] == [Split.TEST, Split.TRAIN, Split.TRAIN, Split.TRAIN]
    assert listing.rejected == (("data/test-00000-of-00001.parquet/1", "no label"),)


@pytest.mark.parametrize("make", [fill, zip_in])
def test_a_table_that_holds_images_and_is_packed_as_a_whole_is_to_be_unpacked(make, tmp_path):
    source = make(tmp_path, {"a.parquet.gz": gzip.compress(hugging_face([0, 1, 0, 1]))}, ())
    with pytest.raises(SourceError, match=r"a\.parquet\.gz' holds images and is packed as a whole, .*: unpack it$"):
        read(source)


def test_decimal_commas_in_one_hot_columns_are_ones_and_zeros(tmp_path):
    text = "id;smooth;disk;mag\n1;1,0;0,0;17,5\n2;0,0;1,0;18,5\n3;1,0;0,0;17,5\n4;0,0;1,0;18,5\n"
    listing = read(fill(tmp_path, {"a.csv": text}))
    assert labelled(listing) == {f"images/{n}.jpg": "disk" if n % 2 == 0 else "smooth" for n in range(1, 5)}


def test_images_in_arrow_files_and_in_parts_of_a_parquet_file(tmp_path):
    table = pa.table({"image": [name.encode() for name in IMAGES], "label": ["x", "y", "x", "y"]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    for opened, name in ((pa.ipc.new_file, "b.arrow"), (pa.ipc.new_stream, "c.arrow")):
        with opened(tmp_path / name, table.schema) as writer:
            writer.write_table(table)
    for name in ("a.parquet", "b.arrow", "c.arrow"):
        listing = read(tmp_path / name)
        assert {item.read().decode(): listing.classes[item.label] for item in reversed(listing.items)} == XYXY


def test_a_column_of_numbers_without_names_names_its_classes_by_them(tmp_path):
    listing = read(
        fill(tmp_path, {"catalog.csv": rows(*"1234", header="id_str,ring,frac", labels=["1,.3", "0.0,.4"] * 2)})
    )
    assert set(labelled(listing).values()) == {"0", "1"}
    assert listing.notes == (
        "no column is called label or class: 'ring' is the only one of 0 and 1",
        "the classes are the numbers of the column 'ring': names can be given with --legend 0=NAME,1=NAME",
    )


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("1.jpg,x\n1.jpg,x\n2.jpg,x\n2.jpg,y\n2.jpg,y\n3.jpg,y\n", {"images/2.jpg": "listed as 'x' and as 'y'"}),
        ("1.jpg,x\n2.jpg,y\n3.jpg,\n4.jpg,nan\n1.jpg,\n", {"images/3.jpg": "no label", "images/4.jpg": "no label"}),
        ("1.jpg,x\n2.jpg,y\n,y\nnone.jpg,x\n", {"labels.csv, row 4": "no image is named", "none.jpg": "no such file"}),
    ],
)
def test_rows_that_cannot_be_used_are_rejected_with_the_reason(text, rejected, tmp_path):
    listing = read(fill(tmp_path, {"labels.csv": f"path,label\n{text}"}))
    assert dict(listing.rejected) == rejected
    assert len(listing.rejected) == len(rejected)
    assert not {item.id for item in listing.items} & rejected.keys()


def test_an_image_of_two_splits_stays_in_the_one_that_is_measured_on(tmp_path):
    listing = read(fill(tmp_path, {"a.csv": "path,label,split\n1,x,train\n1,x,test\n2,y,val\n2,y,train\n3,x,train\n"}))
    assert [item.split for item in listing.items] == [Split.TEST, Split.VALIDATION, Split.TRAIN]
    assert listing.rejected == (
        ("images/1.jpg", "listed in test, which keeps it, and in train"),
        ("images/2.jpg", "listed in validation, which keeps it, and in train"),
    )


REFUSED = {
    "a holdout": (
        {"a.csv": "path,label,split\n1,x,train\n2,y,holdout\n"},
        "row 3: expected a split train, .*, found 'hold",
    ),
    "one class": (
        {"a.csv": rows(*"1234", labels="xxxx")},
        "expected images of two classes or more in the column 'label'",
    ),
    "no rows": ({"a.csv": "path,label\n"}, "expected a row for each image, found the columns alone"),
    "ragged": ({"a.csv": "path,label\n1\n"}, "expected 2 columns in each row, found 1 in line 2: 1"),
    "no images": (
        {"a.csv": rows("7", "8", "9", "10")},
        r"expected a column that leads to images, found path, label; 'path' has '7', no such file: .*1.jpg"
        ".*--image-column",
    ),
    "most images are missing": (
        {"a.csv": rows("1", "2", "8", "9", "10", labels="xyxyx")},
        "3 of its 5 rows .*--allow-missing",
    ),
    "two columns of images": (
        {"a.csv": rows("1,2", "2,3", "3,4", "4,1", header="path,image,label")},
        "columns path, image, which lead to different images: say which .*--image-column path or --image-column image",
    ),
    "two columns of classes": (
        {"a.csv": rows("1,u", "2,u", "3,v", "4,v", header="path,class,label")},
        "columns label, class, which are different classes: .*--label-column label or --label-column class",
    ),
    "two tables": (
        {"a.csv": numbered("{}"), "b.csv": rows(*"1234", labels="yyxx")},
        "the tables a.csv, b.csv, which all have .*--table a.csv or --table b.csv",
    ),
    "splits and all of them": (
        {name: numbered("{}") for name in ("all.csv", "train.csv", "test.csv")},
        "which all have .*--table all.csv or --table test.csv,train.csv",
    ),
    "soft votes": (
        {"a.csv": rows(*"1234", header="id,smooth,featured", labels=["0.1,0.9", "0.2,0.8", "0.3,0.7", "0.6,0.4"])},
        "expected a column of classes, .* found id, smooth, featured: .*--label-column; .*--classes rules.toml",
    ),
    "a vote as label": (
        {"a.csv": rows(*"1234", header="id,label", labels=["0.1", "0.2", "0.35", "1"])},
        "expected classes in the column 'label', found numbers such as 0.1, 0.2, 0.35 .*--classes rules.toml",
    ),
    "a vote as label, with a comma": (
        {"a.csv": "id;label\n1;0,1\n2;0,2\n3;0,35\n4;1\n"},
        "expected classes in the column 'label', found numbers such as 0.1, 0.2, 0.35 .*--classes rules.toml",
    ),
    "measured numbers that recur, with a comma": (
        {"a.csv": "id;kind\n1;0,1\n2;0,2\n3;0,1\n4;0,2\n"},
        "expected a column of classes, .* found id, kind: name the column of the classes with --label-column",
    ),
    "flags": (
        {"a.csv": rows(*"1234", header="id,ring,bar", labels=["0,1", "1,1", "0,0", "1,0"])},
        "expected a column of classes, .* found id, ring, bar: .*--label-column ring or --label-column bar",
    ),
    "a type beside a ring": (
        {"a.csv": rows(*"1234", header="id,type,ring", labels=["a,0", "b,1"] * 2)},
        "expected a column of classes, .* found id, type, ring: .*--label-column ring or --label-column type",
    ),
    "a type that is a profile": (
        {"a.csv": rows(*"1234", header="id,type", labels=["PSF", "DEV"] * 2)},
        "expected a column of classes, .* found id, type: say which with --label-column type",
    ),
    "a dummy beside a column of an unknown name": (
        {
            "z.csv": rows(*"1234", header="id_code,diagnosis"),
            "sample_submission.csv": rows(*"1234", header="id_code,diagnosis"),
        },
        "z.csv' cannot be imported: expected a column of classes.*--label-column diagnosis",
    ),
    "names of classes alone": (
        {"classes.csv": rows(*"1234", header="id,label")},
        "classes.csv|no table|only the class",
    ),
    "a flag alone": (
        {"a.csv": rows(*"1234", header="id,wrong_size_warning", labels="0101")},
        "expected a column of classes, .* found id, wrong_size_warning: .*--label-column",
    ),
    "no names of columns": (
        {"a.csv": "".join(f"images/{n}.jpg,{'xy'[n % 2]}\n" for n in (1, 2, 3, 4))},
        "expected the names of its columns in its first line, found the image 'images/1.jpg': write a line",
    ),
    "a workbook": ({"a.xlsx": b"PK\3\4"}, "found an Excel or zip file: save its sheet as CSV"),
    "no label among the names": (
        {"a.parquet": hugging_face([0, 1, 2, 0])},
        "the labels 0, 1, 2, and it has names for 2: x, y",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_is_refused_with_the_way_out(name, tmp_path):
    files, message = REFUSED[name]
    with pytest.raises(SourceError, match=message) as caught:
        read(fill(tmp_path, files))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"image_column": "IMAGE", "label_column": "class"}, {"images/2.jpg": "u", "images/3.jpg": "v"}),
        ({"image_column": "path", "label_column": "label"}, {"images/1.jpg": "x", "images/2.jpg": "y"}),
        (
            {"image_column": "path", "label_column": "label", "id_column": "class"},
            {"images/1.jpg": "x", "images/2.jpg": "y"},
        ),
    ],
)
def test_options_decide_which_column_is_what(options, expected, tmp_path):
    source = fill(tmp_path, {"a.csv": "path,image,class,label\n1,2,u,x\n2,3,v,y\n"})
    listing = read(source, **options)
    assert labelled(listing) == expected
    assert [item.object_id for item in listing.items] == (["u", "v"] if "id_column" in options else ["", ""])
    for name in options:
        with pytest.raises(SourceError, match=f"--{name.replace('_', '-')} nope: .* has no column 'nope'.*label"):
            read(source, **options | {name: "nope"})


def test_missing_images_are_rejected_where_they_may_be_missing(tmp_path):
    listing = read(fill(tmp_path, {"a.csv": rows("1", "2", "8", "9", "10", labels="xyxyx")}), allow_missing=True)
    assert labelled(listing) == {"images/1.jpg": "x", "images/2.jpg": "y"}
    assert dict(listing.rejected) == dict.fromkeys(("8", "9", "10"), "no such file")


def test_a_path_out_of_a_zip_is_not_followed(tmp_path):
    (tmp_path / "evil.png").write_bytes(b"evil")
    values = ("../evil.png", "/etc/hostname", "images/1.jpg", "images/2.jpg", "3.jpg")
    listing = read(zip_in(tmp_path, {"labels.csv": rows(*values, labels="xyxyx")}))
    assert labelled(listing) == {name: XYXY[name] for name in IMAGES[:3]}
    assert dict(listing.rejected) == {"../evil.png": "no such file", "/etc/hostname": "no such file"}


def test_class_folders_with_a_table_of_something_else_stay_class_folders(make_source):
    source = make_source(a=3, b=3)
    (source / "redshifts.csv").write_text("name,z\n0,0.1\n")
    (source / "broken.csv").write_bytes(b"\xff\xfe\x00")
    (source / "catalog.csv").write_text("name,class,z\n0,galaxy,0.1\n1,galaxy,0.2\n")
    assert recognise(open_source(source), SourceOptions())[0] == "class-folders"


def test_class_folders_with_a_table_of_labels_are_refused_unless_one_is_meant(make_source):
    source = make_source(a=3, b=3)
    names = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.*"))
    (source / "labels.csv").write_text(rows(*names, labels="xxyyxy"))
    with pytest.raises(SourceError, match=r"--format class-folders .*--format table"):
        read_source(source, SourceOptions())
    assert read(source, label_column="label").classes == ("x", "y")


def test_paths_of_fits_files_are_composed(tmp_path):
    fits.PrimaryHDU(np.arange(216, dtype=np.float32).reshape(3, 8, 9)).writeto(tmp_path / "cube.fits")
    (tmp_path / "labels.csv").write_text("path,label\ncube.fits,x\nb.png,y\n")
    (tmp_path / "b.png").write_bytes(b"b")
    assert listed_as("table", tmp_path / "labels.csv").items[0].read().size == (8, 9)


@pytest.mark.parametrize("names", [["g1", "g2"], ["g1_g.fits", "g1_r.fits", "/x/g2_i.fits"], ["cutouts/g1_g", "g2"]])
def test_files_of_the_bands_of_a_galaxy_are_one_image(names, tmp_path):
    for galaxy in ("g1", "g2", "g3"):
        for band in "gri" if galaxy != "g3" else "gu":
            path = tmp_path / "cutouts" / f"{galaxy}_{band}.fits"
            path.parent.mkdir(exist_ok=True)
            fits.PrimaryHDU(np.arange(72, dtype=np.float32).reshape(8, 9)).writeto(path)
    labels = "xxy"[-len(names) :]
    (tmp_path / "labels.csv").write_text(rows(*names, "g3", labels=f"{labels}x"))
    for source in (tmp_path, tmp_path / "labels.csv"):
        listing = listed_as("table", source)
        assert [item.read().names for item in listing.items] == [("g", "r", "i")] * 2
        assert [name for name, _ in listing.rejected] == ["g3"]


def test_catalogues_in_fits_are_tables_and_cutouts_are_not(tmp_path):
    fill(tmp_path, {})
    columns = [
        fits.Column("name", "10A", array=np.array(["1", "2", "3", "4"])),
        fits.Column("class", "5A", array=np.array(["x", "y"] * 2)),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(tmp_path / "catalog.fits")
    assert labelled(read(tmp_path)) == labelled(read(tmp_path / "catalog.fits")) == XYXY


@pytest.mark.parametrize("text", ["", "path,label\n1,x\n2\n"])
def test_what_is_wrong_with_a_table_by_itself_is_one_line_that_names_it(text, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=rf"^'{re.escape(str(path))}' cannot be imported: expected ") as caught:
        read_source(path, SourceOptions())
    assert "\n" not in str(caught.value)


def test_folders_that_all_images_lie_in_are_no_splits(tmp_path):
    images = [f"test/gz/{part}.jpg" for part in ("train/1", "train/2", "more/1")]
    source = fill(tmp_path, {"a.csv": rows(*images, labels="xyx")}, images)
    assert {item.split for item in read(source).items} == {None}
