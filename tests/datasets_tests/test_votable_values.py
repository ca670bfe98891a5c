"""Values in a VOTable that astropy alone would round, take for others, or write so that nobody can read them."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import votable
from datasets_tests.exact_examples import plain

from datasets import SourceError, append_columns, convert_table, table_file
from datasets.tables.exact.opening import open_exact

SURE = pa.record_batch({"sure": [True, False]})
VALUES = [187.70593076725, 10.123456789012345]
FIELDS = """
<PARAM name="epoch" datatype="double" precision="2" value="2000.123456789"/>
<FIELD name="RAJ2000" datatype="double" precision="3" width="9"/>
<FIELD name="mag" datatype="float" precision="E2" width="3"/>
<FIELD name="pair" datatype="double" arraysize="2" precision="F1"/>
<FIELD name="any" datatype="double" arraysize="*" precision="1"/>
<FIELD name="truths" datatype="boolean" arraysize="*"/>
<FIELD name="complex" datatype="doubleComplex" arraysize="2" precision="1"/>
"""
ROWS = """
<TR><TD>187.70593076725</TD><TD>1.2345679</TD><TD>0.123456 NaN</TD><TD>0.123456 2</TD><TD>T ? F</TD>
<TD>0.123 1 NaN NaN</TD></TR>
<TR><TD>10.123456789012345</TD><TD>NaN</TD><TD>1 2</TD><TD/><TD>?</TD><TD>1 2 3 4</TD></TR>
"""
TABLE = f"<TABLE>{FIELDS}<DATA><TABLEDATA>{ROWS}</TABLEDATA></DATA></TABLE>"
FILE = f"""<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE>{TABLE}</RESOURCE><RESOURCE>{TABLE}</RESOURCE></VOTABLE>"""


def exact(path: Path) -> dict[str, list]:
    with open_exact(path) as table:
        return pa.Table.from_batches([some.columns for some in table.batches()], table.schema).to_pydict()


def valid(path: Path) -> bool:
    return bool(votable.validate(str(path), output=io.StringIO()))


@pytest.mark.parametrize("stored", ["tabledata", "binary2"])
def test_numbers_keep_all_their_digits_whatever_they_are_displayed_with(tmp_path: Path, stored: str) -> None:
    file = votable.parse(io.BytesIO(FILE.encode()))
    if stored == "binary2":
        for table in file.iter_tables():
            table.format = stored
        file.to_xml(str(tmp_path / "in.vot"))
    else:
        (tmp_path / "in.vot").write_text(FILE)
    append_columns(tmp_path / "in.vot", SURE.schema, lambda: iter([SURE]), tmp_path / "out.vot")
    found, before = exact(tmp_path / "out.vot"), exact(tmp_path / "in.vot")
    assert {name: plain(values) for name, values in found.items()} == {
        name: plain(values) for name, values in (before | {"sure": [True, False]}).items()
    }
    assert found["RAJ2000"] == VALUES
    assert found["mag"][0] == np.float32(1.2345679)
    if stored == "tabledata":
        assert str(found["truths"]) == "[[True, None, False], [None]]"
    assert (tmp_path / "out.vot").read_text().count("187.70593076725<") == 2  # in the other table, too
    written = votable.parse(tmp_path / "out.vot")
    for table in written.iter_tables():
        assert table.params[0].value == (2000.123456789 if stored == "tabledata" else table.params[0].value)
        assert [(field.precision, field.width) for field in table.fields[:3]] == [("3", 9), ("E2", 3), ("F1", None)]


def lists() -> pa.Table:
    return pa.table(
        {
            "mags": pa.array([[21.3, None, 20.1], []], pa.list_(pa.float32())),
            "ints": pa.array([[1, None], [0]], pa.list_(pa.int32())),
            "bytes": pa.array([[255, None], [0]], pa.list_(pa.uint8())),
            "wide": pa.array([[2**63 - 1, None], [0]], pa.list_(pa.uint64())),
            "pair": pa.array([[3, None], None], pa.list_(pa.int16(), 2)),
            "truths": pa.array([[True, None], [False]], pa.list_(pa.bool_())),
            "two": pa.array([[True, None], None], pa.list_(pa.bool_(), 2)),
            "one": pa.array([None, 5], pa.int32()),
        }
    )


def test_elements_that_are_missing_in_lists_are_nothing(tmp_path: Path) -> None:
    pq.write_table(lists(), tmp_path / "in.parquet")
    convert_table(tmp_path / "in.parquet", tmp_path / "out.vot")
    assert valid(tmp_path / "out.vot")
    found = exact(tmp_path / "out.vot")
    assert np.isnan(found["mags"][0][1])
    assert found.pop("mags")[0][::2] == [np.float32(21.3), np.float32(20.1)]
    expected = lists().to_pydict() | {"pair": [[3, None], [None, None]], "two": [[True, None], [None, None]]}
    assert found == {name: values for name, values in expected.items() if name != "mags"}
    fields = {field.name: field for field in votable.parse(tmp_path / "out.vot").get_first_table().fields}
    assert {name: fields[name].datatype for name in ("ints", "bytes", "wide", "pair")} == {
        "ints": "int",
        "bytes": "short",
        "wide": "long",
        "pair": "short",
    }
    assert fields["ints"].values.null == 2**31 - 1
    assert fields["one"].values.null is None
    text = (tmp_path / "out.vot").read_text()
    assert "<TD>21.3 NaN 20.1</TD>" in text
    assert "<TD>T ?</TD>" in text


def test_integers_without_one_to_spare_for_nothing_are_refused(tmp_path: Path) -> None:
    full = pa.table({"ints": pa.array([[-(2**63), 2**63 - 1, None]])})
    pq.write_table(full, tmp_path / "in.parquet")
    with pytest.raises(SourceError, match=r"the column 'ints' .* VOTable cannot; write \.csv or \.parquet"):
        convert_table(tmp_path / "in.parquet", tmp_path / "out.vot")


def test_complex_numbers_in_lists_of_any_length_stay_pairs(tmp_path: Path) -> None:
    field = pa.field("c", pa.list_(pa.float64()), metadata={"complex": "true"})
    pq.write_table(pa.table([[[1.5, 2, 3, 4], []]], schema=pa.schema([field])), tmp_path / "in.parquet")
    convert_table(tmp_path / "in.parquet", tmp_path / "out.vot")
    assert exact(tmp_path / "out.vot") == {"c": [[1.5, 2, 3, 4], []]}


def test_what_xml_forbids_is_escaped_and_said(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("path,n\x02,note\na.jpg,1,x\x01y\nb.jpg,2,\ufffe é\t\n", encoding="utf-8")
    about = {"model": "here\x03", "decide": "balanced"}
    added = pa.record_batch({"error": pa.array([None, "no\x1b"])})
    described = added.schema.field(0).with_metadata({"description": "why\x05"})
    schema = pa.schema([described], metadata=about)
    batch = pa.record_batch(added.columns, schema=schema)
    notes = append_columns(tmp_path / "in.csv", schema, lambda: iter([batch]), tmp_path / "out.vot")
    assert notes == (
        r"columns written under another name: 'n\x02' as 'n\\x02'",
        "characters that XML forbids written as escapes: in note, error",
    )
    assert valid(tmp_path / "out.vot")
    found = exact(tmp_path / "out.vot")
    assert found == {
        "path": ["a.jpg", "b.jpg"],
        "n\\x02": [1, 2],
        "note": ["x\\x01y", "\\ufffe é"],
        "error": ["", "no\\x1b"],
    }
    again = append_columns(tmp_path / "out.vot", SURE.schema, lambda: iter([SURE]), tmp_path / "again.vot")
    assert again == ()


def test_what_xml_forbids_comes_out_of_binary_rows_too(tmp_path: Path) -> None:
    file = votable.tree.VOTableFile(version="1.4")
    resource, table = votable.tree.Resource(), votable.tree.TableElement(file)
    file.resources.append(resource)
    resource.tables.append(table)
    table.fields.append(votable.tree.Field(file, name="note", datatype="char", arraysize="*"))
    table.create_arrays(2)
    table.array["note"] = ["a\x01", "b"]
    table.format = "binary2"
    file.to_xml(str(tmp_path / "in.vot"))
    (note,) = append_columns(tmp_path / "in.vot", SURE.schema, lambda: iter([SURE]), tmp_path / "out.vot")
    assert note == "characters that XML forbids written as escapes: in note"
    assert exact(tmp_path / "out.vot")["note"] == ["a\\x01", "b"]


def test_columns_of_complex_numbers_of_one_name_or_without_elements_block_no_other(tmp_path: Path) -> None:
    kinds = {"m": 'datatype="int"', "c": 'datatype="floatComplex"', "none": 'datatype="int" arraysize="0"'}
    named = [*kinds.items(), ("d", 'datatype="int"'), ("d", 'datatype="int"')]
    fields = "".join(f'<FIELD name="{name}" {kind}/>' for name, kind in named)
    rows = "<TR><TD>1</TD><TD>1 2</TD><TD/><TD>3</TD><TD>4</TD></TR>"
    (tmp_path / "in.vot").write_text(
        '<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
        f"{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    table = table_file(tmp_path / "in.vot")
    assert table.header() == ["m", "c", "none", "d", "d"]
    assert [column.to_pylist() for column in table.sample().columns] == [[1], [[1, 2]], [[]], [3], [4]]
    assert [batch["m"].to_pylist() for batch in table.read({"m": pa.int64()})] == [[1]]
    one = SURE.slice(0, 1)
    for suffix in (".vot", ".fits", ".parquet"):
        append_columns(tmp_path / "in.vot", one.schema, lambda: iter([one]), tmp_path / f"out{suffix}")
        with open_exact(tmp_path / f"out{suffix}") as written:
            columns = next(written.batches()).columns.columns
        assert [column.to_pylist() for column in columns] == [[1], [[1, 2]], [[]], [3], [4], [True]]
