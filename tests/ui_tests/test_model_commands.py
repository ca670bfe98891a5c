import csv
import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from astropy.table import Table
from ui_tests.conftest import Galaxy
from ui_tests.fabricated import F1, SENTENCE, finals, write_search

import cluster
from cluster import TrainSettings
from datasets import Dataset, ImportOptions, Progress, Stage, StorageError, import_dataset, open_folder
from search import FinalsStanding, Ledger, SearchLayout, write_finals
from trainer import Classification, Classifier, FinalResult, load_bundle, write_bundle
from trainer.bundles.hashes import hashes_of_seen


def test_evaluate_json(galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset) -> None:
    found = json.loads(galaxy("evaluate", bundle, tiny_dataset.info.path, "--json").stdout)
    assert (found["model"], found["dataset"]) == (str(bundle), tiny_dataset.info.path)
    assert (found["split"], found["count"], found["classes"]) == ("test", 20, list(tiny_dataset.classes))
    assert found["decide"] == "accuracy"  # as an older model is made for
    assert sum(map(sum, found["confusion_matrix"])) == 20
    assert {"accuracy", "balanced_accuracy", "macro", "per_class", "ece"} <= found.keys()


@pytest.mark.parametrize(("split", "count"), [("train", 60), ("validation", 20), ("all", 100)])
def test_evaluate_on_each_split(galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, split: str, count: int) -> None:
    found = json.loads(galaxy("evaluate", bundle, tiny_dataset.info.path, "--split", split, "--json").stdout)
    assert (found["split"], found["count"]) == (split, count)


def test_evaluate_refuses_what_the_model_has_seen(
    galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    loaded = load_bundle(bundle)
    write_bundle(open_folder(tmp_path), loaded.models, loaded.manifest, seen=hashes_of_seen(tiny_dataset))
    refused = galaxy("evaluate", tmp_path, tiny_dataset.info.path, "--split", "all")
    assert refused.exit_code == 1
    assert "found 80 of 100 in the dataset that it was; `--split test` has 20 others; `--unseen-only`" in refused.stderr
    for words, count, seen, left_out in [
        ((), 20, 0, 0),
        (("--split", "all", "--unseen-only"), 20, 0, 80),
        (("--split", "all", "--seen"), 100, 80, 0),
    ]:
        found = json.loads(galaxy("evaluate", tmp_path, tiny_dataset.info.path, *words, "--json").stdout)
        assert (found["count"], found["seen"], found["seen_left_out"]) == (count, seen, left_out)


def test_evaluate_shows_classes_and_confusion(galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset) -> None:
    shown = galaxy("evaluate", bundle, tiny_dataset.info.path).stdout
    assert "Confusion matrix: rows are true, columns predicted" in shown
    rows = [line.split() for line in shown.splitlines() if line.strip().startswith("spiral")]
    assert rows[0][-1] == "4"  # images
    assert sum(map(int, rows[1][1:])) == 4
    assert f"Next: galaxy classify {bundle} IMAGE.jpg" in shown


def test_evaluate_says_which_classes_it_is_of(
    galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(bundle, model)
    names = (model / "bundle.json").read_text().replace('"spiral"', '"merger"').replace('"edge-on"', '"EDGE_ON"')
    (model / "bundle.json").write_text(names)
    refused = galaxy("evaluate", model, tiny_dataset.info.path)
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.endswith(
        "images of what the model does not know: spiral (4); `--known-only` leaves those out\n"
    )
    written = ("--known-only", "--confusion", tmp_path / "m.csv", "--report", tmp_path)
    found = json.loads(galaxy("evaluate", model, tiny_dataset.info.path, *written, "--json").stdout)
    assert (found["absent"], found["spelled"]) == (["merger"], {"edge-on": "EDGE_ON"})
    assert (found["left_out"], found["count"]) == ({"spiral": 4}, 16)
    assert found["confusion"] == str(tmp_path / "m.csv")
    counts = [
        ",".join(map(str, (name, *row))) for name, row in zip(found["classes"], found["confusion_matrix"], strict=True)
    ]
    assert (tmp_path / "m.csv").read_text().splitlines() == [",".join(("true class", *found["classes"])), *counts]
    assert "Left out, as the model does not know them: images of spiral (4)." in (tmp_path / "report.html").read_text()
    shown = galaxy("evaluate", model, tiny_dataset.info.path, "--known-only", "--confusion", tmp_path / "m.PNG")
    assert "No image is of merger: means over classes are over the other 4" in shown.stdout
    assert f"Confusion matrix: {tmp_path / 'm.PNG'}" in shown.stdout
    assert (tmp_path / "m.PNG").read_bytes().startswith(b"\x89PNG")
    assert galaxy("evaluate", model, tiny_dataset.info.path, "--confusion", "m.pdf").exit_code == 2


def test_evaluate_refuses_before_it_answers_what_it_would_refuse_after(
    galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(*_: object) -> None:
        raise AssertionError("images were answered first")

    monkeypatch.setattr(Classifier, "probabilities", answered)
    model = tmp_path / "model"
    shutil.copytree(bundle, model)
    (model / "bundle.json").write_text((model / "bundle.json").read_text().replace('"spiral"', '"merger"'))
    table, prior = tmp_path / "table.csv", tmp_path / "prior.json"
    table.write_text("id,kind\n" + "".join(f"{name},some\n" for name in tiny_dataset.ids))
    prior.write_text(json.dumps(dict.fromkeys(load_bundle(model).manifest.classes, 0.2)))
    for words, expected in [
        (("--by", "kind=1,2", "--table", table), "--by kind: edges are of numbers, and the column has words"),
        (("--prior", prior), "--prior: expected 0 for classes that no image is of, found more for merger"),
        (("--report", table / "report"), f"cannot write in '{table / 'report'}'"),
        (("--confusion", table / "matrix.csv"), f"cannot write in '{table}'"),
    ]:
        refused = galaxy("evaluate", model, tiny_dataset.info.path, "--known-only", *words)
        assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
        assert expected in refused.stderr


def test_evaluate_shows_the_scores_where_they_cannot_be_written(
    galaxy: Galaxy, bundle: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise StorageError("the disk is full")

    monkeypatch.setattr("ui.report.page.report", full)
    failed = galaxy("evaluate", bundle, tiny_dataset.info.path, "--report", tmp_path / "report")
    assert failed.exit_code == 1
    assert "Confusion matrix: rows are true, columns predicted" in failed.stdout
    assert failed.stderr.endswith("galaxy: error: the disk is full\n")
    failed = galaxy("evaluate", bundle, tiny_dataset.info.path, "--report", tmp_path / "report", "--json")
    assert (failed.exit_code, failed.stdout) == (1, "")


def test_evaluate_on_images_without_labels_says_how_to_classify_them(
    galaxy: Galaxy, bundle: Path, tiny_source: Path
) -> None:
    refused = galaxy("evaluate", bundle, tiny_source / "spiral")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.endswith("import it first, or, where it has no labels, let `galaxy classify` answer\n")


def test_evaluate_refuses_a_dataset_of_another_size(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path
) -> None:
    import_dataset(tiny_source, tmp_path / "d", ImportOptions(image_size=16))
    result = galaxy("evaluate", bundle, tmp_path / "d", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "expected image size 32" in result.stderr


def test_classify_json_keeps_the_order_and_reports_what_is_no_image(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    images = [tiny_source / "spiral" / "001.jpg", tmp_path / "notes.txt", tiny_source / "edge-on" / "000.jpg"]
    result = galaxy("classify", bundle, *images, tmp_path / "absent.jpg", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["model"], found["decide"]) == (str(bundle), "accuracy")
    assert [item["path"] for item in found["images"]] == [*map(str, images), str(tmp_path / "absent.jpg")]
    first, text, _, absent = found["images"]
    assert list(first["probabilities"]) == list(tiny_dataset.classes)
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert first["class"] == max(first["probabilities"], key=first["probabilities"].get)
    assert (text["class"], text["probabilities"]) == (None, None)
    assert "not an image" in text["error"]
    assert absent["error"] == "no such file"


@pytest.fixture
def one_sided(bundle: Path, tiny_dataset: Dataset, tmp_path: Path) -> Path:
    """The model, made for an objective at which every image is a spiral."""
    model = tmp_path / "one-sided"
    shutil.copytree(bundle, model)
    about = json.loads((model / "bundle.json").read_text())
    about |= {"decide": "objective", "factors": dict.fromkeys(tiny_dataset.classes, 1e-9) | {"spiral": 1.0}}
    (model / "bundle.json").write_text(json.dumps(about))
    return model


def test_a_model_decides_for_its_objective_and_the_output_says_so(
    galaxy: Galaxy, one_sided: Path, tiny_source: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    found = json.loads(
        galaxy("classify", one_sided, tiny_source / "edge-on", "--json", "--output", tmp_path / "a.csv").stdout
    )
    assert found["decide"] == "objective"
    assert {image["class"] for image in found["images"]} == {"spiral"}
    assert any(max(image["probabilities"].values()) > image["probabilities"]["spiral"] for image in found["images"])
    assert len(table_of(tmp_path / "a.csv")) == 20
    said = json.loads((tmp_path / "a.csv-metadata.json").read_text())["notes"][0]
    assert (said["model"], said["decide"], json.loads(said["decide_factors"])["spiral"]) == (
        str(one_sided),
        "objective",
        1.0,
    )
    evaluated = json.loads(galaxy("evaluate", one_sided, tiny_dataset.info.path, "--json").stdout)
    assert (evaluated["decide"], evaluated["per_class"]["spiral"]["recall"]) == ("objective", 1.0)
    shown = galaxy("evaluate", one_sided, tiny_dataset.info.path, "--decide", "accuracy", "--report", tmp_path).stdout
    assert "decided for                  accuracy" in shown
    assert "--decide objective" in (tmp_path / "report.html").read_text()


def test_an_older_model_cannot_decide_for_its_objective(galaxy: Galaxy, bundle: Path, tiny_source: Path) -> None:
    refused = galaxy("classify", bundle, tiny_source, "--decide", "objective", "--json")
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "train it again, or take --decide accuracy or balanced" in refused.stderr


def test_classify_shows_bars_errors_and_each_warning_once(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    shown = galaxy("classify", bundle, tiny_source / "spiral", tmp_path / "notes.txt", "--crop", 0.5).stdout
    assert shown.count("█") >= 20
    assert "cannot be used" in shown
    assert "notes.txt: not an image" in " ".join(shown.split())
    assert shown.count("20 images: ") == 1
    assert "Next:" not in shown  # the page has the models of searches


def test_the_page_that_is_advised_is_that_of_the_models_storage(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_search(str(tmp_path / "runs"), "first")
    shutil.copytree(bundle, tmp_path / "runs" / "first" / "model")
    image = next(tiny_source.glob("*/*.jpg"))
    shown = galaxy("classify", tmp_path / "runs" / "first" / "model", image).stdout
    assert f"Next: galaxy ui --storage {tmp_path}/runs" in shown
    monkeypatch.chdir(tmp_path)
    assert galaxy("classify", "runs/first/model", image).stdout.endswith("Next: galaxy ui\n")


def test_classify_fails_when_no_image_could_be_used(galaxy: Galaxy, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    result = galaxy("classify", bundle, tmp_path / "empty.jpg", tmp_path / "absent.jpg", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "empty.jpg cannot be classified" in result.stderr
    assert result.stderr.count("\n") == 1


def test_classify_with_an_error_rate_that_cannot_be_promised(galaxy: Galaxy, bundle: Path, tiny_source: Path) -> None:
    result = galaxy("classify", bundle, tiny_source, "--max-error", 0.1, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "can promise no error rate" in result.stderr
    assert galaxy("classify", bundle, tiny_source, "--max-error", 2).exit_code == 2


def test_classify_with_something_else_than_a_model(galaxy: Galaxy, tiny_source: Path, tmp_path: Path) -> None:
    result = galaxy("classify", tmp_path, tiny_source)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not a bundle" in result.stderr


def table_of(target: Path) -> list[dict[str, Any]]:
    """Read a written file of any kind: a row an image, its probabilities under the names that tables have."""
    if target.suffix == ".parquet":
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(target).to_pylist()
        return rows
    if target.suffix in {".fits", ".vot"}:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of truths that are missing
            found = Table.read(target, **({"use_names_over_ids": True} if target.suffix == ".vot" else {}))
        cells = [[None if cell is np.ma.masked else str(cell) for cell in row] for row in found]
        return [dict(zip(found.colnames, row, strict=True)) for row in cells]
    if target.suffix == ".json":
        images = json.loads(target.read_text())["images"]
        chances = [image.pop("probabilities") or {} for image in images]
        return [
            {**image, **{f"probability_{name}": chance for name, chance in each.items()}}
            for image, each in zip(images, chances, strict=True)
        ]
    with target.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.parquet", "a.fits", "a.vot"])
def test_classify_writes_a_row_for_each_image_of_a_list_and_goes_on_after_a_bad_one(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tiny_dataset: Dataset, tmp_path: Path, name: str
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    listed = [*sorted(tiny_source.glob("spiral/*.jpg")), tmp_path / "notes.txt", tmp_path / "absent\udcff.jpg"]
    with (tmp_path / "list.csv").open("w", newline="", errors="backslashreplace") as file:
        csv.writer(file).writerows([["id", "path"], *[[number, path] for number, path in enumerate(listed)]])
    (tmp_path / name).write_text("an older one")
    result = galaxy("classify", bundle, tmp_path / "list.csv", "--output", tmp_path / name, "--json")
    printed = json.loads(result.stdout)["images"]
    rows = table_of(tmp_path / name)
    if name != "a.json":
        assert [int(row["id"]) for row in rows] == list(range(22))
    assert [row["path"] for row in rows][:21] == [row["path"] for row in printed][:21]
    assert [row["path"] for row in rows][:21] == list(map(str, listed[:21]))
    for row, image in zip(rows[:20], printed[:20], strict=True):
        assert row["class"] == image["class"]
        assert not row["error"]
        chances = [float(row[f"probability_{name}"]) for name in tiny_dataset.classes]
        assert chances == pytest.approx(list(image["probabilities"].values()), abs=1e-6)
        assert "for an equal pixel scale" not in str(row["warnings"])
    assert "not an image" in rows[20]["error"]
    assert rows[21]["error"] == "no such file"
    assert not rows[20]["class"]
    assert not rows[20].get("probability_spiral")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [name, "list.csv", "notes.txt", *(["a.csv-metadata.json"] if name == "a.csv" else [])]
    )


def test_an_interim_model_is_said_to_be_one_wherever_it_is_used(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(bundle, model)
    document = json.loads((model / "bundle.json").read_text())
    (model / "bundle.json").write_text(json.dumps(document | {"interim": True}))
    image = next(tiny_source.glob("spiral/*.jpg"))
    for words in (
        ("classify", model, image, "--output", tmp_path / "a.parquet"),
        ("classify", model, image.parent, "--output", tmp_path / "parts", "--address", "in-process"),
        ("export", model, "--output", tmp_path / "m.savedmodel"),
        ("evaluate", model, tiny_dataset.info.path),
    ):
        done = galaxy(*words)
        assert done.exit_code == 0, done.stderr
        assert "An interim model, of the best trial while its search went on" in done.stderr
    assert "An interim model" in galaxy("count", model, tmp_path / "a.parquet").stderr  # it has no held-out answers
    for table in (tmp_path / "a.parquet", tmp_path / "parts/part-00000.parquet"):
        assert pyarrow.parquet.read_schema(table).metadata[b"interim"] == b"true"
    told = json.loads((tmp_path / "m.savedmodel/assets.extra/galaxy.json").read_text())
    assert told["interim"] is True
    shown = galaxy("classify", bundle, image).stderr
    assert "interim" not in shown


def test_classify_with_a_file_shows_what_it_came_to(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path
) -> None:
    shown = galaxy("classify", bundle, tiny_source, tmp_path / "no.jpg", "--crop", 0.5, "--output", tmp_path / "a.csv")
    facts = dict(
        line.rsplit(maxsplit=1) for line in shown.stdout.splitlines() if line.count(" ") and "crop" not in line
    )
    assert (facts["images"], facts["cannot be used"]) == ("101", "1")
    assert "100 images: " in shown.stdout


def test_classify_that_fails_leaves_the_older_file(galaxy: Galaxy, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("an older one")
    result = galaxy("classify", bundle, tmp_path / "absent.jpg", "--output", tmp_path / "a.csv", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.csv", "an older one")]


def test_classify_refuses_a_file_of_an_unknown_kind(galaxy: Galaxy, tmp_path: Path) -> None:
    result = galaxy("classify", tmp_path, tmp_path, "--output", tmp_path / "a.xls")
    assert result.exit_code == 2
    assert "expected a file that ends in .csv, .json, .parquet, .fits, .vot, found" in result.stderr


def test_export_writes_a_model_and_says_where(
    galaxy: Galaxy, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = json.loads(galaxy("export", bundle, "--format", "savedmodel", "--json").stdout)
    assert found == {"path": str(tmp_path / "model.savedmodel"), "format": "savedmodel"}
    assert (tmp_path / "model.savedmodel" / "saved_model.pb").is_file()
    again = galaxy("export", bundle, "--format", "savedmodel", "--output", "model.savedmodel", "--json")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "model.savedmodel' exists already" in again.stderr


def test_card_prints_markdown(galaxy: Galaxy, bundle: Path) -> None:
    shown = galaxy("card", bundle).stdout
    assert shown.startswith("# Model card\n")
    assert shown == (bundle / "model-card.md").read_text()
    assert json.loads(galaxy("card", bundle, "--json").stdout) == {"model": str(bundle), "card": shown}
    refused = galaxy("card", bundle.parent)
    assert (refused.exit_code, refused.stdout) == (1, "")


class FakeTraining:
    """Stands in for `cluster.train_winners`: remembers its call and returns one network."""

    def __init__(self) -> None:
        self.called: dict[str, Any] = {}

    def __call__(
        self, name: str, settings: TrainSettings, *, progress: Progress, begin: Stage, **places: str
    ) -> FinalResult:
        self.called = {"name": name, "settings": settings, **places}
        progress(1, 2)
        begin("Calibrating", "steps")
        return FinalResult("/runs/first/model", ("0002", "0001"), {"val_accuracy": 0.75, "test_accuracy": 0.5})


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    fake = FakeTraining()
    monkeypatch.setitem(cluster.__dict__, "train_winners", fake)
    return fake


def test_train_hands_on_what_was_given(galaxy: Galaxy, training: FakeTraining) -> None:
    given = ("--top", 2, "--seeds", 3, "--ensemble", "--epochs", 3, "--storage", "s", "--dataset", "moved")
    found = json.loads(galaxy("train", "first", *given, "--json").stdout)
    assert training.called == {
        "name": "first",
        "storage": "s",
        "settings": TrainSettings(top=2, seeds=3, ensemble=True, epochs=3),
        "address": "local",
        "dataset": "moved",
        "preflight": True,
    }
    assert found == {
        "model": "/runs/first/model",
        "members": ["0002", "0001"],
        "metrics": {"val_accuracy": 0.75, "test_accuracy": 0.5},
        "interim": False,
        "modules": [],
        "lost": {},
    }


def test_train_shows_validation_beside_test(galaxy: Galaxy, training: FakeTraining) -> None:
    shown = galaxy("train", "first").stdout
    assert training.called["settings"] == TrainSettings(epochs=None)
    assert ["accuracy", "0.7500", "0.5000"] in [line.split() for line in shown.splitlines()]
    assert "Next: galaxy evaluate /runs/first/model DATASET" in shown


def test_train_within_a_time_says_what_was_chosen_and_what_it_was_worth(
    galaxy: Galaxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: dict[str, Any] = {}

    def within(name: str, settings: TrainSettings, **places: Any) -> FinalResult:
        called.update(settings=settings)
        places["watch"](FinalsStanding(name, F1, finals(), {}, left=9.0))
        return FinalResult("/runs/first/model", ("0001-b1",), {"val_accuracy": 0.75})

    monkeypatch.setitem(cluster.__dict__, "train_within", within)
    ends: list[tuple[float, str]] = []
    monkeypatch.setattr("ui.cli.commands.models.end_in_time", lambda left, again: ends.append((left, again)))
    write_finals(write_search(str(tmp_path), "first").root, finals())
    result = galaxy("train", "first", "--time-limit", "20m", "--storage", tmp_path)
    assert called["settings"] == TrainSettings(time_limit=1200.0)
    [(left, again)] = ends
    assert 1190 < left <= 1200
    assert again == f"galaxy train first --time-limit 20m --storage {tmp_path}"
    assert f"B{SENTENCE[1:]}." in result.stdout
    assert "3 finalists, 2 beginnings of 4 epochs each, 9 s left" in result.stderr
    found = json.loads(galaxy("train", "first", "--time-limit", "20m", "--storage", tmp_path, "--json").stdout)
    assert (found["best"], found["worth"]["sentence"], found["members"]) == ("0001", SENTENCE, ["0001-b1"])
    galaxy("train", "first", "--time-limit", "20m", "--max-slower", 4, "--storage", tmp_path)
    assert called["settings"] == TrainSettings(time_limit=1200.0, max_slower=4.0)
    Ledger(SearchLayout.of(str(tmp_path), "first")).request_stop()
    assert galaxy("train", "first", "--time-limit", "20m", "--storage", tmp_path).exit_code == 130
    refused = galaxy("train", "first", "--max-slower", 4, "--storage", tmp_path)
    assert refused.stderr.endswith(
        "--max-slower is of what --time-limit averages: leave it out, or give --time-limit\n"
    )
    refused = galaxy("train", "first", "--time-limit", "20m", "--top", 2, "--ensemble")
    assert refused.exit_code == 1
    assert refused.stderr.endswith("leave --top and --ensemble out, or --time-limit\n")


@pytest.mark.parametrize("name", ["a.csv", "a.fits", "a.vot"])
def test_images_have_a_table_in_any_format(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path, name: str
) -> None:
    galaxy("classify", bundle, tiny_source / "spiral", "--output", tmp_path / name, "--prefix", "gt_")
    rows = table_of(tmp_path / name)
    assert len(rows) == 20
    assert {"path", "gt_class", "gt_probability_spiral", "gt_error"} <= rows[0].keys()


def test_a_catalogue_keeps_its_columns_and_ours_need_other_names(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path
) -> None:
    listed = sorted(tiny_source.glob("spiral/*.jpg"))
    table = tmp_path / "in.csv"
    table.write_text("path,Class\n" + "".join(f"{path},=x\n" for path in listed))
    refused = galaxy("classify", bundle, table, "--output", tmp_path / "a.csv")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "has a column 'Class' already, as the answers have: give theirs other names with --prefix" in refused.stderr
    galaxy("classify", bundle, table, "--prefix", "gt_", "--output", tmp_path / "a.vot")
    assert b'<INFO name="gt_decide" value="accuracy"/>' in (tmp_path / "a.vot").read_bytes()
    shown = galaxy("classify", bundle, tmp_path / "a.vot", "--output", tmp_path / "b.csv", "--prefix", "h_")
    assert "a VOTable is read as a whole: about" in shown.stderr
    rows = table_of(tmp_path / "b.csv")
    assert [row["Class"] for row in rows] == ["=x"] * 20
    assert [row["h_class"] for row in rows] == [row["gt_class"] for row in rows]


def test_a_catalogue_that_is_cut_says_what_is_kept_and_goes_on(
    galaxy: Galaxy, bundle: Path, tiny_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = sorted(tiny_source.glob("*/*.jpg"))
    (tmp_path / "in.csv").write_text("path\n" + "".join(f"{path}\n" for path in listed))
    words = ("classify", bundle, tmp_path / "in.csv", "--output", tmp_path / "a.csv", "--json")
    classify = Classifier.classify

    def interrupted(*given: Any, **options: Any) -> Iterator[Classification]:
        for number, answer in enumerate(classify(*given, **options)):
            if number == 70:
                raise KeyboardInterrupt
            yield answer

    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "classify", interrupted)
        cut = galaxy(*words)
    assert (cut.exit_code, cut.stdout) == (130, "")
    assert "64 of 100 rows are answered and kept: the same command goes on with the others" in cut.stderr
    ended = galaxy(*words)
    assert "64 of 100 rows were answered before: going on with the others" in ended.stderr
    assert [image["path"] for image in json.loads(ended.stdout)["images"]] == list(map(str, listed))
    assert [row["path"] for row in table_of(tmp_path / "a.csv")] == list(map(str, listed))
