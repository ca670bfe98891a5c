"""Uploads of strangers: read as files are, whatever is in them, and what ends or hangs a decoder ends one image."""

import io
import re
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets_tests import hostile

from datasets import DecodedImage, Decoding, ImageError, Upload, UploadLimits, UploadReader, iterate_images, uploads_of
from datasets.images import places
from datasets.images.uploads import decoder as decoder_module

HOW = Decoding(crop=1.0, image_size=16)


@pytest.fixture(scope="module")
def reader() -> Iterator[UploadReader]:
    reader = UploadReader(UploadLimits(scratch=64 * 2**20), processes=1)
    yield reader
    reader.close()


def upload(name: str, data: bytes) -> Upload:
    return uploads_of([(name, data)])[0]


def answers(reader: UploadReader, of: Upload, how: Decoding = HOW) -> dict[str, DecodedImage | str]:
    """Read all of an upload: by its name each image, or why it cannot be used."""
    listing = reader.listing(of, how.ranges)
    places, found = [(of, number) for number in range(len(listing.names))], list[DecodedImage | ImageError]()
    while len(found) < len(places):
        found += reader.read(places[len(found) :], how)
    said = [image if isinstance(image, DecodedImage) else str(image) for image in found]
    return dict(zip(listing.names, said, strict=True)) | ({of.name: listing.error} if listing.error else {})


@pytest.mark.parametrize("name", hostile.good())
def test_an_upload_gives_the_images_that_its_file_does(reader: UploadReader, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(hostile.good()[name])
    expected = {
        image.name.removeprefix(f"{tmp_path}/"): image.decoded(crop=1.0, image_size=16, stretch=None).pixels
        for image in iterate_images([tmp_path / name])
    }
    found = answers(reader, upload(name, hostile.good()[name]))
    assert list(found) == list(expected)
    for each, pixels in expected.items():
        image = found[each]
        assert isinstance(image, DecodedImage), image
        assert (image.pixels == pixels).all()


@pytest.mark.parametrize("what", hostile.ATTACKS)
def test_an_attack_is_answered_in_a_line_and_costs_nobody_else_anything(reader: UploadReader, what: str) -> None:
    name, make, expected = hostile.ATTACKS[what]
    found = answers(reader, upload(name, make()))
    assert found
    for image in found.values():
        if expected is None:
            assert isinstance(image, DecodedImage), image
        else:
            assert isinstance(image, str)
            assert re.search(expected, image), image
            assert "\n" not in image
            assert "/proc" not in image
    assert isinstance(answers(reader, upload("good.jpg", hostile.picture("JPEG")))["good.jpg"], DecodedImage)


def test_five_hundred_mutations_are_each_answered(reader: UploadReader) -> None:
    answered = 0
    for name, data in hostile.mutations(500, seed=1):
        began = time.monotonic()
        for image in answers(reader, upload(name, data)).values():
            answered += isinstance(image, DecodedImage)
            assert not isinstance(image, str) or "crashed" not in image, (name, image)
        assert time.monotonic() - began < 60
    assert answered > 80  # none of a TFRecord, whose checksums tell


def test_bands_of_a_galaxy_are_one_upload_and_names_are_no_paths() -> None:
    light = hostile.good()["a.fits"]
    made = uploads_of([("x/g7_g.fits", light), ("a.jpg", b"1"), ("..\\g7_r.fits", light), ("g7_i.fits", light)])
    assert [(each.name, each.bands) for each in made] == [("g7_*.fits", ("g", "r", "i")), ("a.jpg", ("",))]
    assert [each.name for each in uploads_of([("../../etc/passwd", b""), ("C:\\x\\y.png", b"")])] == ["passwd", "y.png"]
    assert len(uploads_of([("a.jpg", b"1"), ("a.jpg", b"1"), ("a.jpg", b"2")])) == 2
    assert len(uploads_of([("x" * 10_000 + ".jpg", b"1")])[0].name) < 255


def test_bands_of_several_galaxies_under_the_same_names_are_refused_and_not_mixed(reader: UploadReader) -> None:
    light, other = hostile.good()["a.fits"], hostile.good()["a.fits"] + bytes(2880)
    (one,) = uploads_of([("1/g.fits", light), ("1/r.fits", light), ("2/g.fits", other), ("2/r.fits", other)])
    assert reader.listing(one).error == "several files are called g.fits: zip each galaxy's, or name them apart"
    (same,) = uploads_of([("1/g.fits", light), ("1/r.fits", light), ("2/g.fits", light)])
    assert (same.problem, len(same.files)) == ("", 2)


def test_a_table_is_not_followed_but_says_what_it_names(reader: UploadReader, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(hostile.picture("JPEG"))
    listing = reader.listing(upload("a.csv", f"path\n{tmp_path}/secret.jpg\n\nb.jpg\n".encode()))
    assert (listing.names, listing.named) == ((), (f"{tmp_path}/secret.jpg", "b.jpg"))


def _parquet_damaged_late(path: Path) -> bytes:
    """Many rows that name a file; the last part of them is unreadable."""
    table = pa.table({"path": [str(path)] * 2000})
    data = hostile.saved(lambda file: pq.write_table(table, file, row_group_size=1000, compression="gzip"))
    start = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(1).column(0).data_page_offset
    return data[: start + 20] + b"\xff" * 20 + data[start + 40 :]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("a.csv", lambda path: f"path\n{path}\n{path}\n1,2\n".encode()),
        ("a.jsonl", lambda path: f'{{"path": "{path}"}}\n'.encode() * 9 + b'{"path": '),
        ("a.parquet", _parquet_damaged_late),
    ],
)
def test_a_table_that_fails_at_its_end_is_not_followed_either(
    reader: UploadReader, tmp_path: Path, name: str, made: Callable[[Path], bytes]
) -> None:
    (tmp_path / "secret.png").write_bytes(hostile.picture("PNG"))
    for place in (tmp_path / "secret.png", f"file://{tmp_path}/secret.png"):
        listing = reader.listing(upload(name, made(place)))
        assert (listing.names, listing.named) == ((), None)
        assert listing.error.startswith("expected "), listing.error


def test_names_are_cut_and_no_more_are_told_than_a_page_keeps() -> None:
    jpeg, long = hostile.picture("JPEG"), "x" * 60_000
    table = hostile.saved(lambda path: pq.write_table(pa.table({"path": [f"{long}é.jpg"] * 1000}), path))
    reader = UploadReader(UploadLimits(names=2000), processes=1)
    named = reader.listing(upload("a.parquet", table)).named
    assert named is not None
    assert (len(named), {len(name) for name in named}) == (4, {401})
    assert named[0].endswith("xé.jpg")
    archive = upload("a.zip", hostile.zipped({f"{long[:500]}{number}.jpg": jpeg for number in range(6)}))
    listing = reader.listing(archive)
    assert (len(listing.names), listing.cut) == (4, True)
    assert listing.size < 4000
    assert [isinstance(image, DecodedImage) for image in answers(reader, archive).values()] == [True] * 4
    reader.close()


def test_a_process_that_follows_nothing_reads_no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(hostile.picture("PNG"))
    naming = places.Naming(str(tmp_path))
    assert isinstance(naming.content("secret.png"), bytes)
    monkeypatch.setattr(places, "_follows", True)
    places.follow_nothing()
    for value in ("secret.png", f"{tmp_path}/secret.png", f"file://{tmp_path}/secret.png", "s3://no/secret.png"):
        with pytest.raises(ImageError, match="not followed here"):
            naming.content(value)


class Bad:
    """Stands in for the process's program: what decodes an image with a name does what the name says."""

    PROGRAM = """
import sys; sys.path[:] = sys.argv[1:]
import os, signal, time
from datasets.images import files
from datasets.images.uploads import worker
def decoded(self, **how):
    name = self.name.rpartition("/")[2]
    if name.startswith("crash"): os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith("hang"): time.sleep(600)
    if name.startswith("lie"): worker._CHANNEL = os.write(0, b"\\xff" * 100)
    if name.startswith("full"): bytearray(2**32)
    return real(self, **how)
real, files.ImageFile.decoded = files.ImageFile.decoded, decoded
worker.main()
"""


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[UploadReader]:
    monkeypatch.setattr(decoder_module, "_PROGRAM", Bad.PROGRAM)
    reader = UploadReader(UploadLimits(seconds=1.0, turn_seconds=60), processes=1)
    yield reader
    reader.close()


def test_what_ends_a_decoder_ends_one_image(bad: UploadReader) -> None:
    jpeg = hostile.picture("JPEG")
    found = answers(
        bad, upload("a.zip", hostile.zipped(dict.fromkeys(("1.jpg", "crash.jpg", "hang.jpg", "z.jpg"), jpeg)))
    )
    assert isinstance(found["a.zip/1.jpg"], DecodedImage)
    assert found["a.zip/crash.jpg"] == "crashed what decodes it (SIGSEGV): it is damaged, or made to do so"
    assert found["a.zip/hang.jpg"] == "took longer than 1 s to read, and was given up"
    assert isinstance(found["a.zip/z.jpg"], DecodedImage)


def test_what_is_no_reply_or_needs_too_much_memory_is_the_reason(bad: UploadReader) -> None:
    jpeg = hostile.picture("JPEG")
    assert "crashed what decodes it" in str(answers(bad, upload("lie.jpg", jpeg))["lie.jpg"])
    assert "crashed what decodes it" in str(answers(bad, upload("full.jpg", jpeg))["full.jpg"])
    assert isinstance(answers(bad, upload("a.jpg", jpeg))["a.jpg"], DecodedImage)


def test_an_upload_that_ends_decoders_again_and_again_is_left(bad: UploadReader) -> None:
    names = [f"crash{number}.jpg" for number in range(4)]
    found = answers(bad, upload("a.zip", hostile.zipped(dict.fromkeys([*names, "z.jpg"], hostile.picture("JPEG")))))
    assert found["a.zip/z.jpg"] == "not read: 3 images before it, in the same upload, ended what decodes them"


def test_a_decoder_has_little_memory_no_core_and_none_of_the_environment(
    reader: UploadReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "1")
    fresh = UploadReader(processes=1)
    answers(fresh, upload("a.jpg", hostile.picture("JPEG")))
    process = fresh._idle[0]._process
    assert process is not None
    assert resource.prlimit(process.pid, resource.RLIMIT_AS) == (UploadLimits().memory,) * 2
    assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
    assert b"SECRET" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    modules = Path(f"/proc/{process.pid}/maps").read_text()
    assert "tensorflow" not in modules
    fresh.close()
    assert process.poll() is not None


def test_nothing_is_written_to_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    reader = UploadReader(processes=1)
    for name in ("nested.zip", "a.tar.gz", "a.npz", "a.h5", "a.tfrecord.gz", "a.parquet"):
        assert answers(reader, upload(name, hostile.good()[name]))
        process = reader._idle[0]._process
        assert process is not None
        targets = [str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()]
        assert not [target for target in targets if target.startswith(str(tmp_path))]
        assert not list(tmp_path.iterdir())
    reader.close()


def test_images_beyond_the_limits_are_not_read() -> None:
    jpeg = hostile.picture("JPEG")
    reader = UploadReader(UploadLimits(images=2, unpacked=len(jpeg)), processes=1)
    archive = upload("a.zip", hostile.zipped({f"{number}.jpg": jpeg for number in range(4)}))
    assert reader.listing(archive).cut
    found = answers(reader, archive)
    assert len(found) == 2
    reader.close()
    reader = UploadReader(UploadLimits(unpacked=len(jpeg)), processes=1)
    said = list(answers(reader, archive).values())
    assert [isinstance(image, DecodedImage) for image in said] == [True, True, False, False]
    assert "the images before it, in the same upload, unpack to" in str(said[2])
    reader.close()


def test_who_waits_gets_the_next_turn(bad: UploadReader) -> None:
    """A session whose images hang does not keep another one waiting for more than a turn."""
    bad._limits = UploadLimits(seconds=1.0, turn_seconds=0.0)
    slow = upload(
        "a.zip", hostile.zipped(dict.fromkeys(("hang1.jpg", "hang2.jpg", "hang3.jpg"), hostile.picture("JPEG")))
    )
    bad.listing(slow)
    thread = threading.Thread(target=lambda: answers(bad, slow))
    thread.start()
    other = answers(bad, upload("other.jpg", hostile.picture("JPEG")))
    assert thread.is_alive()
    assert isinstance(other["other.jpg"], DecodedImage)
    thread.join()


def test_what_a_decoder_says_is_no_more_than_pixels(reader: UploadReader) -> None:
    image = answers(reader, upload("a.jpg", hostile.picture("JPEG")))["a.jpg"]
    assert isinstance(image, DecodedImage)
    assert (image.pixels.dtype, image.pixels.shape, image.source_size) == (np.uint8, (16, 16, 3), (24, 24))
