"""What `galaxy doctor` tries of a storage: all that a search does there, and what is refused is told apart."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from datasets import Dataset, Folder, StorageError, bytes_to_fetch, locate_dataset, open_folder, permissions, probe
from datasets.errors import FormatError


@pytest.fixture(params=["local", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return open_folder(request.getfixturevalue("s3") if request.param == "s3" else tmp_path).child("probes")


def test_a_good_storage_refuses_nothing_and_keeps_the_probe(folder: Folder) -> None:
    assert probe(folder, "a") == probe(folder, "b") == {}
    assert folder.names() == ["a", "b"]


@dataclass(frozen=True)
class Refusing(Folder):
    """A folder that refuses one thing, as a policy of S3's does."""

    method: str = ""

    def __getattribute__(self, name: str) -> object:
        if name == object.__getattribute__(self, "method"):
            raise StorageError(f"{name}: access denied")
        return object.__getattribute__(self, name)


@pytest.mark.parametrize(
    ("method", "operations"),
    [
        ("write_whole", {"write", "read", "list"}),
        ("read", {"read"}),
        ("names", {"list"}),
        ("create", {"write once"}),
        ("delete", {"write once", "delete"}),
    ],
)
def test_each_operation_is_tried_whatever_came_of_the_others(method: str, operations: set[str], tmp_path: Path) -> None:
    refused = probe(Refusing(str(tmp_path), method), "a")
    assert set(refused) == operations
    assert f"{method}: access denied" in refused.values()


def test_the_permissions_are_those_of_the_store() -> None:
    assert {*permissions("s3://b/runs").values()} == {
        "s3:PutObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:DeleteObject",
    }
    assert permissions("gs://b")["list"] == permissions("gcs://b")["list"] == "storage.objects.list"
    assert permissions("/shared/runs") == {}


def test_a_dataset_is_located_without_reading_it(tiny_dataset: Dataset, s3: str) -> None:
    source = open_folder(tiny_dataset.info.path)
    for name in source.names():
        open_folder(s3).write_whole(name, source.read(name))
    info = locate_dataset(s3)
    assert info.fingerprint == tiny_dataset.fingerprint
    assert bytes_to_fetch(info) == sum(checksum.size for checksum in info.checksums) > 0
    opened = Dataset.open(s3)
    assert bytes_to_fetch(opened.info) == 0
    open_folder(s3).delete(info.shards[0])
    with pytest.raises(FormatError, match=f"expected the file {info.shards[0]}, found none"):
        locate_dataset(s3)


def test_a_local_file_of_another_size_is_said(tiny_dataset: Dataset, tmp_path: Path) -> None:
    source = open_folder(tiny_dataset.info.path)
    for name in source.names():
        open_folder(tmp_path).write_whole(name, source.read(name))
    (tmp_path / tiny_dataset.info.shards[0]).write_bytes(b"cut short")
    with pytest.raises(FormatError, match=r"expected .* bytes, found 9; import it again"):
        locate_dataset(tmp_path)
    assert locate_dataset(tiny_dataset.info.path) == tiny_dataset.info
