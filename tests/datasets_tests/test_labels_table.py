import re

import numpy as np
import pytest
from astropy.io import fits
from datasets_tests.source_examples import listed_as

from datasets import SourceError, Split
from datasets.errors import ImageError
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import recognise
from datasets.sources.trees import open_source

NAMES = ("a.png", "b.png", "c.png")


def table(place, text, name="labels.csv", encoding="utf-8"):
    for file in NAMES:
        (place / file).write_bytes(file.encode())
    path = place / name
    path.write_bytes(text.encode(encoding))
    return path


def test_columns_are_found_by_name_in_any_case_order_and_company(tmp_path):
    listing = listed_as(
        "table", table(tmp_path, "extra,LABEL, Path \n1,spiral,a.png\n2,round,b.png\n", encoding="utf-8-sig")
    )
    assert listing.classes == ("round", "spiral")
    assert [(item.id, item.label, item.split, item.object_id) for item in listing.items] == [
        ("a.png", 1, None, ""),
        ("b.png", 0, None, ""),
    ]
    assert [item.read() for item in listing.items] == [b"a.png", b"b.png"]


def test_splits_have_any_usual_spelling(tmp_path):
    spelled = ["train", "Training", "VAL", "valid", "validation", "dev", "test", "Testing", ""]
    rows = "".join(f"{number}.png,{'xy'[number % 2]},{name}\n" for number, name in enumerate(spelled))
    listing = listed_as("table", table(tmp_path, "path,label,split\n" + rows))
    expected = [Split.TRAIN] * 2 + [Split.VALIDATION] * 4 + [Split.TEST] * 2 + [None]
    assert [item.split for item in listing.items] == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("path,label,split\na.png,x,train\nb.png,y,holdout\n", "row 3: expected a split train, .*, found 'holdout'"),
        ("path,label\na.png,x\n,y\n", "row 3 has no path"),
        ("path,label\na.png,x\nb.png,x\n", "found images of 1 classes, and two are needed to tell apart"),
        ("path,label\n", "found images of 0 classes"),
        ("path,class\na.png,x\n", "expected the column 'label', found path, class"),
        ("path,label\na.png\n", "expected 2 columns in each row, found 1 in line 2: a.png"),
        ("", "expected a table, found an empty file"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line(tmp_path, text, line):
    path = table(tmp_path, text)
    with pytest.raises(SourceError, match=f"^'{re.escape(str(path))}' cannot be imported: .*{line}") as caught:
        listed_as("table", path)
    assert "\n" not in str(caught.value)


def test_a_path_listed_twice_is_one_image_and_with_two_labels_none(tmp_path):
    rows = "a.png,x\na.png,x\nb.png,x\nb.png,y\nc.png,y\n"
    listing = listed_as("table", table(tmp_path, "path,label\n" + rows))
    assert [item.id for item in listing.items] == ["a.png", "c.png"]
    assert listing.rejected == (("b.png", "listed as 'x' and as 'y'"),)


def test_rows_without_a_label_are_left_out(tmp_path):
    listing = listed_as("table", table(tmp_path, "path,label\na.png,x\nb.png,y\nc.png,\n"))
    assert (len(listing.items), listing.left_out) == (2, 1)


def test_a_missing_file_is_found_when_it_is_read(tmp_path):
    listing = listed_as("table", table(tmp_path, "path,label\nmissing.png,x\nb.png,y\n"))
    with pytest.raises(ImageError, match="no such file"):
        listing.items[0].read()


def test_a_path_out_of_a_zip_is_not_followed(tmp_path, zipped):
    text = "path,label\n../evil.png,x\n/etc/hostname,y\nb.png,y\n"
    listing = listed_as("table", zipped(None, extra={"data/labels.csv": text.encode(), "data/b.png": b"b.png"}))
    read = {item.id: item for item in listing.items}
    assert read["b.png"].read() == b"b.png"
    for name in ("../evil.png", "/etc/hostname"):
        with pytest.raises(ImageError, match=r"^no such file in the archive|^path leaves the archive"):
            read[name].read()


def test_class_folders_with_a_table_of_something_else_stay_class_folders(make_source):
    source = make_source(a=3, b=3)
    (source / "redshifts.csv").write_text("name,z\n0,0.1\n")
    (source / "broken.csv").write_bytes(b"\xff\xfe\x00")
    assert recognise(open_source(source), SourceOptions())[0] == "class-folders"


def test_paths_of_fits_files_are_composed(tmp_path):
    fits.PrimaryHDU(np.arange(216, dtype=np.float32).reshape(3, 8, 9)).writeto(tmp_path / "cube.fits")
    listing = listed_as("table", table(tmp_path, "path,label\ncube.fits,x\nb.png,y\n"))
    assert listing.items[0].read().size == (8, 9)
