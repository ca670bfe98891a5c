"""Catalogues classified in partitions: as one process would, each row once, whatever ends it."""

import errno
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster import CatalogueError, CatalogueSettings, classify_catalogue
from cluster.jobs.catalogue_plan import begun_or_planned
from cluster.nodes.code import code_identity
from cluster.workers import partition
from datasets import (
    CATALOGUE_DRIVERS,
    CatalogueLayout,
    ImageError,
    ImageFile,
    ImportOptions,
    import_dataset,
    iterate_images,
    open_folder,
)
from datasets.catalogues import file_rows
from datasets.images.fits.stretch import Stretch
from search import Driven, LedgerError, driver_heartbeat
from trainer import AnswerTable, BundleError, Classifier, ModelMismatchError, OptionsError, about_answers

FEW = CatalogueSettings(rows=30)
_DYING = '''
import os
from pathlib import Path
from trainer import Classifier

HERE, real = Path(__file__).parent, Classifier.classify

def classify(self, *arguments, **options):
    """Lose the worker, once, in the middle of its second partition."""
    if (HERE / f"begun {os.getpid()}").exists() and not (HERE / "died").exists():
        (HERE / "died").touch()
        os._exit(1)
    (HERE / f"begun {os.getpid()}").touch()
    return real(self, *arguments, **options)

Classifier.classify = classify
'''


@pytest.fixture(scope="module")
def source(tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred images, and two files that are none."""
    folder = tmp_path_factory.mktemp("source") / "photos"
    shutil.copytree(tiny_source, folder)
    (folder / "edge-on/010b.jpg").write_bytes(b"no image")
    (folder / "edge-on/020.jpg").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def expected(bundle: Path, source: Path) -> Callable[[int], pa.Table]:
    """What this process says of it by itself, so many images at a time.

    As many as in a partition: what is answered together is computed together, and on some processors the last bits of a
    probability hang on how many images that are (measured: 3e-8).
    """
    classifier, images = Classifier.load(bundle), list(iterate_images([source]))
    return lambda rows: _said(classifier, bundle, [images[at : at + rows] for at in range(0, len(images), rows)])


def _said(classifier: Classifier, bundle: Path, parts: Sequence[Sequence[ImageFile]]) -> pa.Table:
    answers = [answer for part in parts for answer in classifier.classify(part)]
    columns = AnswerTable(classifier.classes)
    paths = pa.array([answer.path for answer in answers])
    said = about_answers(classifier.bundle.manifest, str(bundle), classifier.point(None), None)
    schema = pa.schema([("path", pa.string()), *columns.schema], metadata=said)
    return pa.Table.from_batches([pa.record_batch([paths, *columns.batch(answers).columns], schema=schema)])


def answers_in(folder: Path) -> pa.Table:
    return pq.read_table(folder)


def test_the_answers_are_those_of_one_process(bundle, source, tmp_path, expected):
    seen = []
    out = tmp_path / "out"
    result = classify_catalogue(
        str(bundle), str(source), str(out), FEW, address="in-process", progress=lambda *far: seen.append(far)
    )
    found = answers_in(out)
    pq.write_table(expected(FEW.rows), tmp_path / "expected.parquet")
    about = {key: value for key, value in found.schema.metadata.items() if key.decode() != partition.COUNTS}
    assert found.schema.with_metadata(about).equals(pq.read_schema(tmp_path / "expected.parquet"), check_metadata=True)
    assert found.to_pydict() == expected(FEW.rows).to_pydict()
    assert (result.counts.rows, result.counts.failed, result.partitions, result.earlier) == (102, 2, 4, 0)
    assert result.counts.first_failure[0] == f"{source}/edge-on/010b.jpg"
    assert seen == [(30, 102), (60, 102), (90, 102), (102, 102)]


def test_what_is_done_stays_and_the_rest_is_done_once(bundle, source, tmp_path, expected, monkeypatch, caplog):
    out = tmp_path / "out"
    real, asked = partition.PartitionWorker.answer, []

    def answer(worker, number):
        asked.append(number)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return real(worker, number)

    monkeypatch.setattr(partition.PartitionWorker, "answer", answer)
    with pytest.raises(KeyboardInterrupt), caplog.at_level(logging.WARNING):
        classify_catalogue(str(bundle), str(source), str(out), FEW, address="in-process")
    assert caplog.messages == ["2 of 4 partitions are done and stay: the same command goes on with the others."]
    (source / "edge-on/000.jpg").touch()  # the listing stays as it is
    result = classify_catalogue(str(bundle), str(source), str(out), FEW, address="in-process")
    assert asked == [0, 1, 2, 2, 3]
    assert (result.earlier, result.counts.rows, result.counts.failed) == (2, 102, 2)
    assert answers_in(out).to_pydict() == expected(FEW.rows).to_pydict()
    again = classify_catalogue(str(bundle), str(source), str(out), address="in-process")
    assert (again.earlier, again.counts) == (4, result.counts)


def test_a_folder_has_the_answers_of_one_model_to_one_source(bundle, source, tmp_path):
    out, model = tmp_path / "out", tmp_path / "model"
    shutil.copytree(bundle, model)

    def classify(settings=FEW, of=source):
        return classify_catalogue(str(model), str(of), str(out), settings, address="in-process")

    with pytest.raises(CatalogueError, match="can promise no error rate"):
        classify(CatalogueSettings(max_error=0.01))
    classify()  # nothing was done, so that is no other catalogue's
    with pytest.raises(CatalogueError, match=r"other answers \(crop as in training, not 0.5\): give another --output"):
        classify(CatalogueSettings(crop=0.5))
    with pytest.raises(CatalogueError, match=r"other answers \(source .*photos, not .*edge-on\)"):
        classify(of=source / "edge-on")
    document = (model / "bundle.json").read_text()
    (model / "bundle.json").write_text(document.replace('"seed": ', '"seed":  '))
    with pytest.raises(CatalogueError, match="of what was there before it was trained again, not of the model"):
        classify()
    with pytest.raises(BundleError, match="expected"):
        classify_catalogue(str(source), str(source), str(out), address="in-process")


def begun(bundle, source, out, settings=FEW):
    return begun_or_planned(CatalogueLayout(open_folder(out)), str(bundle), str(source), settings)


def test_no_partition_is_answered_by_another_model_in_its_place(bundle, source, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(bundle, model)
    answering = begun(model, source, tmp_path / "out")
    document = (model / "bundle.json").read_text()
    (model / "bundle.json").write_text(document.replace('"seed": 1', '"seed": 2'))
    done = partition.PartitionWorker(answering).answer(0)
    assert (done.counts, done.is_users) == (None, False)
    assert "expected the model that this command began with, found another one: every node" in done.fault
    (model / "bundle.json").write_text(document)
    assert partition.PartitionWorker(answering).answer(0).fault == ""


@pytest.mark.parametrize("gpus", [1.5, float("inf"), float("nan"), -1.0, 1e-9])
def test_gpus_that_ray_never_gives_are_refused(gpus):
    with pytest.raises(CatalogueError, match=r"^--gpus-per-worker: expected a whole number of GPUs, or a part of one"):
        CatalogueSettings(gpus_per_worker=gpus)


def test_no_partition_is_answered_with_other_modules(bundle, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(partition, "_UNFIT_SECONDS", 0)
    monkeypatch.setattr(partition, "code_identity", code_identity.__wrapped__)
    (tmp_path / "my_layers.py").write_text("WIDTH = 1\n")
    answering = begun(bundle, source, tmp_path / "out", CatalogueSettings(modules=("my_layers",)))
    answering = replace(answering, code=code_identity.__wrapped__(answering.references))
    (tmp_path / "my_layers.py").write_text("WIDTH = 2\n")
    fault = partition.PartitionWorker(answering).answer(0).fault
    assert "it runs other code than this command: another space my_layers.py" in fault


def test_a_table_that_has_changed_is_another_catalogue(bundle, source, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(f"path\n{source}/spiral/001.jpg\n")
    classify_catalogue(str(bundle), str(table), str(tmp_path / "out"), address="in-process")
    table.write_text(f"path\n{source}/spiral/002.jpg\n\n")
    with pytest.raises(CatalogueError, match=r"t.csv' has changed since .*: give another --output"):
        classify_catalogue(str(bundle), str(table), str(tmp_path / "out"), address="in-process")


def test_where_no_row_can_be_answered_all_are_tried_again(bundle, source, tmp_path):
    table, out = tmp_path / "t.csv", tmp_path / "out"
    table.write_text("path\na.jpg\n")
    result = classify_catalogue(str(bundle), str(table), str(out), address="in-process")
    assert (result.counts.failed, result.counts.first_failure) == (1, ("a.jpg", "no such file"))
    shutil.copy(source / "spiral/001.jpg", tmp_path / "a.jpg")
    assert classify_catalogue(str(bundle), str(table), str(out), address="in-process").counts.failed == 0


def test_columns_of_our_names_need_a_prefix(bundle, source, tmp_path):
    table = tmp_path / "t.parquet"
    pq.write_table(pa.table({"path": [f"{source}/spiral/001.jpg"], "CLASS": [7]}), table)
    with pytest.raises(CatalogueError, match=r"a column 'CLASS' already, as the answers have: .* --prefix"):
        classify_catalogue(str(bundle), str(table), str(tmp_path / "out"), address="in-process")
    settings = CatalogueSettings(prefix="zoo_")
    classify_catalogue(str(bundle), str(table), str(tmp_path / "out"), settings, address="in-process")
    found = answers_in(tmp_path / "out")
    assert found["CLASS"].to_pylist() == [7]
    assert found["zoo_class"].to_pylist() != [None]


def test_what_the_source_says_of_its_rows_stays_beside_what_is_said_of_ours(bundle, source, tmp_path):
    table = tmp_path / "t.parquet"
    rows = pa.table({"path": [f"{source}/spiral/001.jpg"]})
    theirs = {"model": "mine", partition.COUNTS: "of another run"}
    pq.write_table(rows.replace_schema_metadata(theirs), table)
    with pytest.raises(CatalogueError, match=r"says 'model' of its rows already, in its metadata.*`--prefix gt_`"):
        classify_catalogue(str(bundle), str(table), str(tmp_path / "out"), address="in-process")
    settings = CatalogueSettings(prefix="gt_")
    for earlier in (0, 1):
        result = classify_catalogue(str(bundle), str(table), str(tmp_path / "out"), settings, address="in-process")
        assert (result.earlier, result.counts.rows) == (earlier, 1)
    said = {key.decode(): text.decode() for key, text in answers_in(tmp_path / "out").schema.metadata.items()}
    assert (said["model"], said["gt_model"], "gt_model_mark" in said) == ("mine", str(bundle), True)


def test_a_dataset_is_answered_as_an_evaluation_does(bundle, tiny_dataset, tmp_path):
    classify_catalogue(str(bundle), tiny_dataset.info.path, str(tmp_path / "out"), address="in-process")
    found, classifier = answers_in(tmp_path / "out"), Classifier.load(bundle)
    rows = tiny_dataset.rows(None)
    decided = classifier.decide(classifier.probabilities(tiny_dataset.take(rows)))
    assert found["class"].to_pylist() == [classifier.classes[number] for number in decided]
    assert found["warnings"].to_pylist().count([]) + found["novelty"].null_count >= 0


def test_a_dataset_on_an_object_store_is_answered_as_here(bundle, tiny_dataset, s3, tmp_path, monkeypatch):
    monkeypatch.setenv("GALAXY_CACHE", str(tmp_path / "cache"))
    remote = open_folder(s3).child("cropped.galaxy")
    for path in Path(tiny_dataset.info.path).iterdir():
        remote.write_whole(path.name, path.read_bytes())
    for place, out in ((tiny_dataset.info.path, "here"), (remote.uri, "there")):
        classify_catalogue(str(bundle), place, str(tmp_path / out), address="in-process")
    here, there = answers_in(tmp_path / "here"), answers_in(tmp_path / "there")
    assert there.equals(here)


def test_a_dataset_is_not_cropped_again_and_what_is_no_fraction_refused(bundle, tiny_dataset, tmp_path):
    places = str(bundle), tiny_dataset.info.path, str(tmp_path / "out")
    with pytest.raises(CatalogueError, match=r"is an imported dataset, whose images were cropped .*: leave out --crop"):
        classify_catalogue(*places, CatalogueSettings(crop=0.5), address="in-process")
    for name in ("crop", "max_error"):
        with pytest.raises(OptionsError, match=f"{name}: expected a fraction above 0 and at most 1, found 60"):
            classify_catalogue(*places, CatalogueSettings(**{name: 60}), address="in-process")
    with pytest.raises(OptionsError, match="cannot decide for its objective: it was trained before that was kept"):
        classify_catalogue(*places, CatalogueSettings(decide="objective"), address="in-process")
    assert classify_catalogue(*places, address="in-process").earlier == 0


def of_another_preparation(bundle, place, **changes):
    """Copy a model as one that learnt from images prepared otherwise."""
    shutil.copytree(bundle, place)
    document = json.loads((place / "bundle.json").read_text())
    document["preprocessing"] |= changes
    (place / "bundle.json").write_text(json.dumps(document))
    return str(place)


def test_a_dataset_that_was_prepared_otherwise_is_said_to_be_and_of_another_size_refused(
    bundle, tiny_dataset, tmp_path, caplog
):
    stretch = Stretch(("r",), (1.0,), (1.0,), (0.01,), 2.0, 8.0, "nanomaggy", (0.005, 0.02))
    model = of_another_preparation(bundle, tmp_path / "fits", stretch=asdict(stretch))
    places = tiny_dataset.info.path, str(tmp_path / "out")
    with caplog.at_level(logging.WARNING):
        classify_catalogue(model, *places, address="in-process")
    said = "Another stretch than in training: pictures, not FITS, where the model learnt from asinh"
    assert [message for message in caplog.messages if message.startswith(said)] == caplog.messages[:1]
    assert all(warnings[0].startswith(said) for warnings in answers_in(tmp_path / "out")["warnings"].to_pylist())
    cropped = of_another_preparation(bundle, tmp_path / "cropped", crop=0.5)
    with pytest.raises(
        ModelMismatchError, match=r"expected image size 32 and crop 0\.5, found 32 and 1; import it again"
    ):
        begun(cropped, places[0], tmp_path / "others")


def test_a_dataset_that_was_imported_in_another_order_has_changed(bundle, tiny_source, tmp_path):
    images = sorted(tiny_source.rglob("*.jpg"))
    dataset, table = tmp_path / "dataset", tmp_path / "table.csv"

    def imported(order):
        table.write_text("file,label\n" + "".join(f"{image},{image.parent.name}\n" for image in order))
        shutil.rmtree(dataset, ignore_errors=True)
        return import_dataset(table, dataset, ImportOptions(image_size=32)).fingerprint

    def classify():
        settings = CatalogueSettings(rows=30, prefix="gt_")
        return classify_catalogue(str(bundle), str(dataset), str(tmp_path / "out"), settings, address="in-process")

    first = imported(images)
    classify()
    assert classify().earlier == 4
    assert imported(images[::-1]) == first
    with pytest.raises(CatalogueError, match="has changed since"):
        classify()
    imported(images)
    assert classify().earlier == 4


def test_images_that_are_gone_are_rows_and_a_folder_that_is_gone_is_not(bundle, source, tmp_path):
    photos = tmp_path / "photos"
    shutil.copytree(source / "spiral", photos)
    settings = CatalogueSettings(rows=5)
    out = tmp_path / "out"
    real = partition.PartitionWorker.answer

    def answer(worker, number):
        if number == 1:
            (photos / "007.jpg").unlink()
        if number == 2:
            photos.rename(tmp_path / "elsewhere")
        return real(worker, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition.PartitionWorker, "answer", answer)
        with pytest.raises(CatalogueError, match=r"images are not there: .*: 2 of 4 partitions are done and stay"):
            classify_catalogue(str(bundle), str(photos), str(out), settings, address="in-process")
    (tmp_path / "elsewhere").rename(photos)
    result = classify_catalogue(str(bundle), str(photos), str(out), settings, address="in-process")
    assert (result.counts.rows, result.counts.failed) == (20, 1)
    assert [row for row in answers_in(out)["error"].to_pylist() if row] == ["no such file"]


@pytest.mark.parametrize("fate", ["its folder is gone", "its disk fails"])
def test_an_outage_in_the_middle_of_a_partition_is_no_answer_to_its_rows(fate, bundle, source, tmp_path, monkeypatch):
    photos, out, settings = tmp_path / "photos", tmp_path / "out", CatalogueSettings(rows=5)
    shutil.copytree(source / "spiral", photos)
    real, asked = file_rows.read_file, []

    def read(path):
        asked.append(path)
        if len(asked) > 7 and fate == "its disk fails":
            raise ImageError("cannot be read: Input/output error") from OSError(errno.EIO, "Input/output error")
        if len(asked) == 8:
            photos.rename(tmp_path / "elsewhere")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(file_rows, "read_file", read)
        with pytest.raises(CatalogueError, match=r"images are not there|Input/output error: mend") as refused:
            classify_catalogue(str(bundle), str(photos), str(out), settings, address="in-process")
    assert str(refused.value).endswith("1 of 4 partitions are done and stay: the same command goes on with the others")
    if not photos.exists():
        (tmp_path / "elsewhere").rename(photos)
    result = classify_catalogue(str(bundle), str(photos), str(out), settings, address="in-process")
    assert (result.earlier, result.counts.rows, result.counts.failed) == (1, 20, 0)


def test_a_store_that_refuses_is_waited_for_and_no_row_of_an_image(bundle, source, s3, s3_server, tmp_path):
    store = open_folder(s3)
    for file in sorted((source / "spiral").iterdir())[:6]:
        store.write_whole(f"photos/{file.name}", file.read_bytes())
    result = classify_catalogue(
        str(bundle), store.child("photos").uri, store.child("out").uri, CatalogueSettings(rows=4), address="in-process"
    )
    assert (result.counts.rows, result.counts.failed, result.partitions) == (6, 0, 2)
    again = classify_catalogue(
        str(bundle), store.child("photos").uri, store.child("out").uri, CatalogueSettings(rows=4), address="in-process"
    )
    assert (again.earlier, again.counts) == (2, result.counts)


@pytest.mark.slow
def test_workers_answer_as_one_process_does_and_a_lost_one_is_replaced(bundle, source, tmp_path, expected, monkeypatch):
    (tmp_path / "dying.py").write_text(_DYING)
    monkeypatch.chdir(tmp_path)
    settings = CatalogueSettings(rows=10, modules=("dying",), workers=2)
    result = classify_catalogue(str(bundle), str(source), str(tmp_path / "out"), settings)
    assert (tmp_path / "died").exists()
    assert (result.counts.rows, result.counts.failed, result.partitions) == (102, 2, 11)
    assert answers_in(tmp_path / "out").to_pydict() == expected(settings.rows).to_pydict()


def test_one_command_at_a_time_has_a_folder_done(bundle, source, tmp_path):
    out = open_folder(tmp_path / "out")
    with (
        driver_heartbeat(out, Driven("another", "", ""), drivers=CATALOGUE_DRIVERS),
        pytest.raises(LedgerError, match=r"the catalogue in '.*out' has another driver, which is alive, .*: wait"),
    ):
        classify_catalogue(str(bundle), str(source), str(tmp_path / "out"), FEW, address="in-process")
    assert classify_catalogue(str(bundle), str(source), out.uri, FEW, address="in-process").counts.rows == 102


_DONE = """
import sys
from cluster import classify_catalogue
assert classify_catalogue(*sys.argv[1:4]).earlier == 4
heavy = {"tensorflow", "keras", "ray"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_driver_needs_no_tensorflow_and_one_with_nothing_to_do_no_ray(bundle, source, tmp_path):
    places = [str(bundle), str(source), str(tmp_path / "out")]
    classify_catalogue(*places, FEW, address="in-process")
    done = subprocess.run([sys.executable, "-c", _DONE, *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_dataset_is_answered_for_another_in_its_place(bundle, tiny_source, tmp_path, monkeypatch):
    images = sorted(tiny_source.rglob("*.jpg"))
    dataset, table = tmp_path / "dataset", tmp_path / "table.csv"

    def imported(order):
        table.write_text("file,label\n" + "".join(f"{image},{image.parent.name}\n" for image in order))
        shutil.rmtree(dataset, ignore_errors=True)
        import_dataset(table, dataset, ImportOptions(image_size=32))

    imported(images)
    settings = CatalogueSettings(rows=30, prefix="gt_")
    answering = begun(bundle, dataset, tmp_path / "begun", settings)
    real = partition.PartitionWorker.answer

    def answer(worker, number):
        done = real(worker, number)
        if number == at:
            imported(images[::-1])
        return done

    monkeypatch.setattr(partition.PartitionWorker, "answer", answer)
    for at in (0, 3):
        imported(images)
        out = tmp_path / f"out {at}"
        with pytest.raises(CatalogueError, match=r"was imported anew|has changed while it was classified: answers in"):
            classify_catalogue(str(bundle), str(dataset), str(out), settings, address="in-process")
    fault = real(partition.PartitionWorker(answering), 0).fault
    assert "expected the dataset that this command began with, found another one" in fault
