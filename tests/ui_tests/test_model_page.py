import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import specification, write_search
from ui_tests.views import open_view

from datasets import Dataset, open_folder
from search import SearchLayout, create_search
from trainer import Decide, Evaluation, answers_on, read_manifest
from trainer.bundles.manifest import SeenRecord
from ui.launching import launch


@pytest.fixture
def runs(tmp_path: Path, tiny_dataset: Dataset, bundle: Path) -> Path:
    """A storage with a search that has a model."""
    layout = SearchLayout(open_folder(tmp_path / "runs").child("first"))
    changes = {"dataset": tiny_dataset.info.path, "fingerprint": tiny_dataset.fingerprint}
    create_search(layout, specification("first").model_copy(update=changes))
    shutil.copytree(bundle, tmp_path / "runs" / "first" / "model")
    return tmp_path / "runs"


opened = partial(open_view, "model")


def change(runs: Path, **values: object) -> None:
    """Change what the model's `bundle.json` says."""
    file = runs / "first" / "model" / "bundle.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def keep_scores(runs: Path, evaluation: Evaluation) -> None:
    change(runs, metrics={"validation": evaluation.scores().as_json(), "test": evaluation.scores().as_json()})


@pytest.fixture(scope="module")
def evaluation(bundle: Path, tiny_dataset: Dataset) -> Evaluation:
    from trainer import Classifier

    return answers_on(Classifier.load(bundle), tiny_dataset)


def said(page: AppTest) -> str:
    texts = [*page.markdown, *page.caption, *page.warning, *page.info, *page.error, *page.success]
    return "\n".join(element.value for element in texts).replace("\\", "")


def test_without_a_model_the_page_says_how_one_is_trained(storage: str) -> None:
    page = opened(Path(storage))
    assert "has no model yet" in said(page)
    assert page.code[0].value == f"galaxy train first --storage {storage}"


def test_of_an_object_in_python_its_winner_is_trained_from_there(tmp_path: Path) -> None:
    write_search(str(tmp_path), "cells", hypermodel="<build>")
    page = opened(tmp_path)
    assert "Train its winner from Python:" in said(page)
    assert page.code[0].value == f"train_winners('cells', storage='{tmp_path}', hypermodel=…)"


def test_an_old_model_shows_what_it_keeps(runs: Path) -> None:
    page = opened(runs)
    assert {metric.label: metric.value for metric in page.metric} == {
        "Accuracy on test images": "25.0 %",
        "Networks": "1",
    }
    assert "Tells apart 5 classes: Cigar-shaped smooth, completely round smooth" in said(page)
    assert "cannot say when it is not sure" in said(page)
    assert "keeps no whole scores" in page.info[0].value


def test_scores_are_those_that_the_model_keeps(runs: Path, evaluation: Evaluation) -> None:
    keep_scores(runs, evaluation)
    page, scores = opened(runs), evaluation.scores()
    assert page.metric[1].value == f"{100 * scores.accuracy:.1f} %"
    each, confusion, bins = (table.value for table in page.dataframe)
    assert list(each["images"]) == [20] * 5
    assert list(each["recall"]) == pytest.approx([scores.per_class[name].recall for name in scores.classes], abs=1e-4)
    assert confusion.drop(columns="true class").to_numpy().tolist() == [list(row) for row in scores.confusion_matrix]
    assert bins["images"].sum() == 100
    assert "Hardly ever found" in said(page)
    assert "expect less of new ones" in said(opened(runs, split="validation"))


def test_an_interim_model_says_so(runs: Path) -> None:
    change(runs, interim=True)
    assert "An interim model" in opened(runs).warning[0].value


def test_what_was_never_tested_is_named(runs: Path, evaluation: Evaluation) -> None:
    keep_scores(runs, evaluation)
    text = said(opened(runs, about="Limits"))
    assert "Another survey, depth, seeing or colour scaling is not tested" in text
    assert "images that its source gave no label" in text
    assert "Fewer than 100 test images: Cigar-shaped smooth" in text


def test_nothing_is_asked_before_a_reader_wants_it_and_then_once_for_all(
    runs: Path, tiny_dataset: Dataset, evaluation: Evaluation
) -> None:
    page = opened(runs, about="Surest mistakes", of="all")
    assert page.code[0].value.startswith(f"galaxy evaluate {runs}/first/model {tiny_dataset.info.path} --split all")
    page.button(key="ask").click().run()
    assert not page.exception
    wrong = int((evaluation.decided(Decide.ACCURACY) != evaluation.true).sum())
    assert f"**{wrong}** of 100 answers are not what the label says" in said(page)
    alts = [image.alt for element in page.image for image in element.proto.imgs]
    assert len(alts) == 12
    assert all(": labelled " in alt and ", taken for " in alt for alt in alts)
    # Another reader sees them at once, and one kind of mistake alone where that is wanted.
    other = opened(runs, about="Surest mistakes", of="all")
    assert f"**{wrong}** of 100" in said(other)
    pair = other.selectbox[-1].options[1]
    other.selectbox[-1].select(pair).run()
    true, _, rest = pair.partition(" taken for ")
    named, _, count = rest.rpartition(" (")
    shown = [image.alt for element in other.image for image in element.proto.imgs]
    assert len(shown) == min(12, int(count[:-1]))
    assert all(alt.endswith(f"labelled {true}, taken for {named}") for alt in shown)


def test_a_model_can_be_asked_about_what_is_offered_alone(runs: Path, uneven_dataset: Dataset) -> None:
    root = Path(uneven_dataset.info.path).parent
    for name in ("../dataset", "/etc", "no such"):
        assert opened(runs, root, about="Surest mistakes", on=name).selectbox[1].value == "the one it was trained on"
    assert opened(runs, root, about="Surest mistakes", on="dataset").selectbox[1].value == "dataset"
    assert len(opened(runs, about="Surest mistakes", on="dataset").selectbox) == 1


def test_a_dataset_that_has_gone_is_a_line(runs: Path, tmp_path: Path) -> None:
    (runs / "first" / "dataset.json").write_text(json.dumps({"dataset": str(tmp_path / "gone")}))
    page = opened(runs, about="Surest mistakes")
    assert "is not a dataset" in page.warning[0].value
    assert not [button for button in page.button if button.key == "ask"]


def test_a_model_made_under_another_name_says_so(runs: Path) -> None:
    manifest = runs / "first" / "model" / "bundle.json"
    for name, is_said in (("first", False), ("before", True)):
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"commands": [f"galaxy train {name}"]}))
        assert ("was called before when" in said(opened(runs, about="Downloads"))) is is_said


def test_the_dataset_to_ask_about_is_chosen_again_and_again(runs: Path, tiny_dataset: Dataset) -> None:
    for name in ("a", "b"):
        shutil.copytree(tiny_dataset.info.path, runs.parent / "offered" / name)
    page = opened(runs, runs.parent / "offered", about="Surest mistakes")
    of = next(at for at, box in enumerate(page.selectbox) if box.label == "Dataset to ask it about")
    for name in ("a", "b"):
        page.selectbox[of].select(name).run()
        assert (page.selectbox[of].value, page.query_params["on"]) == (name, name)


def test_exports_are_offered_where_they_are_and_made_only_with_control(runs: Path) -> None:
    (runs / "first" / "model.onnx").write_bytes(b"x" * 2_000_000)
    page = opened(runs, about="Downloads")
    labels = [button.label.replace("\\", "") for button in page.get("download_button")]
    assert any(label.startswith("Download first-model.zip (") for label in labels)
    assert "Download first-model.onnx (2.0 MB)" in labels
    commands = [code.value for code in page.code if code.value.startswith("galaxy export")]
    assert commands == [
        f"galaxy export {runs}/first/model --format {name} --output {runs}/first/model{suffix}"
        for name, suffix in (("litert", ".tflite"), ("savedmodel", ".savedmodel"))
    ]
    assert not page.button
    assert [button.key for button in opened(runs, about="Downloads", control=True).button] == [
        "make litert",
        "make savedmodel",
    ]
    os.utime(runs / "first" / "model.onnx", (1, 1))
    assert "of the model before" in said(opened(runs, about="Downloads"))


def test_a_button_makes_an_export_instead_of_an_older_one(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, ...]] = []
    monkeypatch.setattr("ui.pages.model_downloads.launch", lambda *words: begun.append(words))
    model, export = runs / "first" / "model", runs / "first" / "model.onnx"
    export.write_bytes(b"x")
    os.utime(export, (1, 1))
    page = opened(runs, about="Downloads", control=True)
    assert f"rm -r {export}\ngalaxy export" in page.code[1].value
    page.button(key="make onnx").click().run()
    assert not page.exception
    assert begun == [("export", str(model), "--format", "onnx", "--output", str(export))]
    assert not export.exists()


def test_why_an_export_failed_is_said_of_the_model_that_it_was_of(runs: Path) -> None:
    failed = launch("export", "/nowhere", "--format", "onnx", "--output", str(runs / "first" / "model.onnx"))
    assert failed.wait(60)
    said = [error.value.replace("\\", "") for error in opened(runs, about="Downloads").error]
    assert said == [failed.last_words()]
    change(runs, created=datetime.now(UTC).isoformat(timespec="milliseconds"))
    assert not opened(runs, about="Downloads").error


def test_a_name_of_a_class_is_no_markup(runs: Path, evaluation: Evaluation) -> None:
    scores = json.dumps(evaluation.scores().as_json()).replace("spiral", "**bold** :material/star: $x$")
    classes = [name.replace("spiral", "**bold** :material/star: $x$") for name in evaluation.classifier.classes]
    change(runs, classes=classes, metrics={"test": json.loads(scores)})
    for about in ("Scores", "Limits", "Surest mistakes"):
        page = opened(runs, about=about)
        assert not [text for text in (*page.markdown, *page.warning, *page.caption) if "**bold**" in text.value]


def test_of_its_own_dataset_only_what_the_model_has_not_seen_is_asked_about(runs: Path) -> None:
    seen = SeenRecord("seen.npy", "", 80)
    manifest = replace(read_manifest(open_folder(runs / "first" / "model")), seen=seen)
    (runs / "first" / "model" / "bundle.json").write_bytes(manifest.as_document())
    page = opened(runs, about="Surest mistakes", of="train")
    assert "these 20 images" in said(page)
    assert "--split test" in page.code[0].value
