import contextlib
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet
import pytest

from datasets import annotated, place_table, said_of_rows, table_writer

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string()),
        annotated("chance", pa.float32(), ucd="stat.probability", description="how probable"),
        pa.field("sure", pa.bool_()),
        annotated("notes", pa.list_(pa.string()), separator="; "),
    ],
    metadata={"model": "here"},
)
ROWS = [
    {"path": "a,b.jpg", "chance": 0.1, "sure": True, "notes": ["=small", "grey"]},
    {"path": None, "chance": None, "sure": None, "notes": None},
    {"path": "=é", "chance": 1.0, "sure": False, "notes": []},
]


@pytest.mark.parametrize(("guarded", "notes", "path"), [(4, "=small; grey", "=é"), (0, "'=small; grey", "'=é")])
def test_csv_has_no_formula_in_what_is_guarded(tmp_path, guarded, notes, path):
    with table_writer(tmp_path / "a.csv", SCHEMA, guarded=guarded) as write:
        for row in ROWS:
            write(pa.RecordBatch.from_pylist([row], SCHEMA))
    written = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert written == f'path,chance,sure,notes\n"a,b.jpg",0.1,true,{notes}\n,,,\n{path},1,false,\n'


def test_a_csv_has_beside_it_what_it_cannot_say(tmp_path):
    with table_writer(tmp_path / "a.csv", SCHEMA):
        pass
    about = json.loads((tmp_path / "a.csv-metadata.json").read_text())
    assert (about["url"], about["notes"]) == ("a.csv", [{"model": "here"}])
    assert [column["datatype"] for column in about["tableSchema"]["columns"]] == [
        "string",
        "float",
        "boolean",
        "string",
    ]
    assert about["tableSchema"]["columns"][1] | {"datatype": ""} == {
        "titles": "chance",
        "datatype": "",
        "dc:description": "how probable",
        "schema:propertyID": "stat.probability",
    }


@pytest.mark.parametrize("cut", [1, 2, None])
def test_nothing_said_beside_a_csv_is_of_another_one(tmp_path, monkeypatch, cut):
    (tmp_path / "new").mkdir()
    for place, model in ((tmp_path, "old"), (tmp_path / "new", "new")):
        with table_writer(place / "a.csv", SCHEMA.with_metadata({"model": model})) as write:
            write(pa.RecordBatch.from_pylist([ROWS[0] | {"path": model}], SCHEMA))
    moved, replace = [], pathlib.Path.replace

    def until_cut(path, target):
        moved.append(path)
        if len(moved) == cut:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(pathlib.Path, "replace", until_cut)
    with contextlib.suppress(KeyboardInterrupt):
        place_table(tmp_path / "new" / "a.csv", tmp_path / "a.csv")
    whose = "old" if cut == 1 else "new"
    assert (tmp_path / "a.csv").read_text().splitlines()[1].startswith(whose)
    assert said_of_rows(tmp_path / "a.csv") == ({"model": "new"} if cut is None else {})


@pytest.mark.parametrize("count", [0, 2, 3])
def test_parquet_in_batches(tmp_path, count):
    with table_writer(tmp_path / "a.PARQUET", SCHEMA) as write:
        for row in ROWS[:count]:
            write(pa.RecordBatch.from_pylist([row], SCHEMA))
    file = pyarrow.parquet.ParquetFile(tmp_path / "a.PARQUET")
    assert file.read() == pa.Table.from_pylist(ROWS[:count], SCHEMA)
    assert file.schema_arrow.remove_metadata() == SCHEMA.remove_metadata()
    assert file.schema_arrow.metadata[b"model"] == b"here"
    assert file.schema_arrow.field("chance").metadata[b"ucd"] == b"stat.probability"
