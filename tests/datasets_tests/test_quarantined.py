import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import DatasetInfo, ImportOptions, import_dataset, quarantine_pictures, read_quarantine
from datasets.images.thumbnails import thumbnails
from datasets.importing.quarantine import Quarantine


def _png(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


RANDOM = np.random.default_rng(1).integers(0, 255, (80, 40, 3), dtype=np.uint8)
DEEP = np.arange(1600, dtype=np.uint16).reshape(40, 40) * 40
FILES = {
    "blank.png": _png(np.zeros((40, 40, 3), np.uint8)),
    "cut.jpg": _png(RANDOM, "JPEG")[:2000],
    "deep.png": _png(DEEP),
    "text.jpg": b"no image",
    "empty.jpg": b"",
}


@pytest.fixture(scope="module", params=["folder", "zip"])
def info(request: pytest.FixtureRequest, tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> DatasetInfo:
    """A dataset of a folder, or of a zip with one folder above all, of which five files could not be used."""
    top = tmp_path_factory.mktemp("bad")
    source = top / "zipped" / "galaxies"
    shutil.copytree(tiny_source, source)
    for name, data in FILES.items():
        (source / "spiral" / name).write_bytes(data)
    if request.param == "zip":
        source = Path(shutil.make_archive(str(top / "galaxies"), "zip", top / "zipped"))
    return import_dataset(source, top / "dataset", ImportOptions(image_size=32))


def test_what_can_be_seen_of_each_file_is_drawn(info: DatasetInfo) -> None:
    files = [file for file, _ in read_quarantine(info.path)]
    assert sorted(files) == [f"spiral/{name}" for name in sorted(FILES)]
    seen = dict(zip(files, quarantine_pictures(info, files, side=32), strict=True))
    assert {name.rpartition("/")[2] for name, pixels in seen.items() if pixels is None} == {"text.jpg", "empty.jpg"}
    blank, cut, deep = (seen[f"spiral/{name}"] for name in ("blank.png", "cut.jpg", "deep.png"))
    assert blank is not None
    assert not blank.any()
    assert cut is not None
    assert cut.shape == (32, 16, 3)
    assert deep is not None
    # Of 16 bits the darkest and the brightest are black and white.
    assert deep.min() == 0
    assert deep.max() > 250


@pytest.mark.parametrize("name", ["../outside.png", "/etc/hostname", "spiral/../../outside.png", "absent.png"])
def test_nothing_but_the_source_is_read(info: DatasetInfo, name: str) -> None:
    source = Path(info.source)
    (source.parent / "outside.png").write_bytes(FILES["blank.png"])
    assert quarantine_pictures(info, [name], side=32) == [None]


def test_a_source_that_has_gone_shows_nothing(info: DatasetInfo, tmp_path: Path) -> None:
    for source in (str(tmp_path / "gone"), "s3://bucket/key", __file__):
        assert quarantine_pictures(replace(info, source=source), ["spiral/blank.png"], side=32) == [None]


def test_a_file_that_ends_the_process_hides_those_behind_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets.images.thumbnails as module

    crash = "import datasets.images.thumbnail_worker as w, os, sys; of = w.thumbnail\n"
    crash += "w.thumbnail = lambda data, side: os.abort() if data == b'crash' else of(data, side)\n"
    monkeypatch.setattr(module, "_PROGRAM", f"import sys; sys.path[:] = sys.argv[2:]\n{crash}w.main()")
    first, second, third = thumbnails([FILES["blank.png"], b"crash", FILES["blank.png"]], side=8)
    assert first is not None
    assert (second, third) == (None, None)


def test_names_of_files_are_no_formulas_and_are_read_as_they_were(tmp_path: Path) -> None:
    names = ['=HYPERLINK("x").jpg', "./a.jpg", "a.jpg", "./=b.jpg"[2:]]
    Quarantine(strict=False, files=[(name, "empty file") for name in names]).write(tmp_path)
    text = (tmp_path / "quarantine.csv").read_text()
    assert not [line for line in text.splitlines() if line.lstrip('"').startswith("=")]
    assert [file for file, _ in read_quarantine(tmp_path)] == names
