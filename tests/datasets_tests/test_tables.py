import pyarrow.parquet
import pytest

from datasets import Column, table_writer
from datasets.tables import writing

COLUMNS = [Column("path"), Column("chance", "number"), Column("sure", "truth"), Column("notes", "texts")]
ROWS = [("a,b.jpg", 0.25, True, ("small", "grey")), (None, None, None, None), ("é", 1.0, False, ())]


def test_csv(tmp_path):
    with table_writer(tmp_path / "a.csv", COLUMNS) as add:
        for row in ROWS:
            add(row)
    written = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert written == 'path,chance,sure,notes\n"a,b.jpg",0.250000,true,small; grey\n,,,\né,1.000000,false,\n'


@pytest.mark.parametrize("count", [0, 2, 3])
def test_parquet_in_batches(tmp_path, monkeypatch, count):
    monkeypatch.setattr(writing, "_ROWS", 2)
    with table_writer(tmp_path / "a.PARQUET", COLUMNS) as add:
        for row in ROWS[:count]:
            add(row)
    file = pyarrow.parquet.ParquetFile(tmp_path / "a.PARQUET")
    expected = [
        {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in zip(("path", "chance", "sure", "notes"), row, strict=True)
        }
        for row in ROWS[:count]
    ]
    assert file.read().to_pylist() == expected
    assert [str(kind) for kind in file.schema_arrow.types] == ["string", "float", "bool", "list<element: string>"]
    assert file.num_row_groups == -(-count // 2)


def test_a_row_of_another_length_is_refused(tmp_path):
    with pytest.raises(ValueError, match="shorter"), table_writer(tmp_path / "a.csv", COLUMNS) as add:
        add(("a.jpg",))
