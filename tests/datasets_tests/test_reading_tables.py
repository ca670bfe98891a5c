"""The same table in everything that people write tables in, and what is refused."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from astropy.io import fits
from astropy.table import Table as AstropyTable
from datasets_tests.hostile import votable_elsewhere

from datasets import SourceError
from datasets.tables.kinds import is_table
from datasets.tables.reading import Table

OBJIDS = [587722981736120347, 587722981736120348]
NAMES = ["barrée", "spirál"]
CSV = "objid,Class,z\n587722981736120347,barrée,0.5\n587722981736120348,spirál,\n"
WANTED = {"objid": pa.string(), "class": pa.string(), "z": pa.float64()}


def columns() -> dict[str, list]:
    return {"objid": OBJIDS, "Class": NAMES, "z": [0.5, None]}


def parquet() -> bytes:
    pa.parquet.write_table(pa.table(columns()), sink := io.BytesIO())
    return sink.getvalue()


def feather(**options) -> bytes:
    pa.feather.write_feather(pa.table(columns()), sink := io.BytesIO(), **options)
    return sink.getvalue()


def arrow_stream() -> bytes:
    table = pa.table(columns())
    with pa.ipc.new_stream(sink := io.BytesIO(), table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def astropy_table() -> AstropyTable:
    table = AstropyTable({"objid": OBJIDS, "Class": ["barree", "spiral"], "z": [0.5, np.nan]})
    table["votes"] = np.ones((2, 3))
    return table


def votable() -> bytes:
    astropy_table().write(sink := io.BytesIO(), format="votable")
    return sink.getvalue()


def fits_table() -> bytes:
    fits.HDUList([fits.PrimaryHDU(), fits.table_to_hdu(astropy_table())]).writeto(sink := io.BytesIO())
    return sink.getvalue()


TEXTS = {
    "utf-8": CSV.encode(),
    "with a mark": CSV.encode("utf-8-sig"),
    "utf-16": CSV.encode("utf-16"),
    "utf-16 without a mark": CSV.encode("utf-16-le"),
    "windows-1252": CSV.replace("á", "à").encode("cp1252"),
    "crlf": CSV.replace("\n", "\r\n").encode(),
    "cr": CSV.replace("\n", "\r").encode(),
    "no end of the last line": CSV.rstrip("\n").encode(),
    "tabs": CSV.replace(",", "\t").encode(),
    "semicolons and decimal commas": CSV.replace(",", ";").replace("0.5", "0,5").encode(),
    "bars": CSV.replace(",", "|").encode(),
    "comments": f"# made by hand, with care\n\n#\n{CSV}".encode(),
    "quotes": CSV.replace("objid,Class", '"objid"," Class "').replace("barrée", '"barrée"').encode(),
    "an index": "".join(f"{n},{line}\n" for n, line in zip(("", 0, 1), CSV.splitlines(), strict=True)).encode(),
    "gzip": gzip.compress(CSV.encode()),
    "bzip2": bz2.compress(CSV.encode()),
    "xz": lzma.compress(CSV.encode()),
}


def json_lines() -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in pa.table(columns()).to_pylist()).encode()


BINARIES = {
    "jsonl": json_lines,
    "parquet": parquet,
    "parquet, packed": lambda: gzip.compress(parquet()),
    "feather": feather,
    "feather, plain": partial(feather, compression="uncompressed"),
    "arrow stream": arrow_stream,
    "fits": fits_table,
    "votable": votable,
}


def table(data: bytes) -> Table:
    return Table("a.csv", lambda: io.BytesIO(data))


def read(of: Table, wanted=WANTED) -> dict[str, list]:
    batches = list(of.read(wanted))
    return {name: [value for batch in batches for value in batch[name].to_pylist()] for name in wanted}


@pytest.mark.parametrize("data", [*TEXTS.values(), *BINARIES.values()], ids=[*TEXTS, *BINARIES])
def test_every_way_to_write_a_table_is_read_alike(data):
    given = Table(
        "a.jsonl" if data is json_lines else "a.csv", lambda: io.BytesIO(data if isinstance(data, bytes) else data())
    )
    names = read(given)
    assert names["objid"] == [str(objid) for objid in OBJIDS]
    assert [name.translate({225: "a", 224: "a", 233: "e"}) for name in names["class"]] == ["barree", "spiral"]
    assert names["z"][0] == 0.5
    assert names["z"][1] is None or np.isnan(names["z"][1])
    assert {"objid", "z"} <= set(given.header())
    assert given.sample(1).num_rows == 1


def test_columns_parted_by_blanks_as_astronomers_align_them():
    data = b"# by hand\n id   class        z\n  1  'x'          0.5\n 22  \"edge on\"   -1\r\n\n333\tz\t2 \n"
    for name in ("a.txt", "a.dat"):
        opened = Table(name, lambda: io.BytesIO(data))
        assert is_table(name, lambda _: data)
        wanted = {"id": pa.string(), "class": pa.string(), "z": pa.float64()}
        assert read(opened, wanted) == {"id": ["1", "22", "333"], "class": ["'x'", "edge on", "z"], "z": [0.5, -1, 2]}
    assert table(b"galaxy name\nNGC 1\n").header() == ["galaxy name"]
    with pytest.raises(SourceError, match="expected 2 columns in each row, found 3 in line 3: 3"):
        list(Table("a.txt", lambda: io.BytesIO(b"a b\n1 2\n3 4 5\n")).read({"a": pa.string()}))


def test_a_table_is_read_from_the_disk_and_out_of_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, make in BINARIES.items():
            (tmp_path / name).write_bytes(make())
            archive.writestr(name, make())
    for name in BINARIES:
        for stream in (partial((tmp_path / name).open, "rb"), partial(zipfile.ZipFile(tmp_path / "a.zip").open, name)):
            assert read(Table(f"a.{name}", stream))["objid"] == [str(objid) for objid in OBJIDS]


def test_other_encodings_than_utf_8_are_said():
    assert read(latin := table(TEXTS["windows-1252"]))["class"] == ["barrée", "spiràl"]
    assert list(latin.notes) == ["'a.csv' is not UTF-8: read as Windows-1252 (Latin-1)"]
    read(utf := table(TEXTS["utf-8"]))
    assert not utf.notes


@pytest.mark.parametrize(("encoding", "text"), [("utf-8", "spiré"), ("latin-1", "spirál")])
def test_texts_of_fits_are_utf_8_or_latin_1(encoding, text):
    data = fits_table().replace(b"spiral", text.encode(encoding))
    assert read(table(data))["class"] == ["barree", text]


def test_a_foreign_letter_may_come_late_and_where_a_block_ends():
    rows = [f"{number},{'é' if number > 60_000 else 'e'}" for number in range(70_000)]
    for encoding in ("utf-8", "cp1252"):
        values = read(table("\n".join(["a,b", *rows]).encode(encoding)), {"a": pa.string(), "b": pa.string()})
        assert [f"{a},{b}" for a, b in zip(values["a"], values["b"], strict=True)] == rows


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        ([1, None], pa.int64(), ["1", None]),
        ([380056.0, float("nan")], pa.float64(), ["380056", None]),
        ([0.5, 1.0], pa.float64(), ["0.5", "1"]),
        ([True, None], pa.bool_(), ["True", None]),
        (["007", None], pa.string(), ["007", None]),
        (["007", None], pa.dictionary(pa.int8(), pa.string()), ["007", None]),
        ([b"a", None], pa.binary(), ["a", None]),
        ([587722981736120347], pa.uint64(), ["587722981736120347"]),
    ],
)
def test_what_is_wanted_as_text_keeps_all_it_has(values, kind, texts):
    pa.parquet.write_table(pa.table({"a": pa.array(values, kind)}), sink := io.BytesIO())
    assert read(table(sink.getvalue()), {"a": pa.string()})["a"] == texts


def test_numbers_in_text_stay_as_they_stand():
    assert read(table(b"id,n\n00123,1.0\n587722981736120347,1e3\n"), {"id": pa.string(), "n": pa.string()}) == {
        "id": ["00123", "587722981736120347"],
        "n": ["1.0", "1e3"],
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a table, found an empty file"),
        (b"# nothing\n\n", "expected a table, found an empty file"),
        (b"\x89PNG\0\0\0\0\0\0", "expected a table, found "),
        (b"PK\x03\x04 and so on", "an Excel or zip file: save its sheet as CSV"),
        (b"<?xml version='1.0'?><annotation/>", "expected a table, found "),
        (b"SIMPLE  = and no more", "expected a table, found "),
        (b"PAR1 and no more", "expected a table, found "),
        (b"a,b\n1\n", "expected the column 'objid', found a, b"),
        (b"# one\nobjid,class,z\n1,x,2\n1,x\n", "expected 3 columns in each row, found 2 in line 4: 1,x"),
        (b"objid,class,z\n1,x,0.5\n1,x,many\n", "expected numbers in the column 'z', found 'many'"),
        (b"objid,Class,CLASS ,z\n1,x,x,2\n", "expected one column 'class', found 2"),
        (b"objid;class;z\n1;x;0,5\n1;x;0.5.1\n", "expected numbers in the column 'z', found '0.5.1'"),
        (CSV.encode("utf-16")[:-1], "expected a table, found "),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "expected a table, found "),
    ],
)
def test_what_is_no_table_or_a_damaged_one_is_refused_in_a_line(data, message):
    with pytest.raises(SourceError) as caught:
        read(table(data))
    assert message in str(caught.value)
    assert str(caught.value).startswith("'a.csv' cannot be imported: ")
    assert "\n" not in str(caught.value)


def test_ids_that_have_lost_digits_are_refused():
    pa.parquet.write_table(pa.table({"objid": [5.877229817361203e17]}), sink := io.BytesIO())
    with pytest.raises(SourceError, match="'objid' are kept as floating-point ones and have lost their last digits"):
        read(table(sink.getvalue()), {"objid": pa.string()})


def test_names_of_labels_in_the_schema_of_a_hugging_face_table():
    meta = {b"huggingface": b'{"info": {"features": {"label": {"names": ["a", "b"], "_type": "ClassLabel"}, "x": {}}}}'}
    image = [{"bytes": b"x", "path": None}]
    made = pa.table({"image": image, "label": [1]}).replace_schema_metadata(meta)
    pa.parquet.write_table(made, sink := io.BytesIO())
    assert table(sink.getvalue()).legends() == {"label": ("a", "b")}
    assert table(sink.getvalue()).sample(1)["image"].to_pylist() == image
    assert table(TEXTS["utf-8"]).legends() == {}


def test_tables_of_fits_are_told_from_images():
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.ones((9, 9), np.float32))]).writeto(stream)
    fits.PrimaryHDU(np.ones((9, 9))).writeto(image := io.BytesIO())
    answers = [
        is_table("a.fits", lambda size, data=data: data[:size])
        for data in (fits_table(), gzip.compress(fits_table()), stream.getvalue(), image.getvalue(), b"", b"x")
    ]
    assert answers == [True, True, False, False, False, False]


def test_text_files_are_tables_where_they_begin_as_one():
    lists = (b"path\tlabel\na\tb\n", b"a;b\n", b"# by hand\n\na|b\nc|d")
    words = (b"", b"Images, mostly\nof the galaxies.\n", b"spiral\nround\n", b"0 0.5 0.5 1 1\n", b"a,b\0")
    assert is_table("a.xml", lambda _: votable())
    assert not is_table("a.xml", lambda _: b"<?xml version='1.0'?><annotation/>")
    assert [is_table("a.TXT", lambda _, data=data: data) for data in (*lists, *words)] == [True] * 3 + [False] * 5


@pytest.mark.parametrize("kind", ["BINARY", "BINARY2", "FITS", "PARQUET type='VOTable-remote-file'"])
def test_a_votable_whose_data_lie_elsewhere_is_refused_and_nothing_is_fetched(monkeypatch, kind):
    asked = []
    monkeypatch.setattr("urllib.request.urlopen", lambda url, *_: asked.append(url))
    with pytest.raises(SourceError, match=r"^'a.vot' cannot be imported: .* elsewhere \(STREAM has an href\)"):
        Table("a.vot", lambda: io.BytesIO(votable_elsewhere("file:///etc/passwd", kind))).sample()
    assert not asked


def test_a_file_that_is_not_what_its_name_says_is_refused():
    with pytest.raises(SourceError, match="found a file that is no parquet, whatever its name says"):
        Table("a.parquet", lambda: io.BytesIO(b"a,b\n")).header()
