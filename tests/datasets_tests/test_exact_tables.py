"""Any table written with further columns, in any format: what other programs read of it is what they read before."""

import errno
import gzip
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from astropy.io import fits, votable
from datasets_tests.exact_examples import READERS, SOURCES, csv_source, fits_source, plain, votable_source, without_rows

from datasets import (
    SEPARATOR,
    SourceError,
    annotated,
    append_columns,
    check_addition,
    memory_of_table,
    said_of_rows,
    table_file,
)
from datasets.tables.exact.names import in_ascii, unique_names
from datasets.tables.exact.opening import open_exact
from datasets.tables.quotes import EndedQuotes

PAIRS = [(source, target) for source in SOURCES for target in READERS]
SCHEMA = pa.schema(
    [
        annotated("class", pa.string(), ucd="src.morph.type", description="which"),
        pa.field("probability_a b", pa.float32()),
        pa.field("sure", pa.bool_()),
        annotated("warnings", pa.list_(pa.string()), separator=SEPARATOR),
    ],
    metadata={"model": "here/é", "decide": "balanced"},
)
ADDED = {
    "class": ["completely round smooth", None, "=é"],
    "probability_a b": [0.5, None, 0.25],
    "sure": [True, False, True],
    "warnings": [["small", "grey"], [], ["=c"]],
}
AS_READ = {
    ".csv": ["'=é", ["'=c"]],
    ".parquet": ["=é", ["=c"]],
    ".fits": ["=é", ["=c"]],
    ".vot": ["=é", ["=c"]],
}


def added(rows: int = 3) -> Iterator[pa.RecordBatch]:
    table = pa.table(ADDED, schema=SCHEMA).slice(0, rows)
    return iter(table.to_batches(max_chunksize=2))


def texts(*names: str) -> pa.Schema:
    return pa.schema([pa.field(name, pa.string()) for name in names])


def as_written(names: list[str], suffix: str) -> list[str]:
    """Return the names that a format can hold: each once, and in ASCII."""
    return {".fits": unique_names([in_ascii(name) for name in names]), ".vot": unique_names(names)}.get(suffix, names)


def normal(value: Any, suffix: str) -> Any:
    """Return a value of a source as a format has it: in XML no blanks at the ends of a text, and lines end one way."""
    if suffix == ".vot" and isinstance(value, str):
        value = value.strip().replace("\r\n", "\n")
    return plain(value)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_column_is_as_it_was_and_ours_follow(tmp_path: Path, source: str, target: str) -> None:
    path, out = SOURCES[source](tmp_path), tmp_path / f"out{target}"
    notes = append_columns(path, SCHEMA, added, out)
    before, after = list(READERS[source](path)), list(READERS[target](out))
    assert [name for name, _ in after] == as_written([*(name for name, _ in before), *SCHEMA.names], target)
    assert any("under another name" in note for note in notes) == (
        [name for name, _ in after[: len(before)]] != [name for name, _ in before]
    )
    for (name, expected), (_, found) in zip(before, after, strict=False):
        wanted = [normal(value, target) for value in expected]
        if target == ".csv" == source:
            assert (name, found) == (name, expected)  # to the letter
        elif source == ".csv" and name == "z":
            assert [plain(value) for value in found] == [None, 0.1, None]  # `NA` among numbers is none
        elif target == ".fits" and wanted == [True, False, None]:
            assert found == [True, False, False]  # as astropy reads truths that are missing
        else:
            assert (name, [plain(value) for value in found]) == (name, wanted)
    words, formula = AS_READ[target]
    ours = {name: [plain(value) for value in values] for name, values in after[len(before) :]}
    assert ours["class"] == ["completely round smooth", None, words]
    assert ours["probability_a b"] == [0.5, None, 0.25]
    assert ours["sure"] == [True, False, True]
    assert ours["warnings"] == (
        [["small", "grey"], None, formula] if target == ".parquet" else ["small; grey", None, formula[0]]
    )


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_table_without_rows(tmp_path: Path, source: str, target: str) -> None:
    path, out = SOURCES[source](tmp_path), tmp_path / f"out{target}"
    without_rows(path)
    append_columns(path, SCHEMA, lambda: added(0), out)
    after = list(READERS[target](out))
    assert len(after) == len(list(READERS[source](path))) + len(SCHEMA)
    assert all(values == [] for _, values in after)


@pytest.mark.parametrize("source", SOURCES)
def test_a_votable_is_valid(tmp_path: Path, source: str) -> None:
    path, said = SOURCES[source](tmp_path), io.StringIO()
    append_columns(path, SCHEMA, added, tmp_path / "out.vot")
    assert votable.validate(str(tmp_path / "out.vot"), output=said), said.getvalue()
    field = next(each for each in votable.parse(tmp_path / "out.vot").get_first_table().fields if each.name == "class")
    assert (field.ucd, field.description) == ("src.morph.type", "which")
    infos = {info.name: info.value for info in votable.parse(tmp_path / "out.vot").resources[0].infos}
    before = {".vot": {"QUERY_STATUS": "OK"}, ".parquet": {"survey": "ours"}}.get(source, {})
    assert infos == before | {"model": "here/é", "decide": "balanced"}


def test_fits_keeps_every_byte_that_it_had(tmp_path: Path) -> None:
    path, out = fits_source(tmp_path), tmp_path / "out.fits"
    append_columns(path, SCHEMA, added, out)
    with fits.open(path) as before, fits.open(out) as after:
        for unit in after:
            unit.verify("exception")
        assert repr(before[0].header) == repr(after[0].header)
        assert repr(before[2].header) == repr(after[2].header)
        assert (before[2].data == after[2].data).all()
        old, new = before[1], after[1]
        changed = {
            "NAXIS1",
            "TFIELDS",
            *(f"{card}{n}" for n in range(15, 19) for card in ("TTYPE", "TFORM", "TUCD", "TCOMM")),
        }
        kept = [
            card for card in map(str, new.header.cards) if card[:8].strip() not in {*changed, "GTMODEL", "GTDECIDE"}
        ]
        assert kept == [card for card in map(str, old.header.cards) if card[:8].strip() not in changed]
        assert (new.header["GTMODEL"], new.header["GTDECIDE"], new.header["TUCD15"]) == (
            "here/\\xe9",
            "balanced",
            "src.morph.type",
        )
        width = old.header["NAXIS1"]
        raw_old = np.asarray(old.data).view(np.uint8).reshape(3, width)
        assert (np.asarray(new.data).view(np.uint8).reshape(3, -1)[:, :width] == raw_old).all()


def test_notes_of_columns_go_along(tmp_path: Path) -> None:
    path = votable_source(tmp_path)
    for suffix in (".parquet", ".fits", ".csv"):
        append_columns(path, SCHEMA, added, tmp_path / f"out{suffix}")
    header = fits.getheader(tmp_path / "out.fits", 1)
    assert (header["TUNIT5"], header["TUCD5"], header["TCOMM5"]) == ("mag", "phot.mag", "how <bright>")
    field = pyarrow.parquet.read_schema(tmp_path / "out.parquet").field("f")
    assert field.metadata == {b"unit": b"mag", b"ucd": b"phot.mag", b"description": b"how <bright>"}
    about = json.loads((tmp_path / "out.csv-metadata.json").read_text())
    assert about["tableSchema"]["columns"][4]["schema:unitText"] == "mag"


def test_float32_has_all_its_digits_in_text(tmp_path: Path) -> None:
    values = pa.array(np.random.default_rng(1).random(100, np.float32))
    pyarrow.parquet.write_table(pa.table({"id": range(100)}), tmp_path / "in.parquet")
    batch = pa.record_batch({"f": values})
    append_columns(tmp_path / "in.parquet", batch.schema, lambda: iter([batch]), tmp_path / "out.csv")
    texts = dict(READERS[".csv"](tmp_path / "out.csv"))["f"]
    assert np.array(texts, np.float32).tolist() == values.to_pylist()


def test_a_cell_with_the_end_of_a_line_of_any_system_is_read_as_it_was_written(tmp_path: Path) -> None:
    cells = ["a\rb", "a\nb", "a\r\nb", "\r", "plain"]
    batch = pa.record_batch({"id": range(5), "note": cells})
    pyarrow.parquet.write_table(pa.Table.from_batches([batch]), tmp_path / "in.parquet")
    append_columns(tmp_path / "in.parquet", pa.schema([]), lambda: iter(()), tmp_path / "out.csv")
    with open_exact(tmp_path / "out.csv") as table:
        (rows,) = table.batches()
    assert not rows.faults
    assert rows.columns.column(1).to_pylist() == cells
    assert table_file(tmp_path / "out.csv").sample()["note"].to_pylist() == cells
    assert (tmp_path / "out.csv").read_bytes().endswith(b'3,"\r"\n4,plain\n')


def test_decimal_commas_become_numbers_in_other_formats_and_stay_in_csv(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id;mag;far;note\n1;17,45;1.500.000;a,b\n2;-3e1;2.500.000;c\n3;;0;d\n")
    for suffix in (".parquet", ".fits", ".vot", ".csv"):
        append_columns(tmp_path / "in.csv", pa.schema([]), lambda: iter(()), tmp_path / f"out{suffix}")
        found = {
            name: [plain(value) for value in values] for name, values in READERS[suffix](tmp_path / f"out{suffix}")
        }
        assert found["mag"] == ([17.45, -30, None] if suffix != ".csv" else ["17,45", -30, None])
        assert found["note"] == ["a,b", "c", "d"]
    assert pyarrow.parquet.read_schema(tmp_path / "out.parquet").field("far").type == pa.string()


def test_a_row_of_other_cells_stays_a_row_and_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,path\n1,a.jpg\n2\n3,b.jpg,surplus\n\n4,c.jpg\n")
    with open_exact(tmp_path / "in.csv") as table:
        rows = next(table.batches())
    assert [values.to_pylist() for values in rows.columns] == [["1", "2", "3", "4"], ["a.jpg", "", "b.jpg", "c.jpg"]]
    assert rows.faults == {
        1: "expected 2 cells in this row, found 1",
        2: "expected 2 cells in this row, found 3; left out: surplus",
    }


def test_tabs_among_blanks_part_columns_as_when_a_table_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "in.dat"
    path.write_text('path    class\tmag\na.jpg\tspiral  1.5\n\t"b c.jpg" \tdisk\t2\t\n')
    with open_exact(path) as table:
        (rows,) = table.batches()
    assert not rows.faults
    assert rows.columns.to_pydict() == table_file(path).sample().to_pydict()
    assert rows.columns.to_pylist()[1] == {"path": "b c.jpg", "class": "disk", "mag": "2"}


@pytest.mark.parametrize("source", SOURCES)
def test_reading_goes_on_from_any_row(tmp_path: Path, source: str) -> None:
    path = SOURCES[source](tmp_path)
    for start in range(4):
        with open_exact(path) as table:
            assert sum(len(some.columns) for some in table.batches(start)) == 3 - start
    with open_exact(path) as whole, open_exact(path) as rest:
        last = next(whole.batches()).columns.slice(2)
        assert str(next(rest.batches(2)).columns) == str(last)


def test_a_name_that_is_taken_is_refused_whatever_its_case(tmp_path: Path) -> None:
    path = csv_source(tmp_path)
    with pytest.raises(SourceError, match=r"has a column ' name' already.*--prefix gt_"):
        check_addition(path, texts("class", "NAME"), tmp_path / "out.csv")
    check_addition(path, texts("class"), tmp_path / "out.csv")


@pytest.mark.parametrize(("source", "target"), [(a, b) for a in READERS for b in READERS])
def test_what_is_said_behind_several_prefixes_stays_apart(tmp_path: Path, source: str, target: str) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n2\n3\n")
    long = "x" * 200
    for number, (before, after, prefix) in enumerate(
        [(".csv", source, "é_"), (source, target, ""), (target, target, "b_")]
    ):
        schema = pa.schema(
            [pa.field(f"{prefix}class", pa.string())],
            metadata={f"{prefix}model": f"/m{number}/{long}", f"{prefix}max_error": "0.02"},
        )
        rows = [pa.record_batch([pa.array(["x", "y", None])], schema=schema)]
        path = tmp_path / ("in.csv" if not number else f"out{number - 1}{before}")
        check_addition(path, schema, tmp_path / f"out{number}{after}")
        append_columns(path, schema, lambda rows=rows: iter(rows), tmp_path / f"out{number}{after}")
    said = said_of_rows(tmp_path / f"out2{target}")
    first = in_ascii("é_") if ".fits" in (source, target) else "é_"
    expected = {first: "/m0/", "": "/m1/", "b_": "/m2/"}
    assert said == {f"{p}model": f"{m}{long}" for p, m in expected.items()} | {
        f"{p}max_error": "0.02" for p in expected
    }
    with pytest.raises(SourceError, match=r"says 'b_max_error' of its rows already, in its metadata.*--prefix"):
        check_addition(
            tmp_path / f"out2{target}", texts("c").with_metadata({"b_max_error": "1"}), tmp_path / "x.parquet"
        )


def test_fits_is_refused_more_columns_than_it_has(tmp_path: Path) -> None:
    table, answers = tmp_path / "wide.csv", texts(*(f"answer {number}" for number in range(9)))
    for count in (990, 991):
        names = ",".join(f"c{number}" for number in range(count))
        table.write_text(f"{names}\n{names}\n")
        check_addition(table, answers, tmp_path / "out.parquet")
        if count + len(answers) <= 999:
            check_addition(table, answers, tmp_path / "out.fits")
    with pytest.raises(SourceError, match=r"has 991 columns, 1,000 with the answers, and a table of FITS at most 999"):
        check_addition(table, answers, tmp_path / "out.fits")


def test_bytes_are_for_parquet_alone(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"image": [b"x"]}), tmp_path / "in.parquet")
    check_addition(tmp_path / "in.parquet", texts("class"), tmp_path / "out.parquet")
    with pytest.raises(SourceError, match=r"has bytes in the column image, which no table but Parquet holds"):
        check_addition(tmp_path / "in.parquet", texts("class"), tmp_path / "out.fits")


def read_exactly(path: Path) -> None:
    with open_exact(path) as table:
        list(table.batches())


def read_loosely(path: Path) -> None:
    table_file(path, to_be="read").sample()


QUOTES = {
    "none behind it": ('"bright', "line 11", '`"bright`'),
    "in another column": ('bright,"more', "line 11", '`"more`'),
    "one in a cell below": ('"bright', "line 11", '`"bright`', (20, '"very faint"')),
    "in the last row": ("bright", "line 31", '`"faint`', (30, '"faint')),
}


@pytest.mark.parametrize("read", [read_exactly, read_loosely])
@pytest.mark.parametrize(("name", "sign"), [("a.csv", ","), ("a.csv", ";"), ("a.dat", " ")])
@pytest.mark.parametrize("case", QUOTES)
def test_a_quote_that_would_take_rows_into_a_cell_is_refused_and_its_line_said(
    tmp_path: Path, case: str, name: str, sign: str, read: Callable[[Path], object]
) -> None:
    tenth, line, shown, *others = QUOTES[case]
    cells = {10: tenth, **dict(others)}
    rows = [f"{number},{number}.jpg,{cells.get(number, 'plain')}" for number in range(1, 31)]
    path = tmp_path / name
    path.write_text("id,path,note\n".replace(",", sign) + "".join(f"{row.replace(',', sign)}\n" for row in rows))
    with pytest.raises(SourceError) as caught:
        read(path)
    assert f"'{path}' cannot be read: expected a \" at the end of each cell" in str(caught.value)
    assert f"found none for {shown} in {line}," in str(caught.value)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_cells_of_several_lines_and_quotes_within_cells_stay_as_they_are(tmp_path: Path, line_end: str) -> None:
    notes = ['"a, ""b""\nc"', '"\n"', '5" wide', '"5" wide', '""', '"a\n" ']
    text = "".join(f"{line}\n" for line in ("id,note", *(f"{number},{note}" for number, note in enumerate(notes))))
    (tmp_path / "a.csv").write_text(text.replace("\n", line_end), newline="")
    with open_exact(tmp_path / "a.csv") as table:
        exact = [cell for rows in table.batches() for cell in rows.columns.column(1).to_pylist()]
    wanted = ['a, "b"\nc', "\n", '5" wide', "5 wide", "", "a\n "]
    assert exact == [note.replace("\n", line_end) for note in wanted]
    assert exact == table_file(tmp_path / "a.csv").sample()["note"].to_pylist()


def test_quotes_are_seen_to_end_wherever_blocks_do() -> None:
    whole = b'a,"b,\r\n""c""\r\nd",5"\r\n"x"y,"z"\r\n' * 3
    cut = whole + b'1,"2\r\n3,"4",5\r\n'

    def seen(text: bytes, size: int) -> bytes:
        quotes, read = EndedQuotes(io.BytesIO(text), ",", 0, 99), b""
        while block := quotes.read(size):
            read += block
        return read

    for size in range(1, len(cut) + 1):
        assert seen(whole, size) == whole
        with pytest.raises(SourceError, match='for `"2` in line 13,'):
            seen(cut, size)


@pytest.mark.parametrize("name", ["a.csv", "a.dat"])
def test_a_cell_that_is_too_long_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    path, sign = tmp_path / name, "," if name == "a.csv" else " "
    path.write_text(f"id{sign}note\n1{sign}a\n2{sign}{'x' * 150_000}\n")
    for read in (read_exactly, read_loosely) if sign == " " else (read_exactly,):
        with pytest.raises(
            SourceError, match="cannot be read: expected cells of at most 131,072 signs, found a longer"
        ):
            read(path)


@pytest.mark.parametrize("read", [memory_of_table, read_exactly, read_loosely])
@pytest.mark.parametrize("source", SOURCES)
def test_a_damaged_table_is_said_to_be_one_and_what_to_do(
    tmp_path: Path, source: str, read: Callable[[Path], object]
) -> None:
    whole = SOURCES[source](tmp_path).read_bytes()
    packed = gzip.compress(whole, mtime=0)
    contents = {"none": b"", "other": b"\x89PNG\0\0\0\0\0\0", "packed": packed[:-9]}
    if source != ".csv":  # of which the half is a row that lacks cells
        contents["cut"] = whole[: len(whole) // 2]
    for kind, content in contents.items():
        path = tmp_path / f"{kind}{source}{'.gz' if kind == 'packed' else ''}"
        path.write_bytes(content)
        try:
            read(path)
        except SourceError as error:
            said = str(error)
            assert said.startswith(f"'{path}' cannot be read: expected a table, found "), said
            assert re.search("copy or download it again$|can be read$|whatever its name says$", said), said
            assert "\n" not in said
        else:
            assert read is memory_of_table  # which looks at the beginning


def test_a_disk_that_is_full_is_no_fault_of_the_table(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"), open_exact(csv_source(tmp_path)):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_a_packed_votable_takes_is_that_of_its_content(tmp_path: Path) -> None:
    path = votable_source(tmp_path)
    (tmp_path / "in.vot.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert memory_of_table(tmp_path / "in.vot.gz") == memory_of_table(path)
    assert memory_of_table(csv_source(tmp_path)) is None


@pytest.mark.parametrize("rows", [2, 4])
def test_another_number_of_rows_is_a_fault_of_ours(tmp_path: Path, rows: int) -> None:
    table = pa.table({name: [*values, values[0]] for name, values in ADDED.items()}, schema=SCHEMA).slice(0, rows)
    for source in (".csv", ".fits"):
        path = SOURCES[source](tmp_path)
        with pytest.raises(ValueError, match="rows"):
            append_columns(path, SCHEMA, lambda: iter(table.to_batches()), tmp_path / f"out{source}")
