"""The node's copies of remote datasets: fetched once, verified, bounded, never pulled from under a reader."""

import gc
import json
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from datasets_tests.remote_examples import OPEN, start, upload

from datasets import Dataset, FormatError, ImportOptions, StorageError, import_dataset, open_folder
from datasets.storage.checksums import checksum_of

SHARDS = 4


@pytest.fixture(scope="module")
def local(tiny_source, tmp_path_factory):
    """A local dataset of 100 images in 4 files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.arrow.shard_files.BYTES_PER_SHARD", 25 * 16 * 16 * 3)
        info = import_dataset(tiny_source, tmp_path_factory.mktemp("several") / "out", ImportOptions(image_size=16))
    assert len(info.shards) == SHARDS
    return Dataset.open(info.path)


@pytest.fixture(scope="module")
def size(local):
    return sum(checksum.size for checksum in local.info.checksums)


@pytest.fixture
def other(make_source, tmp_path):
    """Make another dataset, small and of one file, whose content differs with the length of its name."""

    def make(name):
        source = make_source(f"of-{name}", a=9, b=len(name))
        return Dataset.open(import_dataset(source, tmp_path / name, ImportOptions(image_size=8)).path)

    return make


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for this test."""
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def remote(local, s3, cache):
    """URI of a copy of the dataset on S3."""
    return upload(Path(local.info.path), open_folder(s3).child("out.galaxy"))


def files_in(cache):
    return sorted(path for path in cache.glob("*/*"))


def fetched(s3_server, uri):
    """How often a file of a dataset was fetched."""
    return s3_server.count("GET", f"{uri.split('?')[0].removeprefix('s3:/')}/images-")


def same(dataset, local):
    return np.array_equal(dataset.take(dataset.rows(None)), local.take(local.rows(None)))


def test_each_file_is_fetched_once_and_mapped_from_the_cache(local, remote, cache, s3_server):
    first = Dataset.open(remote)
    again = pickle.loads(pickle.dumps(first))
    assert same(first, local)
    assert same(again, local)
    assert fetched(s3_server, remote) == SHARDS
    assert [path.name for path in files_in(cache)] == list(local.info.shards)
    mapped = Path("/proc/self/maps")
    if mapped.exists():
        assert str(files_in(cache)[-1]) in mapped.read_text()


def test_what_counts_is_the_content_not_the_place(local, remote, other, s3, s3_server):
    Dataset.open(remote)
    moved = upload(Path(local.info.path), open_folder(s3).child("elsewhere"))
    assert same(Dataset.open(moved), local)
    assert fetched(s3_server, moved) == 0
    changed = other("changed")
    upload(Path(changed.info.path), open_folder(remote))
    assert same(Dataset.open(remote), changed)


@pytest.mark.slow
def test_eight_processes_at_once_fetch_each_file_once(local, remote, s3_server):
    described, all_there = [], threading.Event()

    def together(method, path):
        if method == "GET" and path.endswith("dataset.json"):
            described.append(path)
            if len(described) == 8:
                all_there.set()
        if method == "GET" and "images-" in path:
            assert all_there.wait(60)

    with s3_server.watched(together):
        processes = [start(OPEN, remote) for _ in range(8)]
        told = {process.communicate(timeout=120)[0] for process in processes}
    assert told == {f"{local.take([0, 99]).sum()}\n"}
    assert fetched(s3_server, remote) == SHARDS


def test_a_killed_fetch_holds_nobody_up_and_leaves_nothing_half_written(local, remote, cache, s3_server):
    arrived, killed = threading.Event(), threading.Event()

    def hold(method, path):
        if method == "GET" and path.endswith("images-00003.arrow") and not killed.is_set():
            arrived.set()
            killed.wait(60)
            raise ConnectionAbortedError

    with s3_server.watched(hold), start(OPEN, remote) as process:
        assert arrived.wait(60)
        process.kill()
        process.wait()
        killed.set()
    (place,) = (path for path in cache.iterdir() if path.is_dir())
    (place / ".writing-0123456789abcdef.tmp").write_bytes(b"half")
    assert same(Dataset.open(remote), local)
    assert [path.name for path in files_in(cache)] == list(local.info.shards)


def test_a_damaged_file_is_named_with_its_checksums_and_not_kept(local, remote, cache, s3_server):
    folder, expected = open_folder(remote), local.info.checksums[2].sha256
    folder.write_whole("images-00002.arrow", b"\0" + folder.read("images-00002.arrow")[1:])
    before = s3_server.count("GET", "images-00002.arrow")
    message = rf"is damaged: expected images-00002.arrow with SHA-256 {expected} .* found SHA-256 [0-9a-f]{{64}} "
    with pytest.raises(FormatError, match=message):
        Dataset.open(remote)
    assert s3_server.count("GET", "images-00002.arrow") == before + 2
    assert "images-00002.arrow" not in [path.name for path in files_in(cache)]


def test_a_file_that_was_damaged_on_its_way_is_fetched_again(local, remote, s3_server):
    folder = open_folder(remote)
    good, looked_up = folder.read("images-00001.arrow"), []
    folder.write_whole("images-00001.arrow", good[:-1])

    def mend(method, path):
        if method == "HEAD" and path.endswith("images-00001.arrow"):
            looked_up.append(path)
            if len(looked_up) == 2:
                folder.write_whole("images-00001.arrow", good)

    with s3_server.watched(mend):
        assert same(Dataset.open(remote), local)


def test_a_missing_file_is_named(remote):
    open_folder(remote).delete("images-00001.arrow")
    with pytest.raises(FormatError, match=r"is damaged: expected the file images-00001.arrow, found none"):
        Dataset.open(remote)


def test_a_name_that_leads_out_of_the_cache_is_refused(remote, tmp_path):
    folder = open_folder(remote)
    text = folder.read("dataset.json").decode()
    folder.write_whole("dataset.json", text.replace("images-00001.arrow", "../../mine").encode())
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(FormatError, match=r"names files outside of it: \.\./\.\./mine"):
        Dataset.open(remote)
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.parametrize("damage", ["shorter", "other", "touched"])
def test_a_copy_that_was_written_to_is_checked_and_fetched_again(local, remote, cache, s3_server, damage):
    Dataset.open(remote)
    path = files_in(cache)[1]
    data = path.read_bytes()
    path.write_bytes({"shorter": data[:-1], "other": data[:-1] + b"?", "touched": data}[damage])
    assert same(Dataset.open(remote), local)
    assert fetched(s3_server, remote) == SHARDS + (damage != "touched")


def test_the_dataset_that_was_not_used_for_longest_makes_room(local, remote, other, s3, size, cache, monkeypatch):
    small = [other(name) for name in ("first", "second")]
    uris = [upload(Path(each.info.path), open_folder(s3).child(str(n))) for n, each in enumerate(small)]
    monkeypatch.setenv("GALAXY_CACHE_BYTES", str(size + small[0].info.checksums[0].size))
    for uri in (uris[0], remote, uris[0], uris[1]):
        Dataset.open(uri)
        gc.collect()
    assert {checksum_of(path) for path in files_in(cache)} == {each.info.checksums[0] for each in small}


def test_a_dataset_in_use_is_never_removed(local, remote, other, s3, size, cache, monkeypatch):
    uri = upload(Path(other("first").info.path), open_folder(s3).child("one"))
    monkeypatch.setenv("GALAXY_CACHE_BYTES", str(size + 10))
    used = Dataset.open(remote)
    with pytest.raises(StorageError, match=r"needs [\d,]+ bytes, 10 of its [\d,]+ are left beside datasets in use; "):
        Dataset.open(uri)
    assert same(used, local)
    assert len(files_in(cache)) == SHARDS
    monkeypatch.setenv("GALAXY_CACHE_BYTES", "1000")
    assert same(Dataset.open(remote), local)  # it is here already
    monkeypatch.setenv("GALAXY_CACHE_BYTES", str(size + 10))
    del used
    gc.collect()
    Dataset.open(uri)
    assert len(files_in(cache)) == 1


def test_what_never_fits_removes_nothing(local, remote, other, s3, cache, monkeypatch):
    small = [other(name) for name in ("first", "second")]
    uris = [upload(Path(each.info.path), open_folder(s3).child(str(n))) for n, each in enumerate(small)]
    kept = [Dataset.open(uri) for uri in uris]
    del kept[1]
    gc.collect()
    sizes = [each.info.checksums[0].size for each in small]
    monkeypatch.setenv("GALAXY_CACHE_BYTES", str(sum(sizes)))
    with pytest.raises(StorageError, match=rf", {sizes[1]:,} of its {sum(sizes):,} are left beside datasets in use; "):
        Dataset.open(remote)
    assert len(files_in(cache)) == 2


def test_what_the_cache_cannot_be(remote, cache, monkeypatch):
    monkeypatch.setenv("GALAXY_CACHE_BYTES", "10 GB")
    with pytest.raises(StorageError, match=r"^\$GALAXY_CACHE_BYTES must be a whole number of bytes, got '10 GB'$"):
        Dataset.open(remote)
    monkeypatch.setenv("GALAXY_CACHE", "/proc/cache")
    with pytest.raises(StorageError, match=r"^cannot make the cache '/proc/cache': "):
        Dataset.open(remote)


def test_a_dataset_without_checksums_is_read_into_memory(local, remote, cache):
    folder = open_folder(remote)
    document = json.loads(folder.read("dataset.json"))
    del document["checksums"]
    folder.write_whole("dataset.json", json.dumps(document).encode())
    assert same(Dataset.open(remote), local)
    assert not cache.exists()


class TestFullDisk:
    """A cache on a disk that is smaller than the dataset."""

    @pytest.fixture
    def cache(self, small_disk, monkeypatch):
        monkeypatch.setenv("GALAXY_CACHE", str(small_disk(48)))
        return small_disk(48)

    def refused(self):
        return pytest.raises(
            StorageError,
            match=r"^cannot fetch 's3://.*' into the cache '.*': it needs [\d,]+ bytes, [\d,]+ are free there; "
            r"make room or name another folder in \$GALAXY_CACHE$",
        )

    def test_it_is_seen_before_anything_is_written(self, remote, cache, s3_server):
        with self.refused():
            Dataset.open(remote)
        assert files_in(cache) == []
        assert fetched(s3_server, remote) == 0

    def test_a_disk_that_fills_up_meanwhile(self, remote, cache, monkeypatch):
        monkeypatch.setattr("datasets.arrow.cache_room._lacking", lambda *arguments: "")
        with self.refused():
            Dataset.open(remote)
        assert all(path.name.startswith("images-") for path in files_in(cache))
