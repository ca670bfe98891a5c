"""What holds for every form of source."""

import gc
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from datasets_tests.source_examples import EXAMPLES, PER_CLASS, Example, listed_as

from datasets import Dataset, ImportOptions, SourceError, Split, import_dataset
from datasets.arrow.verification import content_fingerprint
from datasets.sources.forms import FORMS
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import form, recognise
from datasets.sources.trees import open_source

SMALL = ImportOptions(image_size=16)


@pytest.fixture(params=EXAMPLES, ids=str)
def example(request: pytest.FixtureRequest) -> Example:
    return EXAMPLES[request.param]


def test_every_form_has_an_example() -> None:
    assert {example.format for example in EXAMPLES.values()} == set(FORMS)


def test_a_source_is_recognised_and_imported_whole(example, tmp_path):
    source = example.make(tmp_path / "source")
    info = import_dataset(source, tmp_path / "out", SMALL)
    assert info.source_format == example.format == recognise(open_source(source), SourceOptions())[0]
    assert info.total == 3 * PER_CLASS
    assert (info.quarantined, info.left_out) == (example.quarantined, example.left_out)
    assert set(info.classes) == set(example.classes)
    assert info.classes == tuple(sorted(example.classes, key=str.casefold))
    assert all(n > 0 for split in info.counts.values() for n in split.values())


def test_an_import_lists_a_zip_once_and_the_next_one_anew(tmp_path, monkeypatch):
    source, opened, open_zip = EXAMPLES["zip of class folders"].make(tmp_path / "source"), [], zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda path, **options: opened.append(path) or open_zip(path))
    for number in (1, 2):
        import_dataset(source, tmp_path / f"out-{number}", SMALL)
        assert opened == [source] * number
    assert gc.isenabled()


def test_labels_and_the_order_of_colours_are_right(example, tmp_path):
    import_dataset(example.make(tmp_path / "source"), tmp_path / "out", SMALL)
    dataset = Dataset.open(tmp_path / "out")
    images = dataset.take(dataset.rows(None))
    colour = images.mean(axis=(1, 2)).argmax(axis=1)
    assert [example.classes[code] for code in colour] == [dataset.classes[label] for label in dataset.labels]
    assert len(set(dataset.ids)) == len(dataset)


def test_a_second_import_is_the_same_and_nothing_is_left_beside(example, tmp_path):
    source = example.make(tmp_path / "source")
    (tmp_path / "made").mkdir()
    first = import_dataset(source, tmp_path / "made" / "one", SMALL)
    second = import_dataset(source, tmp_path / "made" / "two", SMALL)
    assert first.fingerprint == second.fingerprint == content_fingerprint(Dataset.open(first.path))
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["one", "two"]


def test_where_a_source_lies_does_not_matter(example, tmp_path):
    source = example.make(tmp_path / "source")
    before = listed_as(example.format, source)
    target = tmp_path / "elsewhere"
    target.mkdir()
    for path in sorted(tmp_path.iterdir()):
        if path != target:
            shutil.move(path, target / path.name)
    tree = open_source(target / source.relative_to(tmp_path))  # what is unpacked is there as long as this is
    after = form(example.format).list_source(tree, SourceOptions())
    assert [(item.id, item.label) for item in after.items] == [(item.id, item.label) for item in before.items]
    assert after.items[0].read() is not None


@pytest.mark.parametrize("name", FORMS)
def test_what_is_no_source_of_a_form_is_refused_in_one_line(name, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.csv").write_text("a,b\n1,2\n")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    for source in ("empty", "text.csv", "broken.zip", "broken.h5", "missing"):
        with pytest.raises(SourceError, match=r"cannot be imported: expected .*, found ") as caught:
            listed_as(name, tmp_path / source)
        assert "\n" not in str(caught.value)
        assert source in str(caught.value)


@pytest.mark.parametrize("name", ["split folders", "table", "parquet", "npy of splits", "tfrecords", "webdataset"])
def test_a_sources_own_splits_are_kept(name, tmp_path):
    source = EXAMPLES[name].make(tmp_path / "source")
    listing = listed_as(EXAMPLES[name].format, source)
    dataset = Dataset.open(import_dataset(source, tmp_path / "out", SMALL).path)
    places = {dataset.ids[row]: split for split in Split for row in dataset.rows(split)}
    own = {item.id: item.split for item in listing.items if item.split is not None}
    assert own
    assert {name: places[name] for name in own} == own


def test_another_process_imports_the_same(tmp_path):
    source = EXAMPLES["table"].make(tmp_path / "source")
    code = (
        "import sys; from datasets import *; "
        "print(import_dataset(*sys.argv[1:], ImportOptions(image_size=16)).fingerprint)"
    )
    prints = {import_dataset(source, tmp_path / "here", SMALL).fingerprint}
    for seed in ("1", "2"):
        arguments = [sys.executable, "-c", code, str(source), str(tmp_path / seed)]
        done = subprocess.run(
            arguments,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        prints.add(done.stdout.strip())
    assert len(prints) == 1
