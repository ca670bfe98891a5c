import csv
import itertools
import json
import shutil
from dataclasses import replace
from hashlib import sha256
from secrets import token_hex

import cv2
import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from datasets import Dataset, FormatError, ImportOptions, SourceError, Split, StorageError, import_dataset
from datasets.arrow.provenance import Omission
from datasets.arrow.verification import content_fingerprint
from datasets.importing.plan import plan_import
from datasets.sources.forms import FORMS

SMALL = ImportOptions(image_size=8)


def quarantine(folder):
    with (folder / "quarantine.csv").open(newline="") as file:
        return [tuple(row) for row in csv.reader(file)]


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_imported_is_what_the_files_show(make_source, tmp_path):
    source = make_source(round=10, spiral=20)
    info = import_dataset(source, tmp_path / "out", SMALL)
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.classes == ("round", "spiral")
    assert sorted(dataset.ids) == sorted(path.relative_to(source).as_posix() for path in source.rglob("*.png"))
    for row, (name, label) in enumerate(zip(dataset.ids, dataset.labels, strict=True)):
        assert name.startswith(dataset.classes[label])
        assert np.array_equal(dataset.take([row])[0], np.asarray(Image.open(source / name)))
    assert info == dataset.info


def test_the_description_says_all_that_info_shows(make_source, tmp_path):
    source = make_source(round=10, spiral=20)
    shown = import_dataset(source, tmp_path / "out", SMALL).as_json()
    shard = (tmp_path / "out" / "images-00000.arrow").read_bytes()
    assert json.loads(json.dumps(shown)) == {
        "path": str(tmp_path / "out"),
        "format": "galaxy-tuner-dataset/1",
        "fingerprint": shown["fingerprint"],
        "classes": ["round", "spiral"],
        "image_size": [8, 8],
        "total": 30,
        "counts": {
            "train": {"round": 8, "spiral": 16},
            "validation": {"round": 1, "spiral": 2},
            "test": {"round": 1, "spiral": 2},
        },
        "quarantined": 0,
        "left_out": 0,
        "source": str(source),
        "preprocessing": {"image_size": 8, "crop": 1.0, "source_size": [8, 8], "stretch": None, "value_range": None},
        "converted": {},
        "columns": [],
        "provenance": {
            "format": "class-folders",
            "evidence": "class folders round, spiral",
            "labels_from": "the names of the folders",
            "splits_from": "",
            "omitted": [],
            "notes": [],
        },
        "grouped": 0,
        "validation_given": False,
        "unlabelled": None,
        "framing": {"measured": 30, "seen": shown["framing"]["seen"], "filled": None, "crop": None, "image_size": None},
        "shards": ["images-00000.arrow"],
        "source_format": "class-folders",
        "checksums": [{"sha256": sha256(shard).hexdigest(), "size": len(shard)}],
        "beside": {"quarantine.csv": {"sha256": sha256(b"file,reason\r\n").hexdigest(), "size": 13}},
    }
    assert left_in(tmp_path / "out") == ["dataset.json", "images-00000.arrow", "quarantine.csv"]
    assert quarantine(tmp_path / "out") == [("file", "reason")]


def test_any_arrow_reader_opens_the_files(make_source, tmp_path):
    import_dataset(make_source(a=5, b=5), tmp_path / "out", SMALL)
    with pa.memory_map(str(tmp_path / "out" / "images-00000.arrow")) as file:
        before = pa.total_allocated_bytes()
        table = pa.ipc.open_file(file).read_all()
        assert pa.total_allocated_bytes() == before, "a compressed column would have to be unpacked into memory"
        assert table.column_names == ["id", "label", "split", "source_hash", "image"]
        assert table.schema.field("image").type == pa.fixed_shape_tensor(
            pa.uint8(), (8, 8, 3), dim_names=["height", "width", "channel"]
        )


def test_a_zip_gives_the_same_dataset_as_the_folder(make_source, zipped, tmp_path):
    source = make_source(a=6, b=7)
    folder = import_dataset(source, tmp_path / "one", SMALL)
    archive = import_dataset(zipped(source, prefix="wrapped/"), tmp_path / "two", SMALL)
    assert folder.fingerprint == archive.fingerprint


def test_the_fingerprint_tells_splits_crops_labels_and_pixels_apart(make_source, tmp_path):
    source = make_source(a=6, b=7)
    other = make_source("other", a=6, b=7)
    (other / "a" / "0.png").write_bytes((other / "b" / "0.png").read_bytes())
    renamed = make_source("renamed", a=6, c=7)
    ways = [
        (source, SMALL),
        (source, ImportOptions(image_size=8, seed=2)),
        (source, ImportOptions(image_size=8, crop=0.5)),
        (source, ImportOptions(image_size=9)),
        (other, SMALL),
        (renamed, SMALL),
    ]
    prints = [import_dataset(way, tmp_path / str(n), options).fingerprint for n, (way, options) in enumerate(ways)]
    assert len(set(prints)) == len(ways)
    assert content_fingerprint(Dataset.open(tmp_path / "0")) == prints[0]


def test_the_median_size_of_the_sources_is_kept(make_source, tmp_path, encode):
    source = make_source(a=3, b=3)
    for number, size in enumerate([(20, 30), (40, 50)] * 4):
        (source / "a" / f"x{number}.png").write_bytes(
            encode(np.resize(np.arange(3 * size[1], dtype=np.uint8), (*size, 3)))
        )
    info = import_dataset(source, tmp_path / "out", SMALL)
    assert info.preprocessing.source_size == (20, 30)


def test_the_median_size_is_that_of_images_although_some_are_upright_and_some_lie(tmp_path, encode):
    sizes = [(20, 40), (40, 20), (60, 30)] * 4
    for label, number in itertools.product("ab", range(len(sizes))):
        pixels = np.random.default_rng([ord(label), number]).integers(0, 256, (*sizes[number], 3), np.uint8)
        for of in ("source", "others"):  # turned around, so that they are others
            (tmp_path / of / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / of / label / f"{number}.png").write_bytes(encode(pixels))
            pixels = pixels[::-1, ::-1]
    options = replace(SMALL, unlabelled=str(tmp_path / "others"))
    info = import_dataset(tmp_path / "source", tmp_path / "out", options)
    assert info.preprocessing.source_size == (40, 20)
    assert info.unlabelled.total == 24


def test_everything_can_go_to_the_test_split(make_source, tmp_path):
    info = import_dataset(make_source(a=1, b=2), tmp_path / "out", ImportOptions(image_size=8, validation=0, test=1))
    assert info.counts == {"train": {"a": 0, "b": 0}, "validation": {"a": 0, "b": 0}, "test": {"a": 1, "b": 2}}


def test_images_that_cannot_be_used_are_listed_and_the_import_goes_on(make_source, tmp_path, encode, galaxy, huge_png):
    source = make_source(a=5, b=5)
    jpeg = encode(galaxy, "JPEG")
    deep = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint16))[1].tobytes()
    bad = {
        "a/animated.gif": (encode(galaxy, "GIF", save_all=True, append_images=[galaxy.rotate(90)]), "animated"),
        "a/deep.png": (deep, "more than 8 bits"),
        "a/empty.jpg": (b"", "empty file"),
        "a/huge.png": (huge_png(9000, 9000), "too large"),
        "b/notes, of me.txt": (b"not an image at all", "not an image"),
        "b/truncated.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
    }
    for name, (data, _) in bad.items():
        (source / name).write_bytes(data)
    info = import_dataset(source, tmp_path / "out", SMALL)
    header, *rows = quarantine(tmp_path / "out")
    assert header == ("file", "reason")
    assert [name for name, _ in rows] == list(bad)
    assert [reason.startswith(expected) for (_, reason), (_, expected) in zip(rows, bad.values(), strict=True)] == [
        True
    ] * 6
    assert (info.total, info.quarantined) == (10, 6)
    assert not set(bad) & set(Dataset.open(tmp_path / "out").ids)


def test_images_of_other_kinds_are_converted_and_counted(make_source, tmp_path, encode, galaxy):
    source = make_source(a=5, b=5)
    for number, mode in enumerate(["L", "L", "CMYK", "RGBA"]):
        data = encode(galaxy.convert(mode), "TIFF")
        (source / "a" / f"kind-{number}.tif").write_bytes(data)
    info = import_dataset(source, tmp_path / "out", SMALL)
    assert info.quarantined == 0
    assert info.converted == {
        "CMYK image: colours were changed for print": 1,
        "grey image: no colour to go by": 2,
    }


def test_harmful_members_of_a_zip_are_listed_and_written_nowhere(make_source, zipped, tmp_path):
    path = zipped(make_source(a=5, b=5), extra={"../evil.jpg": b"x", "a/../../evil.jpg": b"x"})
    before = left_in(tmp_path)
    info = import_dataset(path, tmp_path / "out", SMALL)
    assert info.quarantined == 2
    assert quarantine(tmp_path / "out")[1:] == [
        ("../evil.jpg", "path leaves the archive"),
        ("a/../../evil.jpg", "path leaves the archive"),
    ]
    assert left_in(tmp_path) == sorted([*before, "out"])


def test_images_outside_of_class_folders_are_counted(make_source, tmp_path):
    source = make_source(a=5, b=5)
    shutil.copy(source / "a" / "0.png", source / "loose.png")
    assert import_dataset(source, tmp_path / "out", SMALL).left_out == 1


class TestRefusals:
    """One clear line, and nothing is left behind or changed, but a list of the files that could not be used."""

    @pytest.fixture
    def target(self, tmp_path):
        target = tmp_path / "place" / "out"
        target.parent.mkdir()
        yield target
        assert set(left_in(target.parent)) <= {"out-quarantine.csv"}

    def test_a_class_with_one_image(self, make_source, target):
        with pytest.raises(SourceError, match=r"^class 'rare' has 1 image: at least 3 are needed"):
            import_dataset(make_source(a=5, rare=1), target, SMALL)

    def test_an_empty_class_folder(self, make_source, target):
        source = make_source(a=5, b=5)
        (source / "none").mkdir()
        with pytest.raises(SourceError, match=r"^class 'none' has 0 images"):
            import_dataset(source, target, SMALL)

    def test_a_class_with_too_few_usable_images(self, make_source, target):
        source = make_source(a=5, b=3)
        (source / "b" / "0.png").write_bytes(b"")
        with pytest.raises(SourceError, match=r"^class 'b' has 2 usable images: at least 3 are needed"):
            import_dataset(source, target, SMALL)

    def test_no_usable_image(self, make_source, target):
        source = make_source(a=3, b=3)
        for path in source.rglob("*.png"):
            path.write_bytes(b"")
        with pytest.raises(
            SourceError,
            match=r"^none of the 6 files in '.*' can be used; the first, a/0.png: empty file; .* listed in '(.*)'$",
        ):
            import_dataset(source, target, SMALL)
        lines = (target.parent / "out-quarantine.csv").read_text().splitlines()
        assert lines[:2] == ["file,reason", "a/0.png,empty file"]

    def test_an_empty_folder(self, tmp_path, target):
        (tmp_path / "empty").mkdir()
        with pytest.raises(SourceError, match=r"expected a folder or archive .* found nothing in it$"):
            import_dataset(tmp_path / "empty", target, SMALL)

    def test_an_interruption(self, make_source, target):
        def interrupt(done, total):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            import_dataset(make_source(a=60, b=60), target, SMALL, progress=interrupt)

    def test_a_full_disk(self, make_source, target, monkeypatch):
        def full(table, path):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("datasets.importing.staging.write_table", full)
        with pytest.raises(StorageError, match=r"^cannot write '.*/place/out': No space left on device$"):
            import_dataset(make_source(a=3, b=3), target, SMALL)


def test_a_target_that_exists_is_left_as_it_is(make_source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(
        SourceError, match=r"^'.*/out' exists already: give a new place for the dataset, or remove it first$"
    ):
        import_dataset(make_source(a=3, b=3), tmp_path / "out", SMALL)
    assert (tmp_path / "out" / "mine").read_text() == "mine"


def test_a_target_that_appears_meanwhile_is_left_as_it_is(make_source, tmp_path):
    def appear(done, total):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / "mine").write_text("mine")

    with pytest.raises(StorageError, match=r"^cannot write '.*/out': Directory not empty$"):
        import_dataset(make_source(a=3, b=3), tmp_path / "out", SMALL, progress=appear)
    assert left_in(tmp_path / "out") == ["mine"]
    assert left_in(tmp_path) == ["out", "source"]


def test_a_target_that_cannot_be_written(make_source, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match=r"^cannot write '.*/file/out': Not a directory$"):
        import_dataset(make_source(a=3, b=3), tmp_path / "file" / "out", SMALL)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_dataset_on_another_filesystem_is_the_same(make_source, tmp_path):
    source, target = make_source(a=5, b=5), f"mock:///{token_hex(8)}/out"
    info = import_dataset(source, target, SMALL)
    here, there = Dataset.open(import_dataset(source, tmp_path / "out", SMALL).path), Dataset.open(target)
    assert info.path == target
    assert there.fingerprint == here.fingerprint == content_fingerprint(there)
    assert np.array_equal(there.take(there.rows(None)), here.take(here.rows(None)))
    with pytest.raises(SourceError, match="exists already"):
        import_dataset(source, target, SMALL)


def test_progress_counts_every_file_in_order(make_source, tmp_path):
    source, told = make_source(a=40, b=20), []
    (source / "a" / "0.png").write_bytes(b"")
    import_dataset(source, tmp_path / "out", SMALL, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (60, 60)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"image_size": 4}, "the image size must be 8 to 1024 pixels, got 4"),
        ({"crop": 0}, "the crop must be a fraction above 0 and at most 1, got 0"),
        ({"crop": 1.5}, "the crop must be a fraction above 0 and at most 1, got 1.5"),
        ({"validation": -0.1}, "the validation share must be 0 to 1, got -0.1"),
        ({"test": float("nan")}, "the test share must be 0 to 1, got nan"),
        ({"validation": 0.6, "test": 0.5}, "the sum of the validation and test shares must be at most 1, got 1.1"),
        ({"seed": 0}, "the seed must be 1 or more, got 0"),
        (
            {"format": "ballots"},
            f"the format must be one of auto, {', '.join(FORMS)}, got ballots",
        ),
    ],
)
def test_options_check_themselves(options, line):
    with pytest.raises(SourceError) as caught:
        ImportOptions(**options)
    assert str(caught.value) == line


def test_a_dataset_is_no_source(tiny_dataset, tmp_path):
    with pytest.raises(SourceError, match=r"cannot be imported: expected "):
        import_dataset(tiny_dataset.info.path, tmp_path / "out", SMALL)


def test_a_source_is_no_dataset(tiny_source):
    with pytest.raises(FormatError, match=r"found a folder without dataset.json"):
        Dataset.open(tiny_source)


@pytest.mark.slow
@pytest.mark.real_data
def test_all_real_galaxies_are_imported(real_data, tmp_path):
    info = import_dataset(real_data / "galaxy-zoo-2-five-class.zip", tmp_path / "out")
    assert (info.total, info.quarantined, info.left_out) == (25_851, 0, 0)
    assert info.preprocessing.source_size == (232, 232)
    assert info.counts["test"] == {
        "Cigar-shaped smooth": 52,
        "completely round smooth": 760,
        "edge-on": 350,
        "In between smooth": 721,
        "spiral": 702,
    }
    dataset = Dataset.open(info.path)
    assert len(dataset.info.shards) > 1
    assert content_fingerprint(dataset) == info.fingerprint
    assert len(dataset.rows(Split.TRAIN)) == sum(info.counts["train"].values())


def test_a_dataset_is_no_source_of_another(make_source, tmp_path):
    import_dataset(make_source(a=5, b=5), tmp_path / "one", ImportOptions(image_size=8))
    with pytest.raises(SourceError, match="a dataset, which is imported already: `galaxy info` shows it"):
        import_dataset(tmp_path / "one", tmp_path / "two", ImportOptions(image_size=8))


@pytest.mark.parametrize("made", ["out.galaxy", "datasets/out.galaxy"])
def test_a_dataset_in_its_source_is_left_out_of_the_next_import(make_source, made):
    source = make_source(a=6, b=6)
    first = import_dataset(source, source / made, SMALL)
    plan = plan_import(source, SMALL)
    assert plan.provenance.omitted == (Omission(f"{made}/", 0, "a dataset that was imported"),)
    assert (plan.classes, plan.total) == (first.classes, first.total)
