import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from datasets_tests.remote_examples import upload

from datasets import Dataset, FormatError, open_folder, verify_dataset


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
