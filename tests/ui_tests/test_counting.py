"""`galaxy count`: the shares of classes in a classified catalogue."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from ui_tests.conftest import Galaxy

from datasets import Dataset, open_folder
from trainer import Count, HeldOut, load_bundle, write_bundle
from ui.cli.display.counted import explained

FIRST = "Cigar-shaped smooth"


@pytest.fixture(scope="module")
def counting(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model, with answers to held-out images: 60 of each class but the first, of which there are 5."""
    generator = np.random.default_rng(1)
    true = np.repeat(np.arange(5), [5, 60, 60, 60, 60])
    chances = generator.dirichlet(np.full(5, 0.2), len(true)) * 0.2 + 0.8 * np.eye(5)[true]
    place, loaded = tmp_path_factory.mktemp("counting"), load_bundle(bundle)
    manifest = replace(loaded.manifest, held_out=None)
    write_bundle(open_folder(place), loaded.models, manifest, held_out=HeldOut(true, chances.astype(np.float32)))
    return place


@pytest.fixture
def catalogue(galaxy: Galaxy, counting: Path, tiny_source: Path, tmp_path: Path) -> Path:
    """What the model answers for 20 images, and a row without an answer."""
    (tmp_path / "x.jpg").write_text("no image")
    written = galaxy("classify", counting, tiny_source / "spiral", tmp_path / "x.jpg", "--output", tmp_path / "c.csv")
    assert written.exit_code == 0, written.stderr
    return tmp_path / "c.csv"


def test_a_catalogue_is_counted(galaxy: Galaxy, counting: Path, catalogue: Path, tiny_dataset: Dataset) -> None:
    found = json.loads(galaxy("count", counting, catalogue, "--json").stdout)
    assert (found["count"], found["unanswered"], found["table"]) == (20, 1, str(catalogue))
    assert [*found["fractions"]] == list(tiny_dataset.classes)
    assert found["held_out"] == dict.fromkeys(tiny_dataset.classes, 60) | {FIRST: 5}
    assert (found["fractions"][FIRST], found["intervals"][FIRST]) == (None, None)
    low, high = found["intervals"]["spiral"]
    assert 0 <= low <= found["fractions"]["spiral"] <= high <= 1
    assert sum(found["named"].values()) == 20
    assert sum(found["uncorrected"].values()) == pytest.approx(1)
    assert isinstance(found["explained"], bool)
    shown = galaxy("count", counting, catalogue).stdout
    assert "Fewer than 20 images were held out of Cigar-shaped smooth (5)" in shown
    assert "without an answer  1, left out" in shown
    assert "Another mix of the classes" in shown


def test_it_takes_parquet_a_prefix_and_any_rows(
    galaxy: Galaxy, counting: Path, catalogue: Path, tmp_path: Path
) -> None:
    rows = pa.csv.read_csv(catalogue).slice(0, 7)
    kept = rows.rename_columns([f"ours_{name}" for name in rows.column_names]).append_column("z", pa.array(range(7)))
    pq.write_table(kept, tmp_path / "k.parquet")
    found = json.loads(galaxy("count", counting, tmp_path / "k.parquet", "--prefix", "ours_", "--json").stdout)
    assert (found["count"], found["unanswered"]) == (7, 0)
    (tmp_path / "parts").mkdir()
    for part in ("a", "b"):
        pq.write_table(rows, tmp_path / "parts" / f"{part}.parquet")
    assert json.loads(galaxy("count", counting, tmp_path / "parts", "--json").stdout)["count"] == 14
    refused = galaxy("count", counting, tmp_path / "k.parquet")
    assert "`--prefix` says what stands before their names" in refused.stderr


def test_answers_on_an_object_store(galaxy: Galaxy, counting: Path, catalogue: Path, s3: str) -> None:
    store, here = open_folder(s3), json.loads(galaxy("count", counting, catalogue, "--json").stdout)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.csv.read_csv(catalogue), sink)
    store.write_whole("c.csv", catalogue.read_bytes())
    for part in ("a", "b"):
        store.write_whole(f"parts/{part}.parquet", sink.getvalue().to_pybytes())
    there = json.loads(galaxy("count", counting, store.child("c.csv").uri, "--json").stdout)
    assert there == here | {"table": store.child("c.csv").uri}
    assert json.loads(galaxy("count", counting, store.child("parts").uri, "--json").stdout)["count"] == 40
    for name in ("absent.csv", "absent"):
        refused = galaxy("count", counting, store.child(name).uri)
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
        assert "wrote, found nothing" in refused.stderr


def test_a_part_of_what_workers_classify_is_no_catalogue(
    galaxy: Galaxy, counting: Path, tiny_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("classify", counting, tiny_source, "--output", tmp_path / "c", "--address", "in-process")
    assert galaxy(*words).exit_code == 0
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path / "c", "c", f"../{tmp_path.name}/c", (tmp_path / "c").as_uri()):
        assert galaxy("count", counting, place).exit_code == 0
    for other in ("kept.parquet", "part-00009.parquet", "below/part-00000.parquet"):
        (tmp_path / "c/below").mkdir(exist_ok=True)
        shutil.copy(tmp_path / "c/part-00000.parquet", tmp_path / "c" / other)
        refused = galaxy("count", counting, tmp_path / "c")
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
        assert f"expected the partitions of a catalogue alone, found '{tmp_path}/c/{other}': move" in refused.stderr
        (tmp_path / "c" / other).unlink()
    assert galaxy("count", counting, tmp_path / "c").exit_code == 0
    (tmp_path / "c/part-00000.parquet").rename(tmp_path / "c/part-00009.parquet")
    refused = galaxy("count", counting, tmp_path / "c")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "partitions of the catalogue, found 0: the same `galaxy classify` command goes on" in refused.stderr


def test_wrong_use_is_one_line(galaxy: Galaxy, bundle: Path, counting: Path, catalogue: Path, tmp_path: Path) -> None:
    text = catalogue.read_text()
    header, *lines = text.splitlines(keepends=True)
    changes = {
        "other.csv": text.replace("probability_spiral", "probability_merger"),
        "more.csv": text.replace("novelty", "probability_x"),
        "unanswered.csv": header + lines[-1],
        "none.csv": "a,b\n1,2\n",
    }
    for name, changed in changes.items():
        (tmp_path / name).write_text(changed)
    (tmp_path / "empty").mkdir()
    other = pa.csv.read_csv(catalogue).replace_schema_metadata({"dataset_fingerprint": "another"})
    pq.write_table(other, tmp_path / "other.parquet")
    for words, message in [
        ((bundle, catalogue), "cannot count: it was made before answers to held-out images were kept; train it again"),
        ((counting, tmp_path / "absent.csv"), "wrote, found nothing"),
        ((counting, tmp_path / "empty"), "wrote, found a folder without any Parquet file"),
        ((counting, tmp_path / "none.csv"), "expected the columns of `galaxy classify … --output`, such as"),
        ((counting, tmp_path / "other.csv"), "expected the answers of this model, found no probability_spiral"),
        ((counting, tmp_path / "more.csv"), "expected the answers of this model, found probability_x"),
        ((counting, tmp_path / "unanswered.csv"), "expected galaxies with an answer, found none in 1 rows"),
        ((counting, tmp_path / "other.parquet"), "was trained on another dataset, as its metadata say"),
    ]:
        refused = galaxy("count", *words)
        assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1), refused.stderr
        assert message in refused.stderr


@pytest.mark.parametrize(
    ("chance", "shown"), [(1.0, "1"), (0.52, "0.52"), (0.1, "0.1"), (0.0041, "0.004"), (0.0, "0.000")]
)
def test_a_chance_is_a_number(chance: float, shown: str) -> None:
    assert f"(p = {shown})" in explained(Count(20, {}, chance))


def test_what_is_kept_must_be_as_it_was(galaxy: Galaxy, counting: Path, catalogue: Path, tmp_path: Path) -> None:
    shutil.copytree(counting, tmp_path / "m")
    (kept,) = (tmp_path / "m").glob("held-out-*.npz")
    kept.write_bytes(b"something else")
    refused = galaxy("count", tmp_path / "m", catalogue)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "has changed since it was written: expected SHA-256" in refused.stderr
    kept.unlink()
    assert "is missing" in galaxy("count", tmp_path / "m", catalogue).stderr
