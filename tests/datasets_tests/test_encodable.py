"""Names of files and folders that are not UTF-8: they are imported, written out, and take nothing with them."""

import io
import os
import tarfile

import numpy as np
import pytest
from datasets_tests.source_examples import png

from datasets import Dataset, ImportOptions, import_dataset

PIXELS = np.random.default_rng(5).integers(0, 255, (12, 12, 12, 3), dtype=np.uint8)
NAMES = [(b"spiral", b"el\xedptica")[number % 2] + b"/g\xe9%d.png" % number for number in range(12)]


def in_folder(place):
    try:
        for name, pixels in zip(NAMES, PIXELS, strict=True):
            path = place / "source" / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(pixels))
    except OSError:
        pytest.skip("names here are UTF-8 alone")
    return place / "source"


def in_tar(place):
    with tarfile.open(place / "a.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
        for name, pixels in zip(NAMES, PIXELS, strict=True):
            data = png(pixels)
            member = tarfile.TarInfo(name.decode("latin-1"))
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return place / "a.tar"


@pytest.mark.parametrize("make", [in_folder, in_tar])
def test_names_that_are_not_utf8_are_written_out(make, tmp_path):
    import_dataset(make(tmp_path), tmp_path / "out", ImportOptions(image_size=8))
    dataset = Dataset.open(tmp_path / "out")
    assert set(dataset.info.classes) == {"spiral", r"el\udcedptica"}
    assert {rf"spiral/g\udce9{number}.png" for number in range(0, 12, 2)} < set(dataset.ids)
