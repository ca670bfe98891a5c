import gzip
import os
import re
import zipfile

import pytest
from datasets_tests.source_examples import listed_as

from datasets import ImportOptions, SourceError, plan_import


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def listed(source):
    listing = listed_as("class-folders", source)
    return {item.id: (listing.classes[item.label], item.read()) for item in listing.items}


NAMES = ("spiral/100.jpg", "Edge-on/7.jpg", "Edge-on/deep/er/8.jpg", "spiral/no-suffix")


def test_a_folder_a_class_at_any_depth_whatever_the_files_are_called(tmp_path):
    assert listed(fill(tmp_path, *NAMES)) == {
        "Edge-on/7.jpg": ("Edge-on", b"Edge-on/7.jpg"),
        "Edge-on/deep/er/8.jpg": ("Edge-on", b"Edge-on/deep/er/8.jpg"),
        "spiral/100.jpg": ("spiral", b"spiral/100.jpg"),
        "spiral/no-suffix": ("spiral", b"spiral/no-suffix"),
    }
    assert listed_as("class-folders", tmp_path).classes == ("Edge-on", "spiral")


@pytest.mark.parametrize("prefix", ["", "galaxies/", "a/b/"])
def test_a_zip_gives_the_same_with_or_without_a_wrapping_folder(tmp_path, zipped, prefix):
    folder = fill(tmp_path / "source", *NAMES)
    assert listed(zipped(folder, prefix=prefix)) == listed(folder)


def test_a_wrapping_folder_on_the_disk_with_a_readme_beside_it(tmp_path):
    fill(tmp_path, "README.md", *(f"galaxies/{name}" for name in NAMES))
    assert set(listed(tmp_path)) == set(NAMES)


def test_hidden_files_and_litter_are_passed_over(tmp_path):
    fill(tmp_path, "a/1.jpg", "b/1.jpg", "a/.DS_Store", "b/Thumbs.db", "__MACOSX/a/1.jpg", ".git/config", ".x.jpg")
    assert set(listed(tmp_path)) == {"a/1.jpg", "b/1.jpg"}
    assert listed_as("class-folders", tmp_path).left_out == 0


def test_images_outside_of_any_class_folder_are_counted_as_left_out(tmp_path):
    fill(tmp_path, "a/1.jpg", "b/1.jpg", "loose.jpg", "loose.png", "labels.csv")
    assert listed_as("class-folders", tmp_path).left_out == 2


def test_linked_class_folders_are_followed(tmp_path):
    fill(tmp_path / "elsewhere", "1.jpg")
    fill(tmp_path / "source", "b/1.jpg")
    (tmp_path / "source" / "a").symlink_to(tmp_path / "elsewhere")
    assert set(listed(tmp_path / "source")) == {"a/1.jpg", "b/1.jpg"}


def test_harmful_members_of_a_zip_are_rejected_by_name(tmp_path, zipped):
    path = zipped(
        None, extra={"a/1.jpg": b"", "b/1.jpg": b"", "../evil/1.jpg": b"", "a/../../1.jpg": b"", "/c/1.jpg": b""}
    )
    listing = listed_as("class-folders", path)
    assert listing.classes == ("a", "b")
    assert listing.rejected == tuple(
        (name, "path leaves the archive") for name in ("../evil/1.jpg", "a/../../1.jpg", "/c/1.jpg")
    )


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_member_that_occurs_twice_is_rejected(tmp_path, zipped):
    path = zipped(None, extra={"a/1.jpg": b"", "b/1.jpg": b""})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a/1.jpg", b"other")
        archive.writestr("a/2.jpg", b"")
    listing = listed_as("class-folders", path)
    assert [item.id for item in listing.items] == ["a/2.jpg", "b/1.jpg"]
    assert listing.rejected == (("a/1.jpg", "more than one member of this name"),)


def test_an_empty_class_folder_is_a_class_without_images(tmp_path):
    fill(tmp_path, "a/1.jpg", "b/1.jpg")
    (tmp_path / "c").mkdir()
    assert listed_as("class-folders", tmp_path).classes == ("a", "b", "c")


def refusal(source, found):
    return pytest.raises(
        SourceError,
        match=f"^'{re.escape(str(source))}' cannot be imported: expected a folder.*, found {found}",
    )


@pytest.mark.parametrize("uri", ["s3://bucket/galaxies", "https://example.org/gz.zip", "s3://K:S3CRET@bucket/galaxies"])
def test_a_source_elsewhere_is_to_be_copied_first(tmp_path, uri):
    for given in ({"source": uri}, {"source": tmp_path, "options": ImportOptions(unlabelled=uri)}):
        for split in ("edge-on", "spiral"):
            (tmp_path / split).mkdir(exist_ok=True)
            (tmp_path / split / "a.jpg").touch()
        with pytest.raises(SourceError, match="expected a path on this machine, found a URI") as caught:
            plan_import(**given)
        assert "S3CRET" not in str(caught.value)
    assert plan_import(tmp_path.as_uri()).total == 2


def test_sources_that_are_none(tmp_path, zipped):
    with refusal(tmp_path / "missing", "nothing at that path"):
        listed_as("class-folders", tmp_path / "missing")
    with refusal(tmp_path, "nothing in it"):
        listed_as("class-folders", tmp_path)
    (tmp_path / "file.zip").write_bytes(b"no zip")
    with refusal(tmp_path / "file.zip", r"a file that is not a zip, a part of one, or a damaged one \(.*\)"):
        listed_as("class-folders", tmp_path / "file.zip")
    empty = zipped(None)
    with refusal(empty, "nothing in it"):
        listed_as("class-folders", empty)


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("packed", ["labels.csv", "spiral/1.jpg"])
def test_a_zip_whose_files_are_packed_as_none_is_read_is_refused_whole(tmp_path, packing, packed):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("spiral/1.jpg", "edge-on/2.jpg", "labels.csv"):
            archive.writestr(name, b"id,class\n", packing if name == packed else zipfile.ZIP_DEFLATED)
    with pytest.raises(SourceError, match=r"packed in a way that is not read, as by bzip2 or LZMA\): unpack it"):
        plan_import(tmp_path / "a.zip", ImportOptions())


def test_an_archive_that_cannot_be_listed_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        archive.writestr("galaxie-é/1.jpg", b"image")  # which is marked as UTF-8
    plain = (tmp_path / "plain.zip").read_bytes()
    central = plain.index(b"PK\x01\x02") + 6
    newer = plain[:central] + bytes([99]) + plain[central + 1 :]
    with gzip.open(tmp_path / "whole.tar.gz", "w") as file:
        file.write(bytes(100_000))
    odd = {
        "names.zip": (plain.replace("é".encode(), b"\xff\xfe"), "'utf-8' codec"),
        "newer.zip": (newer, r"zip file version 9\.9"),
        "cut.tar.gz": ((tmp_path / "whole.tar.gz").read_bytes()[:-20], "."),
    }
    for name, (data, why) in odd.items():
        (tmp_path / name).write_bytes(data)
        with refusal(tmp_path / name, rf".*{why}.*"):
            listed_as("class-folders", tmp_path / name)


def test_a_zip_without_folders(zipped):
    path = zipped(None, extra={"1.jpg": b"", "2.jpg": b""})
    with refusal(path, "2 images outside of any folder .*; images without labels are for `galaxy classify`$"):
        listed_as("class-folders", path)


def test_class_folders_without_any_file(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with refusal(tmp_path, "no file in any folder"):
        listed_as("class-folders", tmp_path)


def test_one_class_is_not_enough(tmp_path):
    with refusal(fill(tmp_path, "spiral/1.jpg"), "only the class 'spiral', and two are needed to tell apart"):
        listed_as("class-folders", tmp_path)


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with refusal(tmp_path, r"something that cannot be read \(Permission denied\)"):
        listed_as("class-folders", tmp_path)


@pytest.mark.real_data
def test_the_real_galaxies_are_listed_as_their_description_says(real_data):
    listing = listed_as("class-folders", real_data / "galaxy-zoo-2-five-class.zip")
    counts = [sum(item.label == label for item in listing.items) for label in range(len(listing.classes))]
    assert dict(zip(listing.classes, counts, strict=True)) == {
        "Cigar-shaped smooth": 518,
        "completely round smooth": 7604,
        "edge-on": 3495,
        "In between smooth": 7212,
        "spiral": 7022,
    }
    assert listing.rejected == ()
    assert listing.left_out == 0
