"""TFRecords, WebDataset and other tars: what each becomes, or the line that refuses it."""

import gzip
import io
import json
import tarfile

import pytest
from datasets_tests.source_examples import PLAIN, listed_as, png, stacked, tar_of, tfrecord

from datasets import Dataset, ImageError, ImportOptions, SourceError, import_dataset
from datasets.images.tars import Tar
from datasets.images.tfrecords import examples
from datasets.sources.options import SourceOptions
from datasets.sources.recognition import recognise
from datasets.sources.source import read_source
from datasets.sources.trees import open_source

WRITTEN = bytes.fromhex(
    "4c00000000000000f5d4a2a00a4a0a160a05696d616765120d0a0b0a094749463839612e2e2e0a170a056c6162656c120e1a0c0a0afdffffff"
    "ffffffffff010a170a0777656967687473120c120a0a080000c03f00000040b74f9abb"
)
"""As TensorFlow writes a record: image b"GIF89a...", label -3, weights 1.5 and 2.0."""
IMAGES, LABELS = stacked(16)
PNGS = [png(image) for image in IMAGES]


def classes(listing):
    return [listing.classes[item.label] for item in listing.items]


def test_records_are_read_as_tensorflow_writes_them(tmp_path):
    (tmp_path / "a.tfrecord").write_bytes(WRITTEN * 2)
    first, second = examples(tmp_path / "a.tfrecord", otherwise="")
    assert first[0] == {"label": (-3,), "weights": (1.5, 2.0)}
    assert first[1]() == second[1]() == b"GIF89a..."
    assert tfrecord(("image", b"GIF89a..."), ("label", 3))[:12] != WRITTEN[:12]


def records(path, *features):
    """Write a record for each image, with its other features."""
    path.write_bytes(
        b"".join(tfrecord(("image/encoded", data), *of_row) for data, of_row in zip(PNGS, features, strict=True))
    )
    return path


TEXT = [("image/class/text", PLAIN[label].encode()) for label in LABELS]
NUMBER = [("image/class/label", int(label)) for label in LABELS]


@pytest.mark.parametrize(
    ("features", "options", "names"),
    [
        (zip(TEXT, NUMBER, strict=True), {}, PLAIN),
        (zip(TEXT, NUMBER, strict=True), {"label_column": "image/class/label"}, "012"),
        (zip(NUMBER, strict=True), {}, "012"),
        ([(("label", 2 - int(label)), ("name", b"?")) for label in LABELS], {}, "210"),
        (
            [(("label", 1), ("kind", b"ab "[label : label + 1])) for label in LABELS],
            {"label_column": "kind"},
            "ab",
        ),
    ],
)
def test_the_features_of_a_record_give_its_class(features, options, names, tmp_path):
    listing = listed_as("tfrecord", records(tmp_path / "a.tfrecord", *features), **options)
    known = [names[label] for label in LABELS if label < len(names)]
    assert classes(listing) == known
    assert [item.read() for item in listing.items] == PNGS[: len(known)]
    assert listing.left_out == len(PNGS) - len(known)


@pytest.mark.parametrize(
    ("features", "options", "line"),
    [
        (
            [(("kind", 1),)] * 36,
            {},
            r"a label in each record \(--label-column\), such as .* found kind$",
        ),
        ([(("label", 1), ("class", 1))] * 36, {}, "with --label-column label, --label-column class$"),
        ([(("label", row),) for row in range(36)], {}, "in 'label' 36 different values in 36 rows"),
        ([(("label", 1),)] * 36, {"label_column": "y"}, r"expected a feature 'y' \(--label-column\), found label$"),
        (
            [(("label", 1),)] * 36,
            {"image_column": "y"},
            "in 00000: expected one encoded image, 'y', found",
        ),
        ([(("image", b"GIF8"), ("label", 1))] * 36, {}, "found image/encoded, image; --image-column names the feature"),
        (zip(TEXT, NUMBER[1:] + NUMBER[:1], strict=True), {}, "and 'image/class/label' mean different classes"),
    ],
)
def test_records_that_cannot_be_told_are_refused(features, options, line, tmp_path):
    with pytest.raises(SourceError, match=line) as caught:
        listed_as("tfrecord", records(tmp_path / "a.tfrecord", *features), **options)
    assert "\n" not in str(caught.value)


def test_records_are_recognised_by_their_content(tmp_path):
    records(tmp_path / "anything", *zip(NUMBER, strict=True))
    assert recognise(open_source(tmp_path / "anything"), SourceOptions())[0] == "tfrecord"
    (tmp_path / "anything").write_bytes(bytes(12) + PNGS[0])
    with pytest.raises(SourceError, match="cannot be imported: expected "):
        recognise(open_source(tmp_path / "anything"), SourceOptions())


def test_what_follows_damage_and_shards_that_are_not_there_are_told_of(tmp_path):
    whole = records(tmp_path / "train-00001-of-00004", *zip(NUMBER, strict=True)).read_bytes()
    (tmp_path / "train-00003-of-00004").write_bytes(tfrecord(("image", PNGS[0]), ("image/class/label", 7)) + whole[5:])
    listing = listed_as("tfrecord", tmp_path)
    assert listing.notes[-1] == "2 of the 4 shards of train are not there"
    assert len(listing.items) == 37
    assert listing.rejected == (
        ("train-00003-of-00004", "damaged or cut off at record 2: nothing can be found from there on"),
    )


def test_a_label_or_a_pixel_that_is_damaged_is_not_taken_for_another_one(tmp_path):
    whole = records(tmp_path / "a.tfrecord", *zip(NUMBER, strict=True)).read_bytes()
    sides = ("height", 2), ("width", 2), ("depth", 3)
    record = tfrecord(("image/encoded", bytes(12)), *sides, ("image/class/label", 1))
    for place in range(12, len(record)):
        damaged = bytearray(record)
        damaged[place] ^= 1
        (tmp_path / "a.tfrecord").write_bytes(damaged + whole)
        listing = listed_as("tfrecord", tmp_path / "a.tfrecord")
        assert listing.rejected == (("00000", "damaged: its checksum does not fit it"),)
        assert len(listing.items) == len(PNGS)


def samples(path, **by_suffix):
    """Write a tar of samples; each suffix has its text for each row, None for no file."""
    files = {}
    for row, data in enumerate(PNGS):
        files[f"a.b/{row:04d}.png"] = data
        for suffix, texts in by_suffix.items():
            if texts[row] is not None:
                files[f"a.b/{row:04d}.{suffix}"] = texts[row].encode()
    return tar_of(path, files)


NAMES = [PLAIN[label] for label in LABELS]
DIGITS = [f"{label}\n" for label in LABELS]


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        ({"cls": DIGITS}, {}, [str(label) for label in LABELS]),
        ({"cls": NAMES, "txt": [f"galaxy {row}" for row in range(36)]}, {}, NAMES),
        ({"txt": NAMES}, {}, NAMES),
        ({"json": [json.dumps({"label": int(label), "label_name": PLAIN[label]}) for label in LABELS]}, {}, NAMES),
        ({"json": [json.dumps({"kind": name}) for name in NAMES]}, {"label_column": "kind"}, NAMES),
        ({"cls": DIGITS, "morph.txt": NAMES}, {"label_column": "morph.txt"}, NAMES),
        ({"cls": [*NAMES[:-1], None]}, {}, NAMES[:-1]),
    ],
)
def test_samples_of_a_tar(files, options, expected, tmp_path):
    found = read_source(samples(tmp_path / "a.tar", **files), SourceOptions(**options))
    assert found.provenance.format == "webdataset"
    assert classes(found.listing) == list(expected)
    assert [item.read() for item in found.listing.items] == PNGS[: len(expected)]


@pytest.mark.parametrize(
    ("files", "options", "line"),
    [
        (
            {"cls": DIGITS, "jpg": ["?"] * 36},
            {},
            "several suffixes: say which with --image-column jpg, --image-column png$",
        ),
        ({"json": ['{"label": 1, "class": 2}'] * 36}, {}, "with --label-column label, --label-column class$"),
        (
            {"json": ['{"z": 1, "morph": 2}'] * 36},
            {},
            r"in each JSON \(--label-column\), .* found morph, z$",
        ),
        ({"json": ["?"] * 36}, {}, "'a.b/0000.json' is no JSON; --label-column names another"),
        (
            {"cls": DIGITS},
            {"label_column": "morph"},
            "samples with cls, png; --label-column names",
        ),
        (
            {"txt": [f"galaxy {row}" for row in range(36)]},
            {},
            "36 different values in 36 rows, such as galaxy 0",
        ),
    ],
)
def test_samples_that_cannot_be_told_are_refused(files, options, line, tmp_path):
    with pytest.raises(SourceError, match=line) as caught:
        read_source(samples(tmp_path / "a.tar", **files), SourceOptions(**options))
    assert "\n" not in str(caught.value)


def test_notes_beside_images_in_class_folders_are_no_samples(tmp_path):
    for row, (name, data) in enumerate(zip(NAMES, PNGS, strict=True)):
        for suffix, content in (("png", data), ("json", b'{"label": 1}'), ("txt", b"seen on a good night")):
            place = tmp_path / "all" / name / f"{row}.{suffix}"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    assert recognise(open_source(tmp_path / "all"), SourceOptions())[0] == "class-folders"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_gives_its_files_and_nothing_else(mode, tmp_path):
    with tarfile.open(tmp_path / "a.tar", mode) as tar:
        for name, kind in (("./b/a.png", tarfile.REGTYPE), ("link", tarfile.SYMTYPE), ("pipe", tarfile.FIFOTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, "/etc/passwd", 5 if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(b"hello"))
        tar.addfile(tarfile.TarInfo("../out"))
    tar = Tar(tmp_path / "a.tar")
    assert [name for name, _ in tar.members] == ["b/a.png", "link", "pipe", "../out"]
    assert (tar.read("b/a.png"), tar.open("b/a.png").read(), tar.size("b/a.png")) == (b"hello", b"hello", 5)
    for name, reason in (("link", "a link, a device"), ("pipe", "a link, a device"), ("../out", "leaves the archive")):
        with pytest.raises(ImageError, match=reason):
            tar.read(name)
        with pytest.raises(OSError, match=reason):
            tar.open(name)


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_a_tar_that_is_cut_between_or_in_headers_is_refused_and_so_are_two_together(name, tmp_path):
    whole = tar_of(tmp_path / "whole.tar", {f"{folder}/{row}.png": PNGS[row] for folder in "ab" for row in range(3)})
    data = whole.read_bytes()
    pack = gzip.compress if name.endswith("gz") else bytes
    with tarfile.open(whole) as tar:
        middle, last = tar.getmembers()[2], tar.getmembers()[-1]
    end = (last.offset_data + last.size + 511) // 512 * 512
    damaged = data[: middle.offset + 5] + b"x" + data[middle.offset + 6 :]
    cases = {"no end mark": (data[: middle.offset], data[: middle.offset + 200], data[:end], damaged)}
    cases["tar -xif"] = (data + data,)
    for line, contents in cases.items():
        for content in contents:
            (tmp_path / name).write_bytes(pack(content))
            with pytest.raises(SourceError, match=line):
                open_source(tmp_path / name)
    (tmp_path / name).write_bytes(pack(data[: end + 1024]))
    assert len(open_source(tmp_path / name).files) == 6


@pytest.mark.parametrize(("name", "size"), [("a.tar", 300), ("a.tar", 1400), ("a.tar.gz", 60)])
def test_a_tar_that_is_cut_off_is_refused(name, size, tmp_path):
    path = tar_of(tmp_path / name, {"a/1.png": PNGS[0], "b/2.png": PNGS[1]}, "w:gz" if name.endswith("gz") else "w")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(SourceError, match=r"damaged"):
        open_source(path)


def test_what_samples_and_records_say_beside_the_class_is_kept(tmp_path):
    values = [json.dumps({"label": name, "z": row / 2, "seen": [1], "note": "x"}) for row, name in enumerate(NAMES)]
    import_dataset(samples(tmp_path / "a.tar", json=values), tmp_path / "samples", ImportOptions(image_size=8))
    more = [(*pair, ("objid", 10**17 + row)) for row, pair in enumerate(zip(TEXT, NUMBER, strict=True))]
    import_dataset(records(tmp_path / "a.tfrecord", *more), tmp_path / "records", ImportOptions(image_size=8))
    columns = Dataset.open(tmp_path / "samples").columns()
    assert columns.select(["id", "label", "note", "z"]).to_pylist()[3] == {
        "id": "a.b/0003.png",
        "label": NAMES[3],
        "note": "x",
        "z": 1.5,
    }
    assert "seen" not in columns.column_names
    columns = Dataset.open(tmp_path / "records").columns()
    assert columns["objid"].to_pylist() == [10**17 + row for row in range(36)]
    assert columns["image/class/text"].to_pylist() == NAMES
