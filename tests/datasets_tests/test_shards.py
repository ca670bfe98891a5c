"""What is read from a dataset's files, and when."""

import mmap
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from datasets import Dataset, FormatError, ImportOptions, import_dataset, training_batches
from datasets.arrow.shards import Shard, request_numbers
from datasets.storage.folders import open_folder


class Requests:
    """Notes what a mapped file is asked to have read."""

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []

    def madvise(self, option, start, length):
        assert option == mmap.MADV_WILLNEED
        assert start % mmap.PAGESIZE == 0
        self.ranges.append((start, start + length))


@pytest.fixture
def folder(tiny_dataset):
    return open_folder(tiny_dataset.info.path)


@pytest.mark.parametrize("row", [0, 41, 99])
def test_the_pages_that_hold_an_image_are_requested(folder, row):
    shard = Shard(folder, "images-00000.arrow")
    shard.request(np.array([row]))
    requests = vars(shard)["_mapped"] = Requests()
    shard.request(np.array([row]))
    [(start, end)] = requests.ranges
    content = (Path(folder.uri) / "images-00000.arrow").read_bytes()[start:end]
    assert shard.images[row].tobytes() in content
    assert end - start <= shard.images[row].nbytes + mmap.PAGESIZE


def test_batches_request_each_row_once_and_a_batch_ahead(tiny_dataset, monkeypatch):
    batches = training_batches(tiny_dataset, batch_size=16, seed=1)
    expected = [labels.tolist() for _, labels in batches.epoch()]
    noted = []
    request, take = Dataset.request, Dataset.take
    monkeypatch.setattr(Dataset, "request", lambda self, rows: noted.append(("asked", rows)) or request(self, rows))
    monkeypatch.setattr(Dataset, "take", lambda self, rows: noted.append(("taken", rows)) or take(self, rows))
    assert [labels.tolist() for _, labels in batches.epoch()] == expected
    assert [what for what, rows in noted if len(rows)] == ["asked", *["asked", "taken"] * 2, "taken"]
    asked, taken = (np.concatenate([rows for kind, rows in noted if kind == what]) for what in ("asked", "taken"))
    assert asked.tolist() == taken.tolist()
    assert len(set(asked.tolist())) == 48


def test_the_ends_of_files_are_requested_and_one_that_lacks_is_left_to_who_reads_it(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "posix_fadvise", lambda handle, *rest: asked.append(rest), raising=False)
    request_numbers(folder, ["images-00000.arrow", "none.arrow"])
    size = (Path(folder.uri) / "images-00000.arrow").stat().st_size
    (head, length, _), (tail, rest, _) = asked
    assert (head, tail + rest) == (0, size)
    assert length > 2**16


def test_a_system_without_advice_reads_as_well(folder, monkeypatch):
    monkeypatch.delattr(os, "posix_fadvise")
    request_numbers(folder, ["images-00000.arrow"])
    assert len(Shard(folder, "images-00000.arrow")) == 100


def test_a_dataset_that_was_imported_anew_while_it_was_open_is_no_other_one(make_source, tmp_path):
    place, source = tmp_path / "dataset", make_source(a=5, b=5)
    import_dataset(source, place, ImportOptions(image_size=8))
    kept, opened = Dataset.open(place), Dataset.open(place)
    pixels = kept.take([0])
    os.utime(place / "images-00000.arrow")
    touched = Dataset.open(place)
    os.utime(place / "images-00000.arrow")
    assert (touched.take([0]) == pixels).all()
    shutil.rmtree(place)
    import_dataset(source, place, ImportOptions(image_size=8, seed=2))
    for use in (lambda: opened.take([0]), lambda: opened.ids):
        with pytest.raises(FormatError, match=r"was imported anew while it was in use"):
            use()
    assert (kept.take([0]) == pixels).all()


def _copied(folder, tmp_path, change):
    """Return the folder of a dataset that is another's with a file changed: ``change`` takes its bytes and table."""
    copy = Path(shutil.copytree(folder.uri, tmp_path / "copy"))
    file = copy / "images-00000.arrow"
    data = bytearray(file.read_bytes())
    whole = pa.py_buffer(file.read_bytes())
    table = pa.ipc.open_file(whole).read_all()
    change(data, lambda column, buffer: table.column(column).chunk(0).buffers()[buffer].address - whole.address)
    file.write_bytes(data)
    return copy


def test_an_id_beyond_the_file_is_refused_and_does_not_end_the_process(folder, tmp_path):
    def far(data, place):
        start = place("id", 1) + 4 * 5
        data[start : start + 4] = (2**30).to_bytes(4, "little")

    dataset = Dataset.open(_copied(folder, tmp_path, far))
    for use in (lambda: dataset.ids, lambda: dataset.names([5])):
        with pytest.raises(FormatError, match=r"is damaged: images-00000\.arrow is not a whole Arrow file \("):
            use()


@pytest.mark.parametrize(("column", "size", "found"), [("label", 2, -1), ("label", 2, 7), ("split", 1, 3)])
def test_labels_and_splits_that_stand_for_nothing_are_refused(folder, tmp_path, column, size, found):
    def other(data, place):
        start = place(column, 1) + 3 * size
        data[start : start + size] = found.to_bytes(size, "little", signed=True)

    with pytest.raises(FormatError, match=rf"is damaged: expected {column}s from .*, found {found}; import it again$"):
        Dataset.open(_copied(folder, tmp_path, other))
