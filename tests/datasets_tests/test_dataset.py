import json
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from datasets import Dataset, FormatError, ImportOptions, Split, import_dataset, verify_dataset
from datasets.arrow.dataset import read_info


@pytest.fixture
def copy(tiny_dataset, tmp_path):
    """A copy of the tiny dataset that may be damaged."""
    return Path(shutil.copytree(tiny_dataset.info.path, tmp_path / "copy"))


def change(folder, **values):
    document = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(document | values))


def mapped(folder):
    """Names of the folder's files that this process has mapped."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return {Path(line.split()[-1]).name for line in lines if line.split()[-1].startswith(f"{folder}/")}


def test_rows_of_the_splits_are_disjoint_and_complete(tiny_dataset):
    rows = [tiny_dataset.rows(split) for split in Split]
    assert [len(part) for part in rows] == [60, 20, 20]
    assert sorted(np.concatenate(rows)) == tiny_dataset.rows(None).tolist() == list(range(100))
    assert all(part.dtype == np.int64 for part in rows)


def test_labels_are_read_only_indices_into_the_classes(tiny_dataset):
    assert np.bincount(tiny_dataset.labels).tolist() == [20] * 5
    assert tiny_dataset.labels.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        tiny_dataset.labels[0] = 1


def test_take_copies_the_rows_asked_for_in_their_order(tiny_dataset):
    whole = tiny_dataset.take(tiny_dataset.rows(None))
    assert whole.shape == (100, *tiny_dataset.image_shape) == (100, 32, 32, 3)
    assert whole.dtype == np.uint8
    assert np.array_equal(tiny_dataset.take([5, 99, 5, 0]), whole[[5, 99, 5, 0]])
    whole[:] = 0
    assert tiny_dataset.take([5]).any()
    assert tiny_dataset.take([]).shape == (0, 32, 32, 3)


def test_take_over_several_files(tiny_source, tiny_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.arrow.shard_files.BYTES_PER_SHARD", 7 * 32 * 32 * 3)
    options = ImportOptions(image_size=32, validation=0.2, test=0.2)
    many = Dataset.open(import_dataset(tiny_source, tmp_path / "many", options).path)
    assert len(many.info.shards) == 15
    many.take([0, 8])
    assert mapped(many.info.path) == {"images-00000.arrow", "images-00001.arrow"}
    rows = np.random.default_rng(1).permutation(100)
    assert np.array_equal(many.take(rows), tiny_dataset.take(rows))
    assert many.ids == tiny_dataset.ids
    assert many.names(rows[:20]) == [tiny_dataset.ids[row] for row in rows[:20]]
    assert np.array_equal(many.labels, tiny_dataset.labels)
    assert all(np.array_equal(many.rows(split), tiny_dataset.rows(split)) for split in Split)


@pytest.mark.parametrize("rows", [[100], [-1], [0, 1000]])
def test_a_row_that_is_not_there(tiny_dataset, rows):
    with pytest.raises(IndexError, match=r"rows must be 0 to 99, got"):
        tiny_dataset.take(rows)
    with pytest.raises(IndexError, match=r"rows must be 0 to 99, got"):
        tiny_dataset.names(rows)


def test_it_pickles_as_its_location(tiny_dataset):
    data = pickle.dumps(tiny_dataset)
    assert len(data) < 1000
    assert np.array_equal(pickle.loads(data).take([3]), tiny_dataset.take([3]))


def test_it_says_what_it_is(tiny_dataset):
    assert repr(tiny_dataset) == f"Dataset({tiny_dataset.info.path!r}, 100 images, 5 classes)"
    assert len(tiny_dataset) == 100
    assert tiny_dataset.fingerprint == tiny_dataset.info.fingerprint == read_info(tiny_dataset.info.path).fingerprint
    assert tiny_dataset.preprocessing.source_size == (40, 40)


def test_it_can_be_moved(tiny_dataset, copy):
    assert Dataset.open(copy).info == replace(tiny_dataset.info, path=str(copy))


def refusal(folder, rest):
    return pytest.raises(FormatError, match=f"^'{folder}' {rest}")


def test_what_is_no_dataset(tmp_path):
    with refusal(tmp_path / "missing", "is not a dataset: expected a folder that `galaxy import` made, found nothing$"):
        Dataset.open(tmp_path / "missing")
    with refusal(
        tmp_path, "is not a dataset: .* found a folder without dataset.json; import it first, .* `galaxy classify`"
    ):
        Dataset.open(tmp_path)
    (tmp_path / "a.zip").write_bytes(b"")
    with refusal(tmp_path / "a.zip", "is not a dataset: .* found a file; import it first, "):
        Dataset.open(tmp_path / "a.zip")


def test_another_version(copy):
    change(copy, format="galaxy-tuner-dataset/2")
    with refusal(
        copy, "cannot be used: expected a dataset of format galaxy-tuner-dataset/1, found galaxy-tuner-dataset/2"
    ):
        Dataset.open(copy)


@pytest.mark.parametrize("content", ['{"format": 1}', "{}", "[]"])
def test_json_of_something_else(copy, content):
    (copy / "dataset.json").write_text(content)
    with refusal(copy, "cannot be used: expected a dataset of format galaxy-tuner-dataset/1, found"):
        Dataset.open(copy)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_description_that_is_no_json(copy, content):
    (copy / "dataset.json").write_bytes(content)
    with refusal(copy, "is not a dataset: dataset.json is not JSON"):
        Dataset.open(copy)


def test_a_description_that_lacks_something(copy):
    document = json.loads((copy / "dataset.json").read_text())
    del document["fingerprint"]
    (copy / "dataset.json").write_text(json.dumps(document))
    with refusal(copy, r"cannot be used: .*, expected a value, found nothing \(fingerprint\); import it again$"):
        Dataset.open(copy)
    change(copy, fingerprint="x", image_size=["a", 32])
    with refusal(copy, r"cannot be used: in its dataset.json, expected a whole number, found .* \(image_size.0\)"):
        Dataset.open(copy)


def test_a_dataset_of_before_there_were_checksums(copy, tiny_dataset):
    document = json.loads((copy / "dataset.json").read_text())
    del document["checksums"]
    (copy / "dataset.json").write_text(json.dumps(document))
    opened = Dataset.open(copy)
    assert opened.info.checksums == ()
    assert np.array_equal(opened.take([3, 7]), tiny_dataset.take([3, 7]))
    assert verify_dataset(copy).fingerprint == tiny_dataset.fingerprint


def test_checksums_of_other_files(copy, tiny_dataset):
    one = json.loads((copy / "dataset.json").read_text())["checksums"]
    change(copy, checksums=one * 2)
    with refusal(
        copy, "cannot be used: expected 1 checksums in its dataset.json, one a file, found 2; import it again$"
    ):
        Dataset.open(copy)


def test_a_missing_file(copy):
    (copy / "images-00000.arrow").unlink()
    with refusal(copy, "is damaged: expected the file images-00000.arrow, found none"):
        Dataset.open(copy)


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_a_file_cut_short(copy, keep):
    path = copy / "images-00000.arrow"
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with refusal(copy, "is damaged: images-00000.arrow is not a whole Arrow file"):
        Dataset.open(copy)


def test_files_of_another_image_size(copy):
    change(copy, image_size=[32, 33])
    with refusal(copy, r"is damaged: expected images of shape \(32, 33, 3\), found others$"):
        Dataset.open(copy)


def test_a_file_with_other_columns(copy):
    path = copy / "images-00000.arrow"
    table = pa.ipc.open_file(path.read_bytes()).read_all().drop_columns("split")
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    with refusal(copy, "is damaged: images-00000.arrow has not the columns of a dataset; import it again$"):
        Dataset.open(copy)


def test_a_file_in_several_batches_reads_the_same(copy, tiny_dataset):
    path = copy / "images-00000.arrow"
    table = pa.ipc.open_file(path.read_bytes()).read_all()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=30)
    rows = [99, 29, 30, 0]
    other = Dataset.open(copy)
    assert np.array_equal(other.take(rows), tiny_dataset.take(rows))
    assert np.array_equal(other.labels, tiny_dataset.labels)


def test_a_trial_that_reads_images_does_not_pay_for_pandas(tiny_dataset):
    code = "import sys, datasets; datasets.Dataset.open(sys.argv[1]).take([0]); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, tiny_dataset.info.path], check=False).returncode == 0


def test_an_import_does_not_pay_for_pandas(tiny_source, tmp_path):
    code = "import sys, datasets; datasets.import_dataset(*sys.argv[1:]); sys.exit('pandas' in sys.modules)"
    command = [sys.executable, "-c", code, str(tiny_source), str(tmp_path / "dataset")]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_file_with_fewer_rows_than_described(copy):
    change(copy, total=101)
    with refusal(copy, "is damaged: expected 101 images as its dataset.json says, found 100$"):
        Dataset.open(copy)
