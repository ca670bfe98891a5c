"""The columns of a source's table that are kept beside its images."""

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets_tests.source_examples import EXAMPLES

from datasets import Dataset, FormatError, ImportOptions, import_dataset
from datasets.arrow.columns import read_columns
from datasets.arrow.description import COLUMNS
from datasets.sources.side_table import SideTable
from datasets.storage.folders import open_folder
from datasets.tables import delimited
from datasets.tables.reading import Table

SMALL = ImportOptions(image_size=16)


def text(data: str) -> Table:
    return Table("a.csv", lambda: io.BytesIO(data.encode()))


def written(side: SideTable, place, ids) -> dict[str, list]:
    assert side.write(place / COLUMNS, ids) == tuple(pq.read_schema(place / COLUMNS).names[1:])
    assert [path.name for path in place.iterdir()] == [COLUMNS]
    return pq.read_table(place / COLUMNS).to_pydict()


def test_scalar_columns_of_the_rows_that_are_asked_for(tmp_path):
    table = text(
        "id,z,objid,name,is_a,code,z\n1,0.5,587722981736120347,x,True,007,1\n2,,587722981736120348,,false,12,2\n"
    )
    side = SideTable((table,), {"a.jpg": (0, 1), "b.jpg": (0, 0), "c.jpg": (0, 0), "d.jpg": (0, 1)})
    assert written(side, tmp_path, {"a.jpg", "b.jpg", "c.jpg", "other"}) == {
        "id": ["b.jpg", "c.jpg", "a.jpg"],
        "id_": [1, 1, 2],
        "objid": [587722981736120347] * 2 + [587722981736120348],
        "name": ["x", "x", ""],
        "is_a": [True, True, False],
        "code": ["007", "007", "12"],
    }


def test_several_tables_of_other_columns_and_types(tmp_path):
    pq.write_table(pa.table({"z": [1, 2], "image": [{"bytes": b"x"}] * 2, "t": ["u", "v"]}), sink := io.BytesIO())
    tables = (text("z,w\n0.5,1\n"), Table("b.parquet", lambda: io.BytesIO(sink.getvalue())))
    side = SideTable(tables, {"a": (0, 0), "b": (1, 1)})
    assert written(side, tmp_path, {"a", "b"}) == {"id": ["a", "b"], "z": [0.5, 2], "w": [1, None], "t": [None, "v"]}


def test_decimal_commas_are_numbers_beside_a_table_with_points(tmp_path):
    tables = (text("m;note\n17,45;a,5\n18;b\n"), text("m,note\n1.5,c\n"))
    side = SideTable(tables, {"a": (0, 0), "b": (0, 1), "c": (1, 0)})
    assert written(side, tmp_path, {"a", "b", "c"}) == {
        "id": ["a", "b", "c"],
        "m": [17.45, 18, 1.5],
        "note": ["a,5", "b", "c"],
    }


def test_ids_that_one_table_keeps_as_numbers_with_decimals_cost_no_import(tmp_path):
    whole, rounded = pa.table({"objid": [587722981736120347]}), pa.table({"objid": [587722981736120347.0, None]})
    tables = []
    for number, table in enumerate((whole, rounded)):
        pq.write_table(table, sink := io.BytesIO())
        tables.append(Table(f"{number}.parquet", lambda sink=sink: io.BytesIO(sink.getvalue())))
    side = SideTable(tuple(tables), {"a": (0, 0), "b": (1, 0), "c": (1, 1)})
    assert written(side, tmp_path, {"a", "b", "c"}) == {
        "id": ["a", "b", "c"],
        "objid": ["587722981736120347", "5.877229817361203e+17", None],
    }


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "", "-20"], pa.int64()),
        (["1", "0.5", "nan"], pa.float64()),
        (["1", "2e-3"], pa.float64()),
        (["True", "FALSE"], pa.bool_()),
        (["1", "x"], pa.string()),
        (["01", "2"], pa.string()),
        (["587722981736120347", "2"], pa.int64()),
        (["587722981736120347", "0.5"], pa.string()),
        (["0.5", "587722981736120347"], pa.string()),
        (["99999999999999999999", "2"], pa.string()),
        (["True", "1"], pa.string()),
        (["", "NA"], pa.string()),
    ],
)
@pytest.mark.parametrize("batch", [1, 2**20])
def test_text_becomes_what_all_of_it_is_and_loses_nothing(values, kind, batch, tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BATCH", 64)
    rows = "".join(f"{value},{'x' * (20 if batch == 1 else 1)}\n" for value in values)
    side = SideTable((text(f"a,b\n{rows}"),), {str(n): (0, n) for n in range(len(values))})
    side.write(tmp_path / COLUMNS, [str(n) for n in range(len(values))])
    column = pq.read_table(tmp_path / COLUMNS)["a"]
    assert column.type == kind
    if kind in (pa.string(), pa.int64()):
        assert [value if value is None else str(value) for value in column.to_pylist()] == [
            None if kind == pa.int64() and not value else value for value in values
        ]


def test_an_import_keeps_them_outside_the_fingerprint(tmp_path):
    source = EXAMPLES["table"].make(tmp_path / "source")
    info = import_dataset(source, tmp_path / "out", SMALL)
    dataset = Dataset.open(tmp_path / "out")
    kept = dataset.columns()
    assert info.columns == ("Path", "label", "id_", "split", "redshift")
    assert sorted(kept["id"].to_pylist()) == sorted(dataset.ids)
    assert kept["redshift"].to_pylist() == [0.5] * len(dataset)
    labels = dict(zip(dataset.ids, np.array(dataset.classes)[dataset.labels].tolist(), strict=True))
    assert dict(zip(kept["id"].to_pylist(), kept["label"].to_pylist(), strict=True)) == labels
    source.write_text(source.read_text().replace("redshift", "z"))
    assert import_dataset(source, tmp_path / "again", SMALL).fingerprint == info.fingerprint
    folder = open_folder(tmp_path / "out")
    assert read_columns(folder, replace(info, columns=())) is None
    for harm in (lambda path: path.write_bytes(b"x"), lambda path: path.unlink()):
        harm(tmp_path / "out" / COLUMNS)
        with pytest.raises(
            FormatError, match=r"is damaged: expected (?:the columns of its source in )?columns\.parquet"
        ):
            dataset.columns()


def test_a_dataset_without_a_table_has_none(make_source, tmp_path):
    import_dataset(make_source(a=3, b=3), tmp_path / "out", SMALL)
    assert Dataset.open(tmp_path / "out").columns() is None


def test_a_program_that_ends_after_reading_them_is_not_aborted(tiny_dataset, tmp_path):
    side = SideTable(
        (text("id," + ",".join(f"c{number}" for number in range(40)) + "\n" + f"1{',2' * 40}\n"),), {"a": (0, 0)}
    )
    columns = side.write(tmp_path / COLUMNS, {"a"})
    program = f"""
from datasets import Dataset, open_folder
from datasets.arrow.columns import read_columns
from dataclasses import replace
info = replace(Dataset.open({tiny_dataset.info.path!r}).info, columns={columns!r})
assert read_columns(open_folder({str(tmp_path)!r}), info).num_columns > 40
"""
    for _ in range(4):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
