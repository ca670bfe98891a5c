"""Columns of a table, kept beside a dataset's images or given, by its rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from datasets import Dataset, ImportOptions, SourceError, import_dataset, open_folder, row_values


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Nine galaxies of a labels table with other columns: g0.png of class a … g8.png of class c."""
    place = tmp_path_factory.mktemp("source")
    lines = ["id,label,magnitude,bar\n"]
    for number in range(9):
        noise = np.random.default_rng(number).integers(0, 256, (20, 20, 3), np.uint8)
        Image.fromarray(noise).save(place / f"g{number}.png")
        lines.append(f"g{number},{'abc'[number // 3]},{'' if number == 4 else 14 + number},{number % 2 == 0}\n")
    (place / "labels.csv").write_text("".join(lines))
    import_dataset(place, place / "d", ImportOptions(image_size=16))
    return Dataset.open(place / "d")


def by_id(dataset: Dataset, values: pa.Array) -> dict[str, object]:
    return dict(zip(dataset.ids, values.to_pylist(), strict=True))


def test_columns_that_the_dataset_keeps(dataset: Dataset) -> None:
    found = row_values(dataset, dataset.rows(None), ["Magnitude", "bar"])
    assert [name for name, _ in found.columns] == ["magnitude", "bar"]
    magnitude, bar = (by_id(dataset, values) for _, values in found.columns)
    assert magnitude == {f"g{n}.png": None if n == 4 else 14 + n for n in range(9)}
    assert bar == {f"g{n}.png": n % 2 == 0 for n in range(9)}
    assert found.present.all()
    some = found.of(np.array([1, 5]))
    assert some.columns[0][1].to_pylist() == [magnitude[name] for name in dataset.names([1, 5])]


@pytest.mark.parametrize("ids", ["g{}", "g{}.png", "somewhere/else/g{}.fits"])
def test_another_table_names_images_as_people_do(dataset: Dataset, tmp_path: Path, ids: str) -> None:
    rows = "".join(f"{ids.format(n)},{n / 10},x{n % 2},{10**17 + n}\n" for n in (*range(5), 77))
    (tmp_path / "t.csv").write_text("name,ratio,kind,objid\n" + rows)
    asked = ["ratio", "kind", "objid", "ratio"]
    found = row_values(dataset, dataset.rows(None), asked, table=tmp_path / "t.csv", id_column="name")
    assert [name for name, _ in found.columns] == asked
    assert [str(values.type) for _, values in found.columns] == ["double", "string", "int64", "double"]
    ratio, _, objid, again = (by_id(dataset, values) for _, values in found.columns)
    assert ratio == again == {f"g{n}.png": n / 10 if n < 5 else None for n in range(9)}
    assert objid["g3.png"] == 10**17 + 3
    assert found.present.sum() == 5


def test_another_table_may_have_decimal_commas(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id;mag\n" + "".join(f"g{n};1{n},25\n" for n in range(9)))
    ((_, magnitudes),) = row_values(dataset, dataset.rows(None), ["mag"], table=tmp_path / "t.csv").columns
    assert by_id(dataset, magnitudes) == {f"g{n}.png": 10 + n + 0.25 for n in range(9)}


def test_another_table_on_an_object_store(dataset: Dataset, s3: str) -> None:
    store = open_folder(s3)
    store.write_whole("t.csv", b"id,z\ng1,1\n")
    found = row_values(dataset, dataset.rows(None), ["z"], table=store.child("t.csv").uri)
    assert by_id(dataset, found.columns[0][1])["g1.png"] == 1
    with pytest.raises(SourceError, match=r"--table s3://.*/u\.csv.*: expected a table, found nothing"):
        row_values(dataset, dataset.rows(None), ["z"], table=store.child("u.csv").uri)


def test_ids_that_name_several_images_name_none(tiny_dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,z\nspiral/001.jpg,1\n001,2\n")  # each class has a 001.jpg
    found = row_values(tiny_dataset, tiny_dataset.rows(None), ["z"], table=tmp_path / "t.csv")
    assert {name: z for name, z in by_id(tiny_dataset, found.columns[0][1]).items() if z is not None} == {
        "spiral/001.jpg": 1
    }


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("id,z\ng1,1\ng1.png,2\n", {}, "expected one row an image in '.*t.csv', found two for 'g1.png' in 'id'"),
        (
            "id,z\nx,1\n",
            {},
            r"column 'id' of '.*t.csv' names no image of .*expected ids such as 'g\d.png', found such as 'x'",
        ),
        ("id,y\ng1,1\n", {}, "--by z: '.*t.csv' has no column 'z'; its columns are id, y"),
        ("objid,name,z\ng1,g1,1\n", {}, "which column has the ids of the images.*--id-column; found objid, name"),
        ("id,z\ng1,1\n", {"id_column": "ID2"}, "--id-column ID2: '.*t.csv' has no column 'ID2'"),
    ],
)
def test_what_is_wrong_is_said(dataset: Dataset, tmp_path: Path, text: str, options: dict, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(SourceError, match=message):
        row_values(dataset, dataset.rows(None), ["z"], table=tmp_path / "t.csv", **options)


def test_edges_that_are_no_numbers_are_said_to_be_none(dataset: Dataset) -> None:
    with pytest.raises(
        SourceError, match=r"--by bar=a,b: expected edges that are numbers, such as bar=0\.5,1, found 'a,b'"
    ):
        row_values(dataset, dataset.rows(None), ["bar=a,b"])


def test_without_a_table_it_is_said_what_gives_one(tiny_dataset: Dataset, tmp_path: Path) -> None:
    rows = tiny_dataset.rows(None)
    with pytest.raises(SourceError, match=r"keeps no columns, .*`--table FILE --id-column COLUMN` gives one"):
        row_values(tiny_dataset, rows, ["z"])
    with pytest.raises(SourceError, match=r"--table .*/t\.csv: expected a table, found nothing"):
        row_values(tiny_dataset, rows, ["z"], table=tmp_path / "t.csv")
    with pytest.raises(SourceError, match="--id-column is of the table that --table names"):
        row_values(tiny_dataset, rows, ["z"], id_column="id")
