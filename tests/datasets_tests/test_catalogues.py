"""How catalogues are parted: each row once, in the source's order, every column as it was, on any storage."""

import gzip
import io
import json
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from datasets_tests.source_examples import galaxies, png

from datasets import (
    CATALOGUE_FORMAT,
    CatalogueLayout,
    CatalogueRecord,
    Dataset,
    FormatError,
    ImageError,
    SourceError,
    is_unchanged,
    open_folder,
    open_rows,
    plan_catalogue,
    read_record,
)
from datasets.catalogues.parquet_rows import ParquetRows, plan_parquet
from datasets.catalogues.planning import partition_size
from datasets.images.magic import masked_crc


@pytest.fixture
def layout(tmp_path):
    return CatalogueLayout(open_folder(tmp_path / "answers"))


@pytest.fixture
def images():
    return [png(pixels) for _, _, pixels in galaxies()]


def parted(layout, source, size=4, here="/"):
    """Return the plan of a source, its columns, and all its rows with their images' names and contents."""
    planned = plan_catalogue(layout, str(source), here=here, size=size)
    rows = open_rows(layout, open_folder(source).uri, planned.kind, json.loads(json.dumps(planned.details)))
    record = CatalogueRecord(CATALOGUE_FORMAT, str(source), planned, {}, "model", "now")
    batches, found = [], []
    for number, count in enumerate(planned.sizes):
        there = list(rows.read(number, record.starts[number], count))
        assert sum(len(batch) for batch, _ in there) == count
        for batch, files in there:
            assert batch.schema == rows.schema()
            batches.append(batch)
            found += [(file.name, content(file)) for file in files]
    return planned, pa.Table.from_batches(batches), found


def content(file):
    try:
        return file.read()
    except ImageError as error:
        return str(error)


def test_a_folder_of_images_on_a_disk_and_in_a_store(tmp_path, s3, layout, images):
    local, remote = tmp_path / "photos", open_folder(s3).child("photos")
    names = [f"{'b' if number % 2 else 'a'}/g {number}.png" for number in range(9)]
    for name, image in zip([*names, ".hidden.png", "notes.txt"], [*images[:9], b"", b""], strict=True):
        (local / name).parent.mkdir(parents=True, exist_ok=True)
        (local / name).write_bytes(image)
        remote.write_whole(name, image)
    in_order = sorted(names)
    planned, table, found = parted(layout, local)
    assert list(planned.sizes) == [4, 4, 1]
    assert found == [(f"{local}/{name}", images[names.index(name)]) for name in in_order]
    assert table.to_pydict() == {"path": [name for name, _ in found]}
    assert planned.witness == str(local / in_order[0])
    other = CatalogueLayout(open_folder(s3).child("answers"))
    planned, table, found = parted(other, remote.uri)
    assert [data for _, data in found] == [images[names.index(name)] for name in in_order]
    assert table["path"].to_pylist() == [remote.child(name).uri for name in in_order]
    assert planned.witness is None


def test_names_that_are_no_utf_8_are_read_and_written_out(tmp_path, layout, images):
    place = tmp_path / "photos"
    place.mkdir()
    for name, image in zip(("a\udce9.png", "b.png"), images, strict=False):
        (place / name).write_bytes(image)
    planned, table, found = parted(layout, place)
    assert table["path"].to_pylist() == [f"{place}/a\\udce9.png", f"{place}/b.png"]
    assert [data for _, data in found] == images[:2]
    assert planned.witness == str(place / "b.png")
    CatalogueRecord(CATALOGUE_FORMAT, "photos", planned, {}, "model", "2026").write(layout)
    assert read_record(layout).planned == planned
    (place / "b.png").unlink()
    assert plan_catalogue(layout, str(place), here="/").witness is None


def test_a_catalogue_that_an_older_version_began_is_gone_on_with(tmp_path, layout, images):
    place = tmp_path / "photos"
    place.mkdir()
    (place / "é.png").write_bytes(images[0])
    plan_catalogue(layout, str(place), here="/")
    kept = layout.read_rows(0)
    older = kept.set_column(1, "files", kept["files"].cast(pa.list_(pa.string())))
    layout.write_rows(0, older)
    ((_, (image,)),) = open_rows(layout, str(place), "files", {}).read(0, 0, 1)
    assert (image.name, image.read()) == (f"{place}/é.png", images[0])


@pytest.mark.parametrize("name", ["photos\udce9", "cutouts", "t.csv"])
def test_a_path_that_the_record_cannot_hold_is_refused_in_a_line(name, tmp_path, layout, images):
    for folder in ("photos\udce9", "cutouts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "photos\udce9/a.png").write_bytes(images[0])
    pq.write_table(pa.table({"image": images[:2]}), tmp_path / "cutouts" / "a.parquet")
    (tmp_path / "cutouts" / "a.parquet").rename(tmp_path / "cutouts" / "\udce9.parquet")
    (tmp_path / "t.csv").write_text("path\na.png\n")
    with pytest.raises(SourceError, match=r"udce9.* cannot be classified by workers: expected a path in UTF-8: rename"):
        plan_catalogue(layout, str(tmp_path / name), here="/here\udce9" if name == "t.csv" else "/")


def test_bands_are_one_image_and_companions_are_none(tmp_path, layout):
    light = np.random.default_rng(1).random((8, 8), np.float32)
    for name in ("m51_g", "m51_r", "m51_i", "n1", "n1_mask"):
        fits.PrimaryHDU(light).writeto(tmp_path / f"{name}.fits")
    source = tmp_path / "source"
    source.mkdir()
    for file in tmp_path.glob("*.fits"):
        file.rename(source / file.name)
    _, table, found = parted(layout, source)
    assert table["path"].to_pylist() == [f"{source}/{name}.fits" for name in ("m51_*", "n1", "n1_mask")]
    assert [len(bands.planes) for _, bands in found[:2]] == [3, 1]
    assert "mask" in found[2][1]


def test_the_rows_of_a_table_are_kept_as_they_are(tmp_path, s3, layout, images):
    store = open_folder(s3)
    store.write_whole("there.png", images[1])
    (tmp_path / "here.png").write_bytes(images[0])
    uri = store.child("there.png").uri
    table = pa.table(
        {
            "objid": pa.array([2**63 - 1, None, 3, 4, 5], pa.int64()),
            "path": ["here.png", uri, "none.png", None, f"file://{tmp_path}/here.png"],
            "mag": pa.array([1.5, float("nan"), None, 0.1, -0.0], pa.float32()),
            "names": pa.array([["a"], [], None, ["é", None], ["b"]], pa.list_(pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    planned, kept, found = parted(layout, tmp_path / "t.parquet", size=2)
    assert list(planned.sizes) == [2, 2, 1]
    assert kept.schema.equals(table.schema)
    assert repr(kept.to_pydict()) == repr(table.to_pydict())
    assert [data for _, data in found] == [images[0], images[1], "no such file", "no path in this row", images[0]]
    assert is_unchanged(str(tmp_path / "t.parquet"), planned)
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes() + b" ")
    assert not is_unchanged(str(tmp_path / "t.parquet"), planned)


def test_a_table_in_a_store_names_images_from_its_own_folder(s3, layout, images):
    store = open_folder(s3)
    store.write_whole("lists/t.csv", b"id,path\n007,../a.png\n008,b.png\n")
    store.write_whole("lists/b.png", images[1])
    _, kept, found = parted(layout, store.child("lists/t.csv").uri)
    assert kept.to_pydict() == {"id": ["007", "008"], "path": ["../a.png", "b.png"]}
    assert found[1] == ("b.png", images[1])


@pytest.mark.parametrize("place", ["disk", "store"])
def test_parquet_with_images_is_read_where_it_lies(place, tmp_path, s3, layout, images):
    folder = open_folder(tmp_path / "cutouts" if place == "disk" else open_folder(s3).child("cutouts").uri)
    values = [*images[:11], None]
    table = pa.table({"id": range(12), "image": [{"bytes": data, "path": "x"} for data in values]})
    for number, part in enumerate((table[:7], table[7:])):
        sink = io.BytesIO()
        pq.write_table(part, sink, row_group_size=5)
        folder.write_whole(f"{number}.parquet", sink.getvalue())
    planned, kept, found = parted(layout, folder.uri, size=3)
    assert list(planned.sizes) == [3, 2, 2, 3, 2]
    assert kept.to_pydict() == table.to_pydict()
    assert [data for _, data in found] == [*images[:11], "no image in this row"]
    assert [name.rpartition("cutouts")[2].partition("parquet")[2] for name, _ in found][6:8] == ["/6", "/0"]
    assert layout.root.names() == []
    assert is_unchanged(folder.uri, planned)


def test_a_dataset_has_labels_splits_and_kept_columns(tiny_dataset, layout):
    _, kept, found = parted(layout, tiny_dataset.info.path, size=33)
    rows = tiny_dataset.rows(None)
    assert kept["id"].to_pylist() == tiny_dataset.ids
    assert kept["label"].to_pylist() == [tiny_dataset.classes[label] for label in tiny_dataset.labels]
    assert {*kept["split"].to_pylist()} == {"train", "validation", "test"}
    assert np.array_equal([pixels for _, pixels in found], tiny_dataset.take(rows))


def test_kept_columns_of_a_dataset_stand_beside_their_images(tmp_path, layout):
    from datasets_tests.source_examples import EXAMPLES

    from datasets import ImportOptions, import_dataset

    info = import_dataset(EXAMPLES["parquet"].make(tmp_path / "source"), tmp_path / "d", ImportOptions(image_size=8))
    _, kept, _ = parted(layout, tmp_path / "d", size=2)
    side = {row["id"]: row for row in Dataset.open(info.path).columns().to_pylist()}
    for row in kept.to_pylist():
        wanted = {name: value for name, value in side[row["id"]].items() if name not in ("id", "label", "split")}
        assert wanted.items() <= row.items()


def test_a_folder_that_holds_something_else_is_refused(layout):
    assert read_record(layout) is None
    layout.root.write_whole("mine.txt", b"")
    with pytest.raises(FormatError, match=r"expected a new or empty folder, or one that this .* found mine.txt"):
        read_record(layout)


def test_a_record_is_read_as_it_was_written(tmp_path, layout, images):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.png").write_bytes(images[0])
    planned = plan_catalogue(layout, str(tmp_path / "photos"), here="/")
    record = CatalogueRecord(CATALOGUE_FORMAT, "photos", planned, {"crop": "0.5"}, "model", "2026")
    record.write(layout)
    again = read_record(layout)
    assert (again.source, list(again.planned.sizes), again.settings) == ("photos", [1], {"crop": "0.5"})
    assert again.differences("photos", {"crop": "0.6"}) == ["crop 0.5, not 0.6"]
    layout.root.write_whole("part-00000.parquet", b"")
    assert layout.done() == {0}
    layout.root.write_whole("_catalogue.json", b"{")
    with pytest.raises(FormatError, match="not JSON"):
        read_record(layout)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "found nothing there"),
        ("empty", "found nothing"),
        ("packed", "found archives among them"),
        ("a.parquet.gz", "its column 'image': expected Parquet for that, not packed as a whole, found a.parquet.gz"),
        ("a.zip", "found an archive: unpack it and give the folder, or leave --address out"),
        ("a.npz", r"found arrays \(NPZ\): import it first .* and give the dataset, or leave --address out"),
        ("a.h5", r"found arrays \(HDF5\): import it first"),
        ("a.tfrecord", "found a TFRecord: import it first"),
        ("packed/a.png", "found another file: give the folder that it is in, or leave --address out"),
    ],
)
def test_what_workers_cannot_take_is_said(name, said, tmp_path, layout, images):
    (tmp_path / "empty").mkdir()
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed/a.png").write_bytes(images[0])
    (tmp_path / "packed/b.zip").write_bytes(b"")
    pq.write_table(pa.table({"image": images[:1]}), sink := io.BytesIO())
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(sink.getvalue()))
    (tmp_path / "a.zip").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04")
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    length = struct.pack("<Q", 0)
    (tmp_path / "a.tfrecord").write_bytes(length + struct.pack("<I", masked_crc(length)))
    with pytest.raises(SourceError, match=said):
        plan_catalogue(layout, str(tmp_path / name), here="/")


def test_partitions_are_few_of_a_short_catalogue_and_bounded_of_a_long_one():
    assert [partition_size(rows) for rows in (1, 6400, 12800, 64000, 10**6)] == [100, 100, 200, 1000, 1000]


def test_parquet_that_has_become_shorter_is_not_taken_for_all(tmp_path):
    path, folder = tmp_path / "a.parquet", open_folder(tmp_path)
    table = pa.table({"image": [b"content"] * 10})
    pq.write_table(table, path)
    rows = ParquetRows(str(path), in_folder=False, **plan_parquet(folder, [("a.parquet", "a")], size=10).details)
    pq.write_table(table.slice(0, 8), path)
    with pytest.raises(FormatError, match="'a' has changed: expected 2 further rows from row 8 on"):
        list(rows.read(0, 0, 10))
