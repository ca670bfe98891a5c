"""JSON Lines: every column and value of a file, however late it comes."""

import io
import json
import math
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from datasets import SourceError, append_columns
from datasets.tables.json_lines import JsonLines
from datasets.tables.reading import Table, table_file

PAD = "x" * 1000
"""Of rows, so that the last of `MANY` is in another block than the first."""
MANY = 5000


def table(*rows: str | dict[str, Any]) -> Table:
    lines = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    return Table("a.jsonl", lambda: io.BytesIO(lines.encode()))


def column(of: Table, name: str) -> list[Any]:
    kind = of.schema().field(name).type
    return [value for batch in of.read({name: kind}) for value in batch[name].to_pylist()]


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ({}, {"m": 0.5}, pa.float64()),
        ({"m": None}, {"m": "a"}, pa.string()),
        ({"m": 1}, {"m": 0.5}, pa.float64()),
        ({"m": 1}, {"m": None}, pa.int64()),
        ({"m": 1}, {"m": 2**64 - 1}, pa.uint64()),
        ({"m": []}, {"m": [1.5]}, pa.list_(pa.float64())),
        ({"m": {"a": 1}}, {"m": {"a": 0.5, "b": True}}, pa.struct([("a", pa.float64()), ("b", pa.bool_())])),
    ],
)
def test_a_column_is_of_the_type_of_all_its_rows(first: Any, last: Any, kind: pa.DataType) -> None:
    read = table(*[{"path": "a.jpg", "pad": PAD, **first}] * MANY, {"path": "b.jpg", "pad": PAD, **last})
    assert read.schema() == pa.schema([("path", pa.string()), ("pad", pa.string()), ("m", kind)])
    values = column(read, "m")
    assert len(values) == MANY + 1
    assert json.dumps(values[-1]) == json.dumps(last["m"])
    assert values[0] == pa.array([first.get("m")], kind)[0].as_py()


def test_a_column_that_begins_in_the_last_row_is_written(tmp_path: Path) -> None:
    rows = [{"path": f"{n}.jpg", "pad": PAD} for n in range(MANY)] + [{"path": "z.jpg", "redshift": 0.5}]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    append_columns(tmp_path / "in.jsonl", pa.schema([]), lambda: iter(()), tmp_path / "out.parquet")
    written = pa.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert len(written) == MANY + 1
    assert written[-1] == {"path": "z.jpg", "pad": None, "redshift": 0.5}


def test_values_stay_as_they_are() -> None:
    read = table(
        '{"id": 18446744073709551615, "day": "2020-01-01", "dec": -0, "far": 100000000000000000000, "é": "à"}',
        " ",
        '{"id": 1, "day": "2020-01-01 10:00:00", "dec": -5, "far": 0.5, "é": null}',
    )
    assert column(read, "id") == [2**64 - 1, 1]
    assert column(read, "day") == ["2020-01-01", "2020-01-01 10:00:00"]
    assert [math.copysign(1, value) for value in column(read, "dec")] == [-1, -1]
    assert column(read, "far") == [1e20, 0.5]
    assert column(read, "é") == ["à", None]


def test_a_file_is_read_once_for_its_types_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    real = JsonLines._read
    monkeypatch.setattr(JsonLines, "_read", lambda self: read.append(self) or real(self))
    path = tmp_path / "a.jsonl"
    for number, name in enumerate("abc", 1):
        path.write_text(json.dumps({name: "é"}, ensure_ascii=False), encoding="cp1252")
        assert [table_file(path).header() for _ in range(3)] == [[name]] * 3
        assert len(read) == 3  # it has just been written: another content may have the same time
        os.utime(path, (number, number))
        for _ in range(3):
            given = table_file(path)
            assert column(given, name) == ["é"]
            assert any("read as Windows-1252" in note for note in given.notes)
        assert len(read) == 4
        read.clear()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_lines_may_be_in_any_encoding(encoding: str) -> None:
    read = Table("a.jsonl", lambda: io.BytesIO('{"a": "é"}\n{"a": "b"}'.encode(encoding)))
    assert column(read, "a") == ["é", "b"]
    assert any("read as Windows-1252" in note for note in read.notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (('{"a": 1}', '{"a": "x"}'), "values of one kind in the column 'a', found numbers and texts: write all of"),
        (('{"a": true}', '{"a": 0.5}'), "values of one kind in the column 'a', found numbers and truths: write"),
        (('{"a": {"b": [1, "x"]}}',), "values of one kind in the column 'a.b', found numbers and texts: write"),
        (
            ('{"id": 587722981736120347}', '{"id": 0.5}'),
            "that keep all their digits beside decimals in the column 'id', found 587722981736120347: write all of",
        ),
        (('{"id": 18446744073709551617}',), "in 64 bits in the column 'id', found 18446744073709551617: write all"),
        (('{"id": -1}', '{"id": 18446744073709551615}'), "in 64 bits in the column 'id', found 18446744073709551615"),
        (('{"id": ' + "9" * 400 + "}",), "in 64 bits in the column 'id', found " + "9" * 40 + ": write"),
        (
            ('{"a": 1}', "", '{"a": '),
            "cut off (line 3 is no JSON object that has each name once): copy or download it again",
        ),
        (('{"a": 1}, {"a": 2}',), "line 1 is no JSON object"),
        (('{"a": 1}', "[1", "2]"), "line 2 is no JSON object"),
        (('{"a": 1, "a": 2}',), "line 1 is no JSON object that has each name once"),
        (("5",), "line 1 is no JSON object"),
        (('{"a": ' * 10**5 + "1" + "}" * 10**5,), "line 1 is no JSON object"),
        (
            ('{"a": ' * 70 + "1" + "}" * 70,),
            "at most 64 lists and objects in each other, found more in the column 'a': ",
        ),
        (('{"a": ' + "[" * 300 + "]" * 300 + "}",), "in each other, found more in the column 'a': leave it out"),
        (("", " "), "expected a table, found a file without any column: CSV, JSON Lines, "),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(rows: tuple[str, ...], message: str) -> None:
    with pytest.raises(SourceError) as caught:
        table(*rows).header()
    assert message in str(caught.value)
    assert str(caught.value).startswith("'a.jsonl' cannot be imported: expected ")
    assert "\n" not in str(caught.value)
