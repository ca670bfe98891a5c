"""Images of a partition: what is wrong with one is its row's, and a storage that is away is no answer."""

import errno
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from cluster.errors import UnfitError
from cluster.workers import reads
from cluster.workers.reads import Reads, ahead
from datasets import ImageError, ImageFile, StorageError


def failing(cause: Exception, beneath: Exception | None = None) -> ImageFile:
    def read() -> bytes:
        cause.__cause__ = beneath
        raise ImageError(f"cannot be read: {cause}") from cause

    return ImageFile("bad.jpg", read)


def of_system(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class Prepared(ImageFile):
    """One of a kind of its own."""


def test_what_is_read_ahead_is_of_its_own_kind() -> None:
    found = list(ahead([Prepared(f"{number}", lambda: b"content") for number in range(3)]))
    assert [(type(image), image.name, image.read()) for image in found] == [
        (Prepared, f"{number}", b"content") for number in range(3)
    ]


WELL = ImageFile("well.jpg", lambda: b"content")
MISSING = failing(of_system(errno.ENOENT))
FORBIDDEN = failing(StorageError("denied"), OSError("AWS Error ACCESS_DENIED during GetObject operation"))
NO_BUCKET = failing(StorageError("cannot open"), OSError("Bucket 'typo' not found"))
NO_SUCH_KIND = failing(StorageError("cannot open the storage 'x://'"), ValueError("unrecognized"))


def read_all(images: list[ImageFile], check_witness: Callable[[], None] = lambda: None) -> Reads:
    """Read them one after another, as rows are that have their reasons; raise what is no row's."""
    noted = Reads(check_witness)
    for image in noted.noted(images):
        try:
            image.read()
        except ImageError:
            continue
    noted.check()
    return noted


@pytest.mark.parametrize(
    "image",
    [MISSING, failing(of_system(errno.EACCES)), FORBIDDEN, NO_BUCKET, NO_SUCH_KIND],
    ids=["missing", "not permitted", "forbidden", "no bucket", "no such kind"],
)
def test_what_is_wrong_with_one_image_is_its_rows(image: ImageFile) -> None:
    read_all([WELL, image, WELL])
    read_all([WELL, image])


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (failing(of_system(errno.EIO)), "^'bad.jpg' cannot be read: .*Input/output error: mend its disk or mount it"),
        (failing(of_system(errno.ESTALE)), "Stale file handle"),
        (failing(of_system(errno.ENOTCONN)), "not connected"),
        (failing(StorageError("cannot read 's3://x'"), OSError("AWS Error SLOW_DOWN")), "^cannot read 's3://x'$"),
    ],
    ids=["disk", "NFS", "FUSE", "S3"],
)
def test_a_storage_that_is_away_ends_the_partition_and_nothing_more_is_read(image: ImageFile, said: str) -> None:
    more: list[str] = []

    def read() -> bytes:
        more.append("read")
        return b"content"

    with pytest.raises((UnfitError, StorageError), match=said):
        read_all([WELL, image, ImageFile("next.jpg", read)])
    assert more == []
    with pytest.raises((UnfitError, StorageError), match=said):
        read_all([WELL, image])


def test_a_folder_that_was_gone_for_one_image_ends_the_partition_though_it_is_back() -> None:
    here = iter([False, True])

    def check_witness() -> None:
        if not next(here):
            raise UnfitError("the images are not there")

    with pytest.raises(UnfitError, match="not there"):
        read_all([WELL, MISSING], check_witness)


def test_a_refusal_of_all_images_from_some_on_is_none_of_one_image() -> None:
    may = iter([True, False])

    def read() -> bytes:
        if not next(may):
            raise ImageError("cannot be read: denied") from StorageError("denied")
        return b"content"

    with pytest.raises(StorageError, match="denied"):
        read_all([ImageFile("first.jpg", read), FORBIDDEN, FORBIDDEN])
    with pytest.raises(StorageError, match="denied"):
        read_all([FORBIDDEN, FORBIDDEN])


def test_all_are_read_though_all_were_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "_READERS", 1)
    gate = threading.Event()
    threading.Timer(0.2, gate.set).start()
    images = [ImageFile(f"{number}.jpg", lambda: bytes(gate.wait(60))) for number in range(3)]
    found = list(ahead(images))
    assert [(image.name, image.read()) for image in found] == [(image.name, bytes(1)) for image in images]


def test_nothing_is_read_ahead_any_more_for_a_partition_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "_READERS", 1)
    begun, gate = list[str](), threading.Event()

    def read() -> bytes:
        begun.append("read")
        gate.wait(60)
        return b"content"

    def images() -> Iterator[ImageFile]:
        yield from [ImageFile("image.jpg", read)] * 100
        threading.Timer(1, gate.set).start()
        raise StorageError("away")

    with pytest.raises(StorageError, match="away"):
        list(ahead(images()))
    assert len(begun) == 1
