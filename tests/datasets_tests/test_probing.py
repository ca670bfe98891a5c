"""What `galaxy doctor` tries of a storage: all that a search does there, and what is refused is told apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datasets import (
    Dataset,
    Folder,
    StorageError,
    bytes_to_fetch,
    lacking,
    locate_dataset,
    open_folder,
    permissions,
    probe,
)
from datasets.errors import FormatError

if TYPE_CHECKING:
    from s3_server import S3Server


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
        ("write_whole", {"write"}),
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
    assert permissions("s3://b/runs") == ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    assert "storage.objects.list" in permissions("gs://b") == permissions("gcs://b")
    assert permissions("/shared/runs") == lacking("/shared/runs", {"write": "Permission denied"}) == []
    assert (
        lacking("s3://b", {"write": "INVALID_ACCESS_KEY_ID at PutObject", "read": "ACCESS_DENIED at HeadObject"}) == []
    )
    assert lacking("gs://b", {"list": "PERMISSION_DENIED", "read": "no route"}) == ["storage.objects.list"]


def test_the_permissions_are_enough_and_an_s3_policy_without_one_is_told_by_its_name(s3_server: "S3Server") -> None:
    enough = permissions(s3_server.uri)
    for missing in (None, *enough):
        with s3_server.policed(action for action in enough if action != missing) as uri:
            folder = open_folder(uri).child("policed")
            assert lacking(uri, probe(folder, "a")) == ([] if missing is None else [missing])


def test_a_dataset_is_located_without_reading_it(
    tiny_dataset: Dataset, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path))  # other tests may have fetched the same dataset into theirs
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
