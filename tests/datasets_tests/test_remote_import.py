"""Imports to an object store: a dataset is there whole or not at all."""

import threading

import numpy as np
import pytest
from datasets_tests.remote_examples import IMPORT, start
from datasets_tests.source_examples import EXAMPLES

from datasets import Dataset, FormatError, ImportOptions, SourceError, StorageError, import_dataset, open_folder
from datasets.arrow.dataset import read_info
from datasets.storage.folders import Folder

SMALL = ImportOptions(image_size=8)


@pytest.fixture
def target(s3):
    return open_folder(s3).child("out.galaxy")


def test_it_is_the_same_as_a_local_one_and_its_description_comes_last(make_source, tmp_path, s3_server, target):
    source = make_source(a=20, b=20)
    here = Dataset.open(import_dataset(source, tmp_path / "out", SMALL).path)
    info = import_dataset(source, target.uri, SMALL)
    written = [path for method, path in s3_server.requests if method == "PUT" and "out.galaxy/" in path]
    assert written[-1].endswith("/out.galaxy/dataset.json")
    there = Dataset.open(target.uri)
    assert there.info == info
    assert (there.fingerprint, there.info.checksums) == (here.fingerprint, here.info.checksums)
    assert np.array_equal(there.take(there.rows(None)), here.take(here.rows(None)))


def test_columns_of_a_table_are_kept_there_too(tmp_path, target):
    info = import_dataset(EXAMPLES["parquet"].make(tmp_path / "source"), target.uri, SMALL)
    assert set(Dataset.open(target.uri).columns().column_names) == {"id", *info.columns}
    target.delete("dataset.json")  # as a killed upload leaves it
    import_dataset(tmp_path / "source", target.uri, SMALL)


def test_what_is_there_is_kept(make_source, target):
    source = make_source(a=5, b=5)
    import_dataset(source, target.uri, SMALL)
    with pytest.raises(SourceError, match=r"out.galaxy.* exists already: give a new place"):
        import_dataset(source, target.uri, SMALL)
    other = target.child("runs")
    other.write_whole("state.json", b"{}")
    with pytest.raises(SourceError, match=r"runs.* exists already: give a new place"):
        import_dataset(source, other.uri, SMALL)
    assert other.names() == ["state.json"]


@pytest.mark.parametrize("at", ["images-00002.arrow", "dataset.json"])
def test_a_killed_upload_is_no_dataset_and_the_next_import_replaces_it(make_source, s3_server, target, at):
    source, arrived, killed = make_source(a=20, b=20), threading.Event(), threading.Event()

    def hold(method, path):
        if method == "PUT" and path.endswith(f"out.galaxy/{at}"):
            arrived.set()
            killed.wait(60)
            raise ConnectionAbortedError

    with s3_server.watched(hold), start(IMPORT, source, target.uri) as process:
        assert arrived.wait(60)
        process.kill()
        process.wait()
        killed.set()
    assert {"images-00000.arrow", "images-00001.arrow"} <= set(target.names())
    with pytest.raises(FormatError, match=r"is not a dataset: .* found a folder without dataset.json"):
        read_info(target)
    info = import_dataset(source, target.uri, SMALL)
    assert target.names() == ["dataset.json", "images-00000.arrow", "quarantine.csv"]
    assert len(Dataset.open(target.uri)) == info.total == 40


def test_an_interrupted_upload_takes_back_what_it_wrote(make_source, target, monkeypatch):
    def interrupted(self, name, data):
        assert target.names() == ["images-00000.arrow", "quarantine.csv"]
        raise KeyboardInterrupt

    monkeypatch.setattr(Folder, "create", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_dataset(make_source(a=5, b=5), target.uri, SMALL)
    assert not target.exists()


def test_an_import_that_fails_leaves_nothing_but_a_list_here(make_source, target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = make_source(a=3, b=3)
    for path in source.rglob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(SourceError, match="none of the 6 files"):
        import_dataset(source, target.uri, SMALL)
    assert not target.exists()
    assert [path.name for path in tmp_path.glob("*-quarantine.csv")] == ["out.galaxy-quarantine.csv"]


def test_files_that_were_removed_meanwhile_are_missed(make_source, target, s3_server):
    def remove(method, path):
        if method == "PUT" and path.endswith("quarantine.csv"):
            target.delete("images-00000.arrow")

    with s3_server.watched(remove), pytest.raises(StorageError, match="another import has written there meanwhile"):
        import_dataset(make_source(a=5, b=5), target.uri, SMALL)
    assert not target.exists()


def test_a_dataset_that_came_to_be_meanwhile_is_kept(make_source, s3_server, target):
    def overtake(method, path):
        if method == "PUT" and path.endswith("images-00000.arrow"):
            target.write_whole("dataset.json", b"the other's")

    with s3_server.watched(overtake), pytest.raises(StorageError, match="another import has written there meanwhile"):
        import_dataset(make_source(a=5, b=5), target.uri, SMALL)
    assert target.read("dataset.json") == b"the other's"


def test_a_bucket_that_is_not_there(make_source, target):
    uri = target.uri.replace("s3://galaxies", "s3://nowhere")
    with pytest.raises(StorageError, match=r"^cannot write in 's3://nowhere/.*NO_SUCH_BUCKET") as caught:
        import_dataset(make_source(a=5, b=5), uri, SMALL)
    assert "\n" not in str(caught.value)
