import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets_tests.remote_examples import upload
from datasets_tests.source_examples import png, write, write_csv

from datasets import Dataset, FormatError, ImportOptions, import_dataset, open_folder, verify_dataset
from datasets.arrow.verification import locate_dataset


@pytest.fixture
def copy(tiny_dataset, tmp_path):
    """A copy of the tiny dataset that may be damaged."""
    return Path(shutil.copytree(tiny_dataset.info.path, tmp_path / "copy"))


def flip(path, place=-1000):
    """Change one byte, by default of a pixel, and nothing else that could be seen."""
    data, state = bytearray(path.read_bytes()), path.stat()
    data[place] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_a_whole_dataset(copy, tiny_dataset):
    assert verify_dataset(copy) == replace(tiny_dataset.info, path=str(copy))


def test_a_damaged_file_still_opens_but_is_named_with_its_checksums(copy, tiny_dataset):
    flip(copy / "images-00000.arrow", place=100_000)
    Dataset.open(copy)
    expected = tiny_dataset.info.checksums[0].sha256
    message = rf"'{copy}' is damaged: expected images-00000.arrow with SHA-256 {expected} .*, found SHA-256 [0-9a-f]+ "
    with pytest.raises(FormatError, match=message):
        verify_dataset(copy)


def test_a_missing_file(copy):
    (copy / "images-00000.arrow").unlink()
    with pytest.raises(FormatError, match=r"expected the file images-00000.arrow, found none"):
        verify_dataset(copy)


def test_a_description_of_other_images(copy, tiny_dataset):
    text = (copy / "dataset.json").read_text()
    (copy / "dataset.json").write_text(text.replace('"crop": 1.0', '"crop": 0.5'))
    with pytest.raises(FormatError, match=rf"expected the fingerprint {tiny_dataset.fingerprint}, found [0-9a-f]+;"):
        verify_dataset(copy)


BESIDE = ("columns.parquet", "groups.npy", "quarantine.csv")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A dataset that has every file: columns of a table, two images of each galaxy, and one that cannot be used."""
    place = tmp_path_factory.mktemp("whole")
    rows = [["no.png", "a", "x", 0]]
    for number, pixels in enumerate(np.random.default_rng(3).integers(0, 255, (40, 12, 12, 3), np.uint8)):
        write(place / f"source/{number}.png", png(pixels))
        rows.append([f"{number}.png", "ab"[number // 2 % 2], f"J{number // 2}", number / 7])
    write_csv(place / "source/t.csv", ["path", "label", "objid", "z"], rows)
    import_dataset(place / "source", place / "d", ImportOptions(image_size=8))
    return place / "d"


@pytest.fixture
def complete(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def stated(place, **changes):
    document = json.loads((place / "dataset.json").read_text())
    (place / "dataset.json").write_text(json.dumps(document | changes))


def test_every_file_has_a_checksum(complete):
    info = verify_dataset(complete)
    assert {*info.beside, *info.shards, "dataset.json"} == {path.name for path in complete.iterdir()}
    assert (sorted(info.beside), info.unchecked) == (sorted(BESIDE), ())


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_damage_of_files_beside_the_images_is_told(complete, name, damage):
    data = (complete / name).read_bytes()
    if damage == "gone":
        (complete / name).unlink()
    elif damage == "cut":
        (complete / name).write_bytes(data[: len(data) // 2])
    else:
        flip(complete / name, place=len(data) // 2)
    line = f"expected the file {name}, found none" if damage == "gone" else f"expected {name} with SHA-256"
    with pytest.raises(FormatError, match=line):
        verify_dataset(complete)
    if damage == "gone" and name != "quarantine.csv":
        with pytest.raises(FormatError, match=line):
            locate_dataset(complete)


def test_a_changed_bit_is_never_read_as_another_value(complete):
    size = (complete / "columns.parquet").stat().st_size
    for place in range(4, size, 97):
        flip(complete / "columns.parquet", place=place)
        with pytest.raises(FormatError, match=r"expected columns.parquet with SHA-256"):
            Dataset.open(complete).columns()
        flip(complete / "columns.parquet", place=place)
    flip(complete / "groups.npy", place=-9)
    with pytest.raises(FormatError, match=r"expected groups.npy with SHA-256"):
        Dataset.open(complete).divisions  # noqa: B018 - it is read then


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"counts": {split: {"a": 1, "b": 1} for split in ("train", "validation", "test")}},
            "images by split and class",
        ),
        ({"grouped": 0}, "images of galaxies of several in its dataset.json to be 40, found 0"),
        ({"grouped": 2}, "images of galaxies of several in its dataset.json to be 40, found 2"),
        ({"columns": ["path", "label", "z"]}, "the columns in its dataset.json"),
        ({"quarantined": 7}, "files that could not be used in its dataset.json to be 1, found 7"),
    ],
)
def test_what_a_description_counts_is_counted_again(complete, changes, line):
    stated(complete, **changes)
    with pytest.raises(FormatError, match=re.escape(line)):
        verify_dataset(complete)


def test_an_older_dataset_is_verified_and_says_what_cannot_be(complete):
    stated(complete, beside={})
    flip(complete / "quarantine.csv", place=-3)
    assert verify_dataset(complete).unchecked == BESIDE
    (complete / "columns.parquet").unlink()
    with pytest.raises(FormatError, match=r"expected the columns of its source in columns.parquet"):
        verify_dataset(complete)


def test_a_remote_dataset_and_the_node_s_copy(copy, tiny_dataset, s3, tmp_path, monkeypatch):
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path / "cache"))
    uri = upload(copy, open_folder(s3).child("out"))
    assert verify_dataset(uri).fingerprint == tiny_dataset.fingerprint
    with monkeypatch.context() as smaller:
        smaller.setenv("GALAXY_CACHE_BYTES", "1")
        verify_dataset(uri)  # nothing is fetched, so no room is needed
    (kept,) = (tmp_path / "cache").glob("*/*.arrow")
    flip(kept, place=100_000)
    verify_dataset(uri)  # fetches it again
    assert kept.read_bytes() == (copy / "images-00000.arrow").read_bytes()
    flip(copy / "images-00000.arrow", place=100_000)
    upload(copy, open_folder(uri))
    with pytest.raises(FormatError, match=r"expected images-00000.arrow with SHA-256 .*, found SHA-256 "):
        verify_dataset(uri)
