"""Tables as other programs write them, with everything in them that one may have, and how other programs read them."""

import csv
import datetime
import json
import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from astropy.io import fits, votable
from astropy.table import Table

N = None
WIDE = 2**62 + 1
"""No 64-bit floating-point number."""
Cells = dict[str, list[Any]]


def parquet_source(folder: Path) -> Path:
    """Every type of Arrow that people have, a name twice, a name with blanks and one with an accent."""
    columns = [
        ("id", pa.array([WIDE, -5, N], pa.int64())),
        ("i8", pa.array([-128, 127, 0], pa.int8())),
        ("u8", pa.array([0, 255, N], pa.uint8())),
        ("i16", pa.array([-(2**15), 2**15 - 1, 0], pa.int16())),
        ("u16", pa.array([0, 2**16 - 1, 1], pa.uint16())),
        ("u32", pa.array([0, 2**32 - 1, N], pa.uint32())),
        ("u64", pa.array([0, 2**64 - 1, 1], pa.uint64())),
        ("f", pa.array([0.5, N, 3], pa.float32())),
        ("d", pa.array([0.1, 1e300, N])),
        ("h", pa.array([0.5, N, 1], pa.float16())),
        ("truth", pa.array([True, False, N])),
        ("text", pa.array(["galaxy é ∞", "=1+1", N])),
        ("large text", pa.array(["a", "", 'c, "d"\ne'], pa.large_string())),
        ("kind", pa.array(["x", "y", "x"]).dictionary_encode()),
        ("day", pa.array([0, 1, N], pa.date32())),
        ("time", pa.array([1, 2, N], pa.timestamp("us"))),
        ("price", pa.array([1, 2, N], pa.decimal128(20, 2))),
        ("list", pa.array([[1, 2], [], [3]], pa.list_(pa.int32()))),
        ("pair", pa.array([[0.5, 2], [3, N], [5, 6]], pa.list_(pa.float32(), 2))),
        ("words", pa.array([["a", "é"], [], N], pa.list_(pa.string()))),
        ("größe", pa.array([1, 2, 3], pa.int32())),
        ("id", pa.array(["a", "b", "c"])),
    ]
    fields = [pa.field(name, values.type) for name, values in columns]
    fields[7] = fields[7].with_metadata({"unit": "mag", "ucd": "phot.mag", "description": "how bright"})
    schema = pa.schema(fields, metadata={"survey": "ours"})
    path = folder / "in.parquet"
    pyarrow.parquet.write_table(pa.table([values for _, values in columns], schema=schema), path)
    return path


def csv_source(folder: Path) -> Path:
    """Cells as people write them: blanks, quotes, lines, long numbers, zeros in front, words for nothing, formulas."""
    rows = [
        ["id", " name", "mag", "z", "id", "note", "größe"],
        [str(WIDE), "007", "21.50", "", "1", '=a, "b"\r\nc', "1"],
        ["-5", " x", "nan", "0.1", "2", "é ∞", "2"],
        ["3", "", "-1e-5", "NA", "2", "", "3"],
    ]
    path = folder / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)
    return path


def fits_source(folder: Path) -> Path:
    """Every type of FITS that people have, TNULL, units, cards of its own, another unit before and one behind."""
    columns = [
        fits.Column("id", "K", array=np.array([WIDE, -5, -99]), null=-99),
        fits.Column("u16", "I", bzero=2**15, array=np.array([0, 2**16 - 1, 1], "u2")),
        fits.Column("u32", "J", bzero=2**31, array=np.array([0, 2**32 - 1, 1], "u4")),
        fits.Column("byte", "B", array=np.array([0, 255, 1], "u1"), null=1),
        fits.Column("f", "E", array=np.array([0.5, np.nan, 3], "f4"), unit="mag"),
        fits.Column("d", "D", array=np.array([0.1, 1e300, np.inf])),
        fits.Column("truth", "L", array=[True, False, True]),
        fits.Column("text", "8A", array=["galaxy", "=1", ""]),
        fits.Column("ints", "3J", array=[[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        fits.Column("matrix", "4E", dim="(2,2)", array=np.arange(12, dtype="f4").reshape(3, 2, 2)),
        fits.Column("bits", "11X", array=np.eye(3, 11, dtype=bool)),
        fits.Column("complex", "M", array=[1 + 2j, 3, 4j]),
        fits.Column("any", "PE()", array=np.array([np.array(v, "f4") for v in ([1, 2], [], [3])], object)),
        fits.Column("words", "6A", dim="(3,2)", array=np.array([["abc", "d"], ["e", "f"], ["", "g"]])),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="CATALOGUE")
    table.header["TUCD1"], table.header["HISTORY"] = "meta.id;meta.main", "made by hand"
    path = folder / "in.fits"
    image = fits.ImageHDU(np.arange(4, dtype="i2"), name="BEHIND")
    primary = fits.PrimaryHDU()
    primary.header["ORIGIN"] = "here"
    fits.HDUList([primary, table, image]).writeto(path)
    return path


def votable_source(folder: Path) -> Path:
    """Types, units, UCDs, masked values and a GROUP, as astropy writes them."""
    file = votable.tree.VOTableFile(version="1.4")
    resource, table = votable.tree.Resource(), votable.tree.TableElement(file)
    file.resources.append(resource)
    resource.tables.append(table)
    resource.infos.append(votable.tree.Info(name="QUERY_STATUS", value="OK"))
    kinds = [
        *(("id", "long", N), ("n", "int", N), ("small", "short", N), ("byte", "unsignedByte", N)),
        *(("f", "float", N), ("d", "double", N), ("truth", "boolean", N)),
        *(("text", "char", "*"), ("words", "unicodeChar", "*"), ("pair", "float", "2"), ("any", "int", "*")),
        ("complex", "doubleComplex", N),
    ]
    for name, datatype, arraysize in kinds:
        field = votable.tree.Field(file, name=name, datatype=datatype, arraysize=arraysize)
        table.fields.append(field)
    table.fields[4].unit, table.fields[4].ucd, table.fields[4].description = "mag", "phot.mag", "how <bright>"
    table.create_arrays(3)
    array = table.array
    array["id"], array["n"], array["small"], array["byte"] = [WIDE, -5, 3], [1, 2, 3], [-1, 0, 1], [0, 255, 1]
    array["f"], array["d"], array["truth"] = [0.5, np.nan, 3], [0.1, 1e300, -1], [True, False, True]
    array["text"], array["words"] = ["a", "", "=c"], ["galaxy é ∞", "", "<b>"]
    array["pair"], array["complex"] = [[1, 2], [3, 4], [5, 6]], [1 + 2j, 3, 4j]
    for row, value in enumerate(([1, 2], [], [3])):
        array["any"][row] = np.ma.array(value, dtype="i4")
    array.mask["n"], array.mask["truth"] = [False, True, False], [False, False, True]
    path = folder / "in.vot"
    file.to_xml(str(path))
    return path


SOURCES: dict[str, Callable[[Path], Path]] = {
    ".csv": csv_source,
    ".parquet": parquet_source,
    ".fits": fits_source,
    ".vot": votable_source,
}


def without_rows(path: Path) -> None:
    """Take all rows out of one of the sources."""
    if path.suffix == ".csv":
        path.write_bytes(path.read_bytes().split(b"\r\n")[0] + b"\r\n")
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.parquet.ParquetFile(path).read().slice(0, 0), path)
    elif path.suffix == ".fits":
        with fits.open(path) as units:
            content = units[1]
            empty = fits.BinTableHDU(data=content.data[:0], header=content.header, name="CATALOGUE")
            fits.HDUList([units[0], empty, units[2]]).writeto(path, overwrite=True)
    else:
        file = votable.parse(path)
        table = file.get_first_table()
        table.array = table.array[:0]
        file.to_xml(str(path))


def read_csv(path: Path) -> Iterator[tuple[str, list[Any]]]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return ((name, [row[place] for row in rows]) for place, name in enumerate(header))


def read_parquet(path: Path) -> Iterator[tuple[str, list[Any]]]:
    table = pyarrow.parquet.ParquetFile(path).read()
    return ((name, values.to_pylist()) for name, values in zip(table.column_names, table.columns, strict=True))


def read_fits(path: Path) -> Iterator[tuple[str, list[Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of truths that are missing
        table = Table.read(path, hdu=1)
    return ((name, _cells(table[name])) for name in table.colnames)


def read_votable(path: Path) -> Iterator[tuple[str, list[Any]]]:
    table = votable.parse(path, verify="exception").get_first_table()
    return ((field.name, _cells(table.array[field.ID])) for field in table.fields)


READERS: dict[str, Callable[[Path], Iterator[tuple[str, list[Any]]]]] = {
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".fits": read_fits,
    ".vot": read_votable,
}


def _cells(column: Any) -> list[Any]:
    return [_cell(value) for value in column]


def _cell(value: Any) -> Any:
    if value is np.ma.masked:
        return None
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray):
        return _flat(value)
    return value.item() if isinstance(value, np.generic) else value


def _flat(value: Any) -> list[Any]:
    masked = np.ma.asarray(value).reshape(-1)
    return [each.decode() if isinstance(each, bytes) else each for each in masked.tolist()]


def plain(value: Any) -> Any:
    """Return a value as it may be compared between formats: nothing is None, also what is NaN or an empty text."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, list | tuple):
        return [plain(each) for each in value] or None
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float) else _of_text(str(value))


def _of_text(text: str) -> Any:
    """Return what a text says: a list, a truth, a number unless it begins as no number does, or the text."""
    if text[:1] == "[" or text in {"true", "false"}:
        return plain(json.loads(text))
    if text[:2] == "00" or text[:1] == " ":
        return text
    for kind in (int, float):
        try:
            return plain(kind(text))
        except ValueError:
            continue
    return text or None
