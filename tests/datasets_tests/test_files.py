import bz2
import gzip
import io
import os
import re
import struct
import threading
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from datasets_tests import hostile
from datasets_tests.source_examples import EXAMPLES, galaxies, png, tfrecord

from datasets import ImageError, SourceError, ValueRanges, decode, iterate_images, open_folder, row_images
from datasets.images import places
from datasets.images.companions import companions
from datasets.images.fits.pixels import bands_of
from datasets.images.reading import MAX_BYTES
from datasets.images.zips import Archive


def names(*paths):
    return [file.name for file in iterate_images(paths)]


def reason(file):
    with pytest.raises(ImageError) as caught:
        file.read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_are_taken_as_they_are_in_the_order_asked_for(tmp_path):
    for name in ("b.jpg", "a.txt"):
        (tmp_path / name).write_bytes(name.encode())
    files = list(iterate_images([tmp_path / "b.jpg", str(tmp_path / "a.txt")]))
    assert [(file.name, file.read()) for file in files] == [
        (f"{tmp_path}/b.jpg", b"b.jpg"),
        (f"{tmp_path}/a.txt", b"a.txt"),
    ]


def test_of_a_folder_all_images_below_it_sorted_and_visible(tmp_path):
    for name in ("z.PNG", "a/b/c.tiff", "a/notes.txt", ".hidden.jpg", "__MACOSX/a.jpg", "a/.git/b.png", "m.jpeg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert names(tmp_path) == [f"{tmp_path}/a/b/c.tiff", f"{tmp_path}/m.jpeg", f"{tmp_path}/z.PNG"]


def test_of_a_zip_all_images_sorted_and_named_below_it(zipped):
    members = ("z.jpg", "dir/b.jpg", "notes.txt", "__MACOSX/dir/b.jpg", "dir/.b.jpg")
    path = zipped(None, extra={name: name.encode() for name in members})
    files = list(iterate_images([path]))
    assert [(file.name, file.read()) for file in files] == [
        (f"{path}/dir/b.jpg", b"dir/b.jpg"),
        (f"{path}/z.jpg", b"z.jpg"),
    ]


def test_archives_in_folders_and_archives_are_as_folders(tmp_path):
    place = tmp_path / "all"
    (place / "beside").mkdir(parents=True)
    (place / "a.jpg").write_bytes(b"a")
    (place / "beside" / "b.jpg").write_bytes(b"b")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("dir/c.jpg", b"c")
    with zipfile.ZipFile(place / "outer.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    (place / "damaged.zip").write_bytes(b"PK, but no zip")
    files = {file.name.removeprefix(f"{place}/"): file for file in iterate_images([place])}
    assert list(files) == ["a.jpg", "beside/b.jpg", "damaged.zip", "outer.zip/inner.zip/dir/c.jpg"]
    assert files["outer.zip/inner.zip/dir/c.jpg"].read() == b"c"
    assert reason(files["damaged.zip"]).startswith("not a zip, or a damaged one")


@pytest.mark.parametrize("unpacked", ["b.jpg", "README"])
def test_an_archive_is_not_left_out_unsaid_beside_its_folder_which_may_hold_less(tmp_path, zipped, unpacked):
    place = tmp_path / "photos"
    (place / "batch").mkdir(parents=True)
    (place / "batch" / unpacked).write_bytes(b"b")
    zipped(None, extra={"a.jpg": b"a", "b.jpg": b"b"}).rename(place / "batch.zip")
    *images, archive = iterate_images([place])
    assert [file.name for file in images] == ([f"{place}/batch/b.jpg"] if unpacked == "b.jpg" else [])
    assert archive.name == f"{place}/batch.zip"
    assert reason(archive).endswith("which may hold less: give it by itself to have it classified")
    assert names(place / "batch.zip") == [f"{place}/batch.zip/a.jpg", f"{place}/batch.zip/b.jpg"]


def test_an_archive_too_deep_in_others_says_so(tmp_path):
    data = b"a"
    for level, name in enumerate(["a.jpg", *(f"{number}.zip" for number in range(5))]):
        (place := tmp_path / f"{level}.zip").write_bytes(b"")
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr(name, data)
        data = place.read_bytes()
    (deep,) = iterate_images([tmp_path / "5.zip"])
    assert deep.name == f"{tmp_path}/5.zip/4.zip/3.zip/2.zip/1.zip"
    assert reason(deep) == "an archive too deep in others to be looked into: unpack those"
    assert names(tmp_path / "3.zip") == [f"{tmp_path}/3.zip/2.zip/1.zip/0.zip/a.jpg"]


@pytest.mark.parametrize("packed", [False, True])
def test_of_a_folder_without_images_what_holds_them_is_taken(tmp_path, packed):
    place = tmp_path / "held"
    place.mkdir()
    pictures = np.stack([pixels for _, _, pixels in galaxies()][:2])
    np.save(place / "x_test.npy", pictures)
    np.save(place / "y_test.npy", np.arange(2))
    (place / "shard-00000-of-00001").write_bytes(tfrecord(("image", png(pictures[0]))))
    pq.write_table(pa.table({"image": [png(pictures[1])]}), place / "a.parquet")
    pq.write_table(pa.table({"ra": [1.0]}), place / "catalogue.parquet")
    if packed:
        with zipfile.ZipFile(tmp_path / "held.zip", "w") as archive:
            for file in place.iterdir():
                archive.write(file, file.name)
        place = tmp_path / "held.zip"
    files = list(iterate_images([place]))
    assert [file.name.removeprefix(f"{place}/") for file in files] == [
        "a.parquet/0",
        "shard-00000-of-00001/00000",
        "x_test.npy/00000",
        "x_test.npy/00001",
    ]
    taken = [decode(file.read(), crop=1.0, image_size=16).pixels for file in files]
    wanted = [decode(pictures[row], crop=1.0, image_size=16).pixels for row in (1, 0, 0, 1)]
    assert np.array_equal(taken, wanted)


def test_a_zip_is_known_without_its_suffix(zipped, tmp_path):
    path = zipped(None, extra={"a.jpg": b"x"}).rename(tmp_path / "upload")
    assert names(path) == [f"{path}/a.jpg"]


@pytest.mark.parametrize("name", ["../a.jpg", "dir/../../a.jpg", "/etc/a.jpg", "..\\a.jpg", "C:/a.jpg"])
def test_a_member_that_leads_out_of_its_zip_is_not_read(zipped, name):
    (file,) = iterate_images([zipped(None, extra={name: b"x"})])
    assert reason(file) == "path leaves the archive"


def test_what_is_not_there_says_so(tmp_path):
    (file,) = iterate_images([tmp_path / "missing.jpg"])
    assert file.name == f"{tmp_path}/missing.jpg"
    assert reason(file) == "no such file"
    (tmp_path / "file").write_bytes(b"")
    (below,) = iterate_images([tmp_path / "file" / "a.jpg"])
    assert reason(below) == "cannot be read: Not a directory"


def test_a_folder_or_zip_without_images_says_so(tmp_path, zipped):
    (tmp_path / "empty").mkdir()
    files = list(iterate_images([tmp_path / "empty", zipped(None, extra={"notes.txt": b""})]))
    assert [reason(file) for file in files] == ["holds no image"] * 2


def test_a_damaged_zip_says_so_and_the_rest_goes_on(tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"PK, but no zip")
    (tmp_path / "a.jpg").write_bytes(b"x")
    bad, good = iterate_images([tmp_path / "bad.zip", tmp_path / "a.jpg"])
    assert reason(bad).startswith("not a zip, or a damaged one")
    assert good.read() == b"x"


def test_a_folder_that_cannot_be_listed_says_so(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    (file,) = iterate_images([tmp_path])
    assert reason(file) == "cannot be read: Permission denied"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (file,) = iterate_images([tmp_path])
    assert reason(file) == "not a file"


def test_a_file_of_absurd_size_is_not_read(tmp_path):
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (image,) = iterate_images([tmp_path])
    assert reason(image) == "too large: 256 MiB, at most 256 MiB are read"


def test_of_a_remote_file_no_more_is_fetched_than_an_image_may_have(monkeypatch):
    folder = open_folder("mock:///absurd")
    folder.write_whole("a.jpg", b"0123456789")
    monkeypatch.setattr(places, "MAX_BYTES", 4)
    assert places.read_place(folder.child("a.jpg").uri) == b"01234"
    monkeypatch.setattr("datasets.images.reading.MAX_BYTES", 4)
    with pytest.raises(ImageError, match="too large"):
        places.read_place(folder.child("a.jpg").uri)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_more_is_unpacked_than_a_member_promises(tmp_path, method):
    data, path = bytearray(hostile.zipped({"a.jpg": bytes(2**26)}, method)), tmp_path / "a.zip"
    for start in (22, data.index(b"PK\x01\x02") + 24):  # its size, in the member's own header and in the index
        data[start : start + 4] = struct.pack("<I", 1000)
    path.write_bytes(bytes(data))
    tracemalloc.start()
    with pytest.raises(ImageError, match=r"^(damaged in the archive: Bad CRC|packed in a way that is not)"):
        Archive(path).read("a.jpg")
    with pytest.raises((zipfile.BadZipFile, NotImplementedError)):
        Archive(path).open("a.jpg").read(2**20)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**23


def test_a_member_that_promises_an_absurd_size_is_not_read(zipped, monkeypatch):
    path = zipped(None, extra={"a.jpg": b"x"})
    monkeypatch.setattr("datasets.images.reading.MAX_BYTES", 0)
    (image,) = iterate_images([path])
    assert reason(image).startswith("too large")


def test_a_member_damaged_in_the_zip_says_so(zipped):
    path = zipped(None, extra={"a.jpg": b"galaxy" * 50})
    path.write_bytes(path.read_bytes().replace(b"galaxygalaxy", b"galaxyGALAXY", 1))
    (image,) = iterate_images([path])
    assert reason(image).startswith("damaged in the archive: Bad CRC-32")


@pytest.mark.parametrize(
    ("flag", "method", "said"),
    [(1, 0, "encrypted: unpack"), *((0, method, "packed in a way that is not read here") for method in (9, 12, 14))],
)
def test_a_member_that_cannot_be_unpacked_is_not_called_damaged(zipped, flag, method, said):
    path = zipped(None, extra={"a.jpg": b"x"})
    data = bytearray(path.read_bytes())
    for start in (6, data.index(b"PK\x01\x02") + 8):  # the same fields in the member's own header and in the index
        data[start] |= flag
        data[start + 2] = method
    path.write_bytes(bytes(data))
    (image,) = iterate_images([path])
    assert reason(image).startswith(said)


def test_a_member_or_zip_that_is_gone_is_not_called_damaged(zipped):
    path = zipped(None, extra={"a.jpg": b"x"})
    with pytest.raises(ImageError, match=r"^no such file in the archive$"):
        Archive(path).read("b.jpg")
    gone = Archive(path)
    path.unlink()
    with pytest.raises(ImageError, match=r"^the archive cannot be read: No such file or directory$"):
        gone.read("a.jpg")


def test_an_archive_is_read_from_many_threads_with_a_handle_each(tmp_path):
    path = tmp_path / "a.zip"
    contents = {f"{number}.jpg": os.urandom(20_000) for number in range(60)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    shared, handles = Archive(path), set()

    def read(name):
        data = shared.read(name)
        handles.add((threading.get_ident(), id(shared._handle())))
        return data

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, contents)) == list(contents.values())
    assert len({thread for thread, _ in handles}) == len({handle for _, handle in handles})


def fits_file(*planes):
    stream = io.BytesIO()
    fits.PrimaryHDU(np.stack(planes).astype(np.float32)).writeto(stream)
    return stream.getvalue()


@pytest.fixture
def planes():
    return np.random.default_rng(2).random((3, 12, 12)) * 5


def test_fits_cutouts_are_composed_as_import_does(tmp_path, planes, zipped):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "cube.fits").write_bytes(fits_file(*planes))
    for band, plane in zip("gri", planes, strict=True):
        (tmp_path / "a" / f"g7_{band}.fits").write_bytes(fits_file(plane)[:])
    (tmp_path / "a" / "g8_g.fits").write_bytes(fits_file(planes[0]))
    (tmp_path / "a" / "g8_r.fits").write_bytes(fits_file(planes[1]))
    expected = bands_of([fits_file(*planes)]).planes
    cube, seven, eight = iterate_images([tmp_path / "a"])
    assert [file.name for file in (cube, seven, eight)] == [
        f"{tmp_path}/a/{n}" for n in ("cube.fits", "g7_*.fits", "g8_*.fits")
    ]
    assert np.array_equal(cube.read().planes, expected)
    assert np.array_equal(seven.read().planes, expected)
    with pytest.raises(
        ImageError, match=r"^the bands g, r: expected one or three, or g, r and i; `galaxy import --bands`"
    ):
        decode(eight.read(), crop=1.0, image_size=8)
    given = [tmp_path / "a" / f"g7_{band}.fits" for band in "rig"]
    together, other = iterate_images([given[0], tmp_path / "a" / "cube.fits", *given[1:]])
    assert (together.name, other.name) == (f"{tmp_path}/a/g7_*.fits", f"{tmp_path}/a/cube.fits")
    assert np.array_equal(together.read().planes, expected)
    alone, in_zip = iterate_images([tmp_path / "a" / "cube.fits", zipped(None, extra={"b.fits": fits_file(*planes)})])
    assert np.array_equal(alone.read().planes, expected)
    assert np.array_equal(in_zip.read().planes, expected)
    (band,) = iterate_images([tmp_path / "a" / "g8_g.fits"])
    assert band.read().names == ("",)


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz", "list.parquet"])
def test_a_table_lists_paths_from_its_own_folder(tmp_path, planes, name):
    (tmp_path / "a.jpg").write_bytes(b"a")
    (tmp_path / "b.fits").write_bytes(fits_file(*planes))
    paths = ["a.jpg", str(tmp_path / "b.fits"), "", "gone.png"]
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"Path": paths, "label": [1, 2, 3, 4]}), tmp_path / name)
    else:
        opened = gzip.open if name.endswith(".gz") else open
        with opened(tmp_path / name, "wt") as file:
            file.write("label,Path\n" + "".join(f"1,{path}\n" for path in paths))
    first, second, empty, gone = iterate_images([tmp_path / name])
    assert (first.name, first.read()) == ("a.jpg", b"a")
    assert second.read().size == (12, 12)
    assert (empty.name, reason(empty)) == (f"{tmp_path / name}/3", "no path in this row")
    assert reason(gone) == "no such file"


@pytest.mark.parametrize(
    "text",
    ["id,file_loc\n1,sub/a.JPG\n", "file_name;n\nsub\\a.JPG;1\n", "image_id\nsub/a\n", "path,Filename\nx,sub/a.JPG\n"],
)
def test_columns_of_images_are_known_by_the_names_that_people_use(text, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.JPG").write_bytes(b"a")
    (tmp_path / "list.csv").write_text(text)
    (only,) = iterate_images([tmp_path / "list.csv"])
    assert only.read() == b"a"


def test_the_images_that_a_table_holds(tmp_path):
    pq.write_table(
        pa.table({"image": [{"bytes": b"a", "path": "a.jpg"}, None], "label": [0, 1]}), tmp_path / "a.parquet"
    )
    first, second = iterate_images([tmp_path / "a.parquet"])
    assert (first.name, first.read(), reason(second)) == (f"{tmp_path}/a.parquet/0", b"a", "no image in this row")


@pytest.mark.parametrize("name", ["a.parquet.gz", "a.feather.bz2"])
def test_a_table_that_holds_images_and_is_packed_is_not_called_damaged(tmp_path, name):
    stream, path = io.BytesIO(), tmp_path / name
    table = pa.table({"image": [b"a", b"b"], "label": [0, 1]})
    pq.write_table(table, stream) if "parquet" in name else pa.feather.write_feather(table, stream)
    path.write_bytes((gzip if name.endswith("gz") else bz2).compress(stream.getvalue()))
    said = f"'{path}' holds images and is packed as a whole, where no row can be read by itself: unpack it"
    (only,) = iterate_images([path])
    assert (only.name, reason(only)) == (str(path), said)
    with pytest.raises(SourceError, match=f"^{re.escape(said)}$"):
        next(row_images(path))


def test_a_table_names_images_by_uris_of_any_storage(tmp_path, s3):
    image, s3_uri = png(next(galaxies())[2]), f"{s3.partition('?')[0]}/a%20b.png?{s3.partition('?')[2]}"
    open_folder(s3).write_whole("a b.png", image)
    (tmp_path / "here.png").write_bytes(image)
    missing = s3_uri.replace("a%20b", "none")
    cells = [s3_uri, f"file://{tmp_path}/here.png", missing, "foo://bucket/a.png", "https://example.org/a.png", ""]
    (tmp_path / "t.csv").write_text("objid,uri\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells)))
    found = list(iterate_images([tmp_path / "t.csv"]))
    assert [file.name for file in found] == [*cells[:-1], f"{tmp_path}/t.csv/6"]
    assert [file.read() for file in found[:2]] == [image, image]
    assert [reason(file).partition(":")[0] for file in found[2:]] == [
        "no such file",
        "cannot be read",
        "nothing is fetched from the web",
        "no path in this row",
    ]


def test_a_table_without_paths_says_so_and_the_rest_goes_on(tmp_path):
    (tmp_path / "odd.csv").write_text("star,label\na.jpg,1\n")
    (tmp_path / "odd.parquet").write_text("no table")
    (tmp_path / "none.csv").write_text("path\n")
    odd, damaged, none, last = iterate_images([tmp_path / n for n in ("odd.csv", "odd.parquet", "none.csv", "a.jpg")])
    assert reason(odd) == "expected a column that names images, called path, filename, image or so, found star, label"
    assert reason(damaged).startswith("expected a table, found ")
    assert reason(none) == "holds no image"
    assert last.name == f"{tmp_path}/a.jpg"


def test_the_images_of_an_hdf5_file(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 255, (70, 6, 8, 3), np.uint8)
    with h5py.File(tmp_path / "some.h5", "w") as file:
        file["images"], file["masks"] = pixels, pixels[..., 0]
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["spectra"] = pixels.reshape(70, -1)
    *files, other = iterate_images([tmp_path / "some.h5", tmp_path / "other.h5"])
    assert files[66].name == f"{tmp_path}/some.h5/images/00066"
    assert (np.stack([file.read() for file in files]) == pixels).all()
    assert reason(other).startswith("expected images (n, height, width)")
    assert decode(files[0].read(), crop=1.0, image_size=4).source_size == (6, 8)
    with pytest.raises(ImageError, match=r"expected pixels uint8 \(height, width, 3\), found float32 \(2, 2\)"):
        decode(np.zeros((2, 2), np.float32), crop=1.0, image_size=4)


@pytest.mark.parametrize("name", ["npz", "npy of splits", "tfrecords", "tfrecord, packed", "webdataset"])
def test_arrays_records_and_tars_give_the_images_that_an_import_sees(name, tmp_path):
    source = EXAMPLES[name].make(tmp_path / "source")
    files = sorted(path for path in source.iterdir() if path.stem[0] != "y") if source.is_dir() else [source]
    images = [decode(file.read(), crop=1.0, image_size=24).pixels for file in iterate_images(files)]
    assert sorted(image.tobytes() for image in images) == sorted(pixels.tobytes() for _, _, pixels in galaxies(24))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.arange(216, dtype=np.uint8).reshape(9, 8, 3), (9, 8)),
        (np.linspace(0, 1, 72).reshape(9, 8), (9, 8)),
        (np.full((9, 8), 3e-9), "values from 3e-09 to 3e-09: expected pictures, 0–1 or 0–255"),
        (np.full((9, 8, 2), 200, np.uint8), "expected images (n, height, width)"),
        (np.array([None]), "holds Python objects, which run code when they are read"),
    ],
)
def test_one_picture_in_an_npy_file(array, expected, tmp_path):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    (file,) = iterate_images([tmp_path / "a.npy"])
    assert file.name == str(tmp_path / "a.npy")
    if isinstance(expected, str):
        assert reason(file).startswith(expected)
    else:
        assert decode(file.read(), crop=1.0, image_size=4).source_size == expected


@pytest.mark.parametrize("shape", [(9, 8), (4, 9, 8)])
def test_a_range_that_is_stated_for_arrays(shape, tmp_path):
    np.save(tmp_path / "a.npy", np.full(shape, 1500, np.uint16))
    assert reason(next(iterate_images([tmp_path / "a.npy"]))).endswith("or stretch them as you want them seen")
    file = next(iterate_images([tmp_path / "a.npy"], ranges=ValueRanges("1000,2000")))
    assert np.array_equal(file.read(), np.full((9, 8), 128))
    refused = {
        reason(next(iterate_images([tmp_path / "a.npy"], ranges=ValueRanges(text)))) for text in ("2,1", "1", "0,x")
    }
    assert {line[:34] for line in refused} == {"expected a value range LOW,HIGH, t"}


LIGHT = np.linspace(0, 1, 72).reshape(9, 8)


@pytest.mark.parametrize(
    ("learnt", "values", "white"),
    [
        ((0, 2), LIGHT, 128),  # which evidently would be 0–1
        ((0, 2), 0.4 * LIGHT, 51),  # however dark: what they learnt from was, too
        ((0, 65535), (65535 * LIGHT).astype(np.uint16), 255),
        ((0, 100), (100 * LIGHT).astype(np.uint8), 255),
        ((0, 65535), (255 * LIGHT).astype(np.uint8), 255),  # pictures, of their own scale
        ((0, 2), (255 * LIGHT).astype(np.uint8), 255),
        ((0, 2), 255 * LIGHT, 255),  # beyond it, and evident
        ((0, 65535), LIGHT, 255),  # within it, but evident, and black on it
        ((0, 65535), (255 * LIGHT).astype(np.int32), 255),
        ((0, 65535), LIGHT.astype(np.float32) / 2, 128),
        ((-1, 1), LIGHT, 255),  # nowhere black on it
        ((-1, 1), 2 * LIGHT - 1, 255),
    ],
    ids=str,
)
@pytest.mark.parametrize("single", [True, False])
def test_the_range_that_a_model_learnt_from_is_that_of_arrays_that_fit_in_it(learnt, values, white, single, tmp_path):
    np.save(tmp_path / "a.npy", values if single else np.stack([values] * 4))
    file = next(iterate_images([tmp_path / "a.npy"], ranges=ValueRanges(learnt=learnt)))
    assert file.read().max() == white
    stated = next(iterate_images([tmp_path / "a.npy"], ranges=ValueRanges("0,500000", learnt)))
    assert stated.read().max() < 64


def test_a_record_of_several_images_names_no_option_that_is_not_there(tmp_path):
    image = png(np.arange(243, dtype=np.uint8).reshape(9, 9, 3))
    (tmp_path / "a.tfrecord").write_bytes(tfrecord(("image", image), ("encoded", image)))
    (several,) = iterate_images([tmp_path / "a.tfrecord"])
    with pytest.raises(ImageError, match=r"encoded; which .*, only an import .*galaxy import --image-column"):
        several.read()


def test_what_is_damaged_or_no_image_in_a_tfrecord_is_said_of_it_alone(tmp_path):
    good = tfrecord(("image", png(np.arange(243, dtype=np.uint8).reshape(9, 9, 3))), ("label", 1))
    no_image = tfrecord(("image", b"?"), ("label", 1))
    (tmp_path / "a.tfrecord").write_bytes(good + no_image + good[:-10])
    (tmp_path / "b.tfrecord.gz").write_bytes(gzip.compress(good)[:-9])
    first, second, cut, packed = iterate_images([tmp_path / "a.tfrecord", tmp_path / "b.tfrecord.gz"])
    assert decode(first.read(), crop=1.0, image_size=4).source_size == (9, 9)
    assert reason(second) == "'image' has 1 bytes that are no image file, and no height, width and depth for them"
    assert reason(cut) == "cut off in record 3: the file ends before it"
    assert reason(packed).startswith("damaged: Compressed file ended before")


COMPANIONS = [
    ("7.png", "7_mask.png"),
    ("J1234.5+12.png", "J1234.5+12_mask_2.png"),
    ("image_1.jpg", "mask_1.jpg"),
    ("g.fits.gz", "g_segmap.fits.gz"),
    ("a_drz_sci.fits", "a_drz_wht.fits"),
    ("b-image-r.fits.fz", "b-invvar-r.fits.fz"),
    ("c.stk.r.unconv.fits", "c.stk.r.unconv.wt.fits"),
]


@pytest.mark.parametrize(("image", "companion"), COMPANIONS)
def test_masks_and_weights_of_images_beside_them_are_no_images(tmp_path, image, companion):
    for name in (image, companion):
        (tmp_path / name).write_bytes(name.encode())
    given = {file.name: file for file in iterate_images([tmp_path])}
    assert reason(given[f"{tmp_path}/{companion}"]).startswith("named as a mask, weight or the like of an image")
    assert companions([f"a/{image}", f"b/{companion}"]) == set()
    assert companions([image, "star_var_1.png", "star_1.png"]) == set()
