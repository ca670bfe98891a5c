"""Tables of FITS as other programs write them: what is missing, what is rare but legal, and what tells them by."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from datasets_tests.exact_examples import parquet_source
from datasets_tests.fits_files import encoded

from datasets import ImportOptions, SourceError, append_columns, import_dataset, is_table_file, table_file
from datasets.tables.exact.opening import open_exact
from datasets.tables.kinds import is_table

SURE = pa.record_batch({"sure": [True, False, None]})
VOTABLE = b"<?xml version='1.0'?><VOTABLE version='1.3'/>"


def exact(path: Path) -> dict[str, list]:
    with open_exact(path) as table:
        return pa.Table.from_batches([some.columns for some in table.batches()], table.schema).to_pydict()


def loose(path: Path) -> dict[str, list]:
    return table_file(path).sample().to_pydict()


READ = pytest.mark.parametrize("read", [exact, loose])


def binary(folder: Path, *columns: fits.Column, **cards: object) -> Path:
    made = fits.BinTableHDU.from_columns(columns)
    made.header.update(cards)
    (folder / "a.fits").write_bytes(encoded(fits.PrimaryHDU(), made))
    return folder / "a.fits"


TEXT = {
    "name": ("A4", 1, "--"),
    "mag": ("F8.3", 5, "---"),
    "n": ("I6", 13, "-99"),
    "plain": ("I4", 19, None),
    "big": ("I20", 23, None),
    "e": ("D12.3", 43, None),
}
TEXT_ROWS = (
    "a      1.500     1   14611686018427387905    0.500E+00",
    "--       ---     2   2                  2    2.000D+00",
    "c      3.500   -99                      3       3.0E00",
    "       4.500     4   4                 -4    1.000D+99",
)


def written(folder: Path) -> Path:
    """Write a table of text with what stands for nothing in each way."""
    header = fits.Header({"XTENSION": "TABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 54, "NAXIS2": len(TEXT_ROWS)})
    header.update({"PCOUNT": 0, "GCOUNT": 1, "TFIELDS": len(TEXT), "TSCAL4": 0.5, "TUNIT2": "mag"})
    for place, (name, (form, start, null)) in enumerate(TEXT.items(), 1):
        header.update({f"TTYPE{place}": name, f"TFORM{place}": form, f"TBCOL{place}": start})
        header.update({} if null is None else {f"TNULL{place}": null})
    path = folder / "a.fits"
    assert {len(row) for row in TEXT_ROWS} == {54}
    rows = "".join(TEXT_ROWS)
    path.write_bytes(encoded(fits.PrimaryHDU()) + header.tostring().encode() + rows.ljust(2880).encode())
    return path


@READ
def test_numbers_and_truths_that_are_missing_are_nothing(tmp_path: Path, read: Callable[[Path], dict]) -> None:
    path = binary(
        tmp_path,
        fits.Column("scaled", "I", array=np.array([-32768, 1500], ">i2"), null=-32768),
        fits.Column("unsigned", "I", array=np.array([-32768, 5], ">i2"), null=-32768),
        fits.Column("n", "J", array=[-99, 7], null=-99),
        fits.Column("truth", "L", array=[True, False]),
        TSCAL1=0.01,
        TZERO2=32768,
    )
    path.write_bytes(path.read_bytes().replace(b"T\x05\xdc", b"\0\x05\xdc").replace(b"\x9dT", b"\x9d\0"))
    assert read(path) == {"scaled": [None, 15], "unsigned": [None, 32773], "n": [None, 7], "truth": [None, False]}


@READ
def test_truths_that_our_own_tables_lack_are_nothing(tmp_path: Path, read: Callable[[Path], dict]) -> None:
    append_columns(parquet_source(tmp_path), SURE.schema, lambda: iter([SURE]), tmp_path / "a.fits")
    assert [read(tmp_path / "a.fits")[name] for name in ("truth", "sure")] == [[True, False, None]] * 2


@READ
def test_a_table_of_text_has_nothing_where_tnull_or_a_blank_stands(tmp_path: Path, read: Callable) -> None:
    assert read(written(tmp_path)) == {
        "name": ["a", None, "c", ""],
        "mag": [1.5, None, 3.5, 4.5],
        "n": [1, 2, None, 4],
        "plain": [0.5, 1, None, 2],
        "big": [2**62 + 1, 2, 3, -4],
        "e": [0.5, 2, 3, 1e99],
    }


def test_a_table_of_text_is_typed_noted_and_read_from_any_row(tmp_path: Path) -> None:
    with open_exact(written(tmp_path)) as table:
        assert table.schema.types == [*(pa.string(), pa.float64(), pa.int32(), pa.float64(), pa.int64(), pa.float64())]
        assert table.schema.field("mag").metadata == {b"unit": b"mag"}
        assert next(table.batches(3)).columns.column(2).to_pylist() == [4]
    append_columns(tmp_path / "a.fits", pa.schema([]), lambda: iter(()), tmp_path / "b.fits")
    assert exact(tmp_path / "b.fits")["n"] == [1, 2, None, 4]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"  3.500", b"  3.5x0"),
        (b"'I6", b"'Q6"),
        (b"TBCOL3  =                   13", b"TBCOL3  =                   93"),
    ],
)
def test_a_table_of_text_that_is_damaged_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = written(tmp_path)
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    for read in (exact, loose):
        with pytest.raises(SourceError, match=r"found a damaged file, or one cut off \(.*copy or download it again$"):
            read(path)


@READ
def test_columns_of_no_width_and_of_complex_numbers_are_read_like_lists(tmp_path: Path, read: Callable) -> None:
    forms = {"m": "E", "ints": "0J", "truths": "0L", "bits": "0X", "text": "0A", "heap": "0PJ(0)", "complex": "C"}
    header = fits.BinTableHDU.from_columns([], nrows=3).header
    header["NAXIS1"], header["TFIELDS"] = 12, len(forms)
    for place, (name, form) in enumerate(forms.items(), 1):
        header[f"TTYPE{place}"], header[f"TFORM{place}"] = name, form
    rows = np.array([[1, 1, 2], [2, 3, 0], [3, 0, 4]], ">f4").tobytes().ljust(2880, b"\0")
    path = tmp_path / "a.fits"
    path.write_bytes(encoded(fits.PrimaryHDU()) + header.tostring().encode() + rows)
    lists = {name: [[], [], []] for name in ("ints", "truths", "bits")}
    expected = {"m": [1, 2, 3]} | lists | {"text": [""] * 3, "heap": [[]] * 3, "complex": [[1, 2], [3, 0], [0, 4]]}
    assert read(path) == expected
    for suffix in (".fits", ".vot", ".parquet", ".csv"):
        append_columns(path, SURE.schema, lambda: iter([SURE]), tmp_path / f"b{suffix}")
        assert exact(tmp_path / f"b{suffix}")["ints"] == (["[]"] * 3 if suffix == ".csv" else [[], [], []])


def rows_of(path: Path) -> int:
    """Return the place of the first row of a file's table."""
    with fits.open(path) as units:
        return int(units[1].fileinfo()["datLoc"])


def heaped(folder: Path) -> Path:
    """Write a table with numbers of any length in the heap, as ours are, and texts of any length."""
    words = fits.Column("word", "PA()", array=np.array(["abc", "defghi"], object))
    numbers = fits.Column("n", "PJ()", array=np.array([np.array([1, 2], "i4"), np.array([3, 4, 5], "i4")], object))
    return binary(folder, words, numbers, fits.Column("m", "E", array=[1, 2]))


@READ
def test_a_table_that_is_cut_off_in_its_heap_is_refused(tmp_path: Path, read: Callable) -> None:
    path = heaped(tmp_path)
    assert read(path) == {"word": ["abc", "defghi"], "n": [[1, 2], [3, 4, 5]], "m": [1, 2]}
    header = fits.getheader(path, 1)
    end = rows_of(path) + header["NAXIS1"] * header["NAXIS2"] + header["PCOUNT"]
    whole = path.read_bytes()
    path.write_bytes(whole[:end])  # what only fills the block up is nothing that is missing
    assert read(path)["word"] == ["abc", "defghi"]
    for cut in (1, 3, header["PCOUNT"]):
        path.write_bytes(whole[: end - cut])
        with pytest.raises(SourceError, match=r"a damaged file, or one cut off \(.* bytes of .*download it again$"):
            read(path)
        with pytest.raises(SourceError, match="cut off"):
            append_columns(path, SURE.schema, lambda: iter([SURE]), tmp_path / "b.fits")


@READ
@pytest.mark.parametrize(("count", "place"), [(4, 0), (-1, 0), (1, 2**30), (1, -4)])
def test_a_cell_outside_the_heap_is_refused(tmp_path: Path, read: Callable, count: int, place: int) -> None:
    path = binary(tmp_path, fits.Column("n", "PJ()", array=np.array([np.array([1, 2], "i4")], object)))
    data = bytearray(path.read_bytes())
    struct.pack_into(">ii", data, rows_of(path), count, place)
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"cut off \(the column 'n' has cells that are not in the table\)"):
        read(path)


def twice(path: Path, names: list[str]) -> None:
    """Write a table with three columns under two names."""
    if path.suffix == ".parquet":
        values = [pa.array(names), pa.array(["spiral", "round"] * (len(names) // 2))]
        numbers = [pa.array([place + number for number in range(len(names))]) for place in (0, 100)]
        pq.write_table(pa.Table.from_arrays([*values, *numbers], ["path", "class", "m", "m"]), path)
        return
    columns = [
        fits.Column("path", "20A", array=names),
        fits.Column("class", "6A", array=["spiral", "round"] * (len(names) // 2)),
        fits.Column("m", "J", array=range(len(names))),
        fits.Column("q", "J", array=range(100, 100 + len(names))),
    ]
    path.write_bytes(
        encoded(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)).replace(b"'q       '", b"'m       '")
    )


@pytest.mark.parametrize("suffix", [".parquet", ".fits"])
def test_columns_of_one_name_are_each_read_and_left_out_of_an_import(
    make_source: Callable, tmp_path: Path, suffix: str
) -> None:
    source = make_source(spiral=3, round=3)
    images = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    for place, image in enumerate(images):
        (source / image).rename(source / f"{place}{image.suffix}")
    for folder in list(source.iterdir()):
        if folder.is_dir():
            folder.rmdir()
    names = [f"{place}{image.suffix}" for place, image in enumerate(images)]
    twice(source / f"labels{suffix}", names)
    sample = table_file(source / f"labels{suffix}").sample()
    assert sample.column_names == ["path", "class", "m", "m"]
    assert [sample.column(place).to_pylist() for place in (2, 3)] == [list(range(6)), list(range(100, 106))]
    with pytest.raises(SourceError, match="expected one column 'm', found 2: rename all but one of them"):
        list(table_file(source / f"labels{suffix}").read({"m": pa.int64()}))
    info = import_dataset(source, tmp_path / "out", ImportOptions(image_size=16))
    assert info.columns == ("path", "class")


def fits_plus(folder: Path) -> Path:
    """Write a table as TOPCAT does by default: its VOTable's text in front."""
    primary = fits.PrimaryHDU(np.frombuffer(VOTABLE * 999, np.uint8))
    primary.header["VOTMETA"] = (True, "Table metadata in VOTable format")
    path = folder / "topcat.fits"
    table = fits.BinTableHDU.from_columns([fits.Column("m", "E", array=[1, 2, 3])])
    fits.HDUList([primary, table]).writeto(path, checksum=True)
    return path


def test_a_table_is_told_behind_the_votable_of_topcat_or_a_long_history(tmp_path: Path) -> None:
    path = fits_plus(tmp_path)
    assert is_table_file(path)
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert is_table_file(tmp_path / "a.fits.gz")
    primary, table = fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("m", "E", array=[1])])
    for number in range(500):
        primary.header["HISTORY"] = f"step {number}"
    long, plain = encoded(primary, table), encoded(fits.PrimaryHDU(np.zeros(9, np.uint8)), table)
    cut = encoded(fits.PrimaryHDU(), table)[:-3000]
    packed = encoded(primary, fits.CompImageHDU(np.ones((9, 9), np.float32)))
    told = [is_table("a.fits", lambda size, data=data: data[:size]) for data in (long, plain, cut, packed)]
    assert told == [True, False, True, False]


def test_as_few_bytes_as_tell_an_image_are_read() -> None:
    header = fits.PrimaryHDU(np.ones((9, 9)))
    for number in range(500):
        header.header["HISTORY"] = f"step {number}"
    asked: list[int] = []
    data = encoded(header)
    assert not is_table("a.fits", lambda size: asked.append(size) or data[:size])
    assert asked == [2**15]


def test_columns_added_to_a_table_of_topcat_end_what_its_votable_tells(tmp_path: Path) -> None:
    path, out = fits_plus(tmp_path), tmp_path / "out.fits"
    append_columns(path, SURE.schema, lambda: iter([SURE]), out)
    assert is_table_file(out)
    with fits.open(path) as before, fits.open(out, checksum=True) as after:
        for unit in after:
            unit.verify("exception")
        assert after[0].header["VOTMETA"] is False
        assert after[0].header.comments["VOTMETA"] == "Table metadata in VOTable format"
        assert (after[0].data == before[0].data).all()
        assert after[1].columns.names == ["m", "sure"]
    append_columns(
        out, pa.schema([("more", pa.bool_())]), lambda: iter([SURE.rename_columns(["more"])]), tmp_path / "2.fits"
    )
    assert list(exact(tmp_path / "2.fits")) == ["m", "sure", "more"]
