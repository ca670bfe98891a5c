"""Kept answers, and a dataset that was imported again: its rows in another order, other galaxies of no class."""

import csv
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from datasets import Dataset, Folder, ImportOptions, Split, import_dataset, open_folder
from trainer import (
    Beginning,
    BeginningAnswers,
    Build,
    Objective,
    TrainingOptions,
    answer_for_none,
    answers_to,
    assemble,
    none_of,
    read_answers,
    train_beginning,
)
from trainer.final.beginning import read_packed
from trainer.final.realigning import realigned

OBJECTIVE = Objective.parse("val_macro_f1")
Import = Callable[..., Dataset]


@pytest.fixture(scope="module")
def imported(tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Import:
    """Import the tiny source by a table in some order, with some of its images as galaxies of no class."""
    place = tmp_path_factory.mktemp("tables")
    shutil.copytree(tiny_source, place / "images")
    names = sorted(str(file.relative_to(place)) for file in (place / "images").rglob("*.jpg"))

    def imported(order: Iterable[int], unlabelled: str | None = None) -> Dataset:
        with (place / "table.csv").open("w", newline="") as file:
            rows = [[names[at], Path(names[at]).parent.name] for at in order]
            csv.writer(file).writerows([["file", "class"], *rows])
        options = ImportOptions(image_size=32, validation=0.2, test=0.2, unlabelled=unlabelled)
        target = place / f"dataset-{len([*place.iterdir()])}"
        return Dataset.open(import_dataset(place / "table.csv", target, options).path)

    return imported


@pytest.fixture(scope="module")
def first(imported: Import) -> Dataset:
    return imported(range(100))


@pytest.fixture(scope="module")
def sorted_otherwise(imported: Import, first: Dataset) -> Dataset:
    again = imported(np.random.default_rng(1).permutation(100))
    assert again.fingerprint == first.fingerprint
    assert again.ids != first.ids
    return again


@pytest.fixture(scope="module")
def beginning(build: Build) -> Beginning:
    return Beginning("t1", 1, build, TrainingOptions(1, 16), {}, seed=4)


@pytest.fixture(scope="module")
def work(first: Dataset, beginning: Beginning, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Where the beginning has ended; do not change it."""
    work = open_folder(tmp_path_factory.mktemp("work"))
    train_beginning(beginning, first, objective=OBJECTIVE, work=work.child(beginning.name))
    return work


def by_name(answers: BeginningAnswers | None, dataset: Dataset) -> dict[str, Any]:
    """Return what was answered for each image, by the three numbers of views, with its class."""
    assert answers is not None
    test = dataset.rows(Split.TEST)
    found = {}
    for rows, each in ((answers.rows, answers.validation), (test, answers.test)):
        columns = zip(*(each[views].tolist() for views in answers.views), strict=True)
        found |= dict(zip(dataset.names(rows), columns, strict=True))
    true = {name: dataset.labels[row] for name, row in zip(dataset.ids, range(len(dataset)), strict=True)}
    assert answers.true.tolist() == [true[name] for name in dataset.names(answers.rows)]
    return found


def test_answers_stay_with_their_images(
    first: Dataset, sorted_otherwise: Dataset, beginning: Beginning, work: Folder
) -> None:
    kept = work.child(beginning.name)
    before, after = (answers_to(kept, each, number=1, epochs=1) for each in (first, sorted_otherwise))
    assert by_name(after, sorted_otherwise) == by_name(before, first)
    assert after is not None
    assert after.rows.tolist() == sorted_otherwise.divided(1).rows(Split.VALIDATION).tolist()
    assert after.rows.tolist() != before.rows.tolist()  # type: ignore[union-attr]


def test_a_bundle_has_the_scores_that_its_networks_have(
    first: Dataset, sorted_otherwise: Dataset, beginning: Beginning, work: Folder, folder: Folder
) -> None:
    metrics = [
        assemble({"t1": [beginning]}, each, chosen="t1", objective=OBJECTIVE, work=work, bundle=folder, seed=1).metrics
        for each in (first, sorted_otherwise)
    ]
    assert metrics[0] == pytest.approx(metrics[1])


def test_a_finished_one_is_not_trained_again_for_another_order(
    sorted_otherwise: Dataset, beginning: Beginning, work: Folder, folder: Folder
) -> None:
    shutil.copytree(work.child(beginning.name).uri, folder.uri)
    reports: list[object] = []
    train_beginning(
        beginning, sorted_otherwise, objective=OBJECTIVE, work=folder, progress=lambda *far: reports.append(far)
    )
    assert reports == []


def test_answers_for_other_images_are_none(first: Dataset, beginning: Beginning, work: Folder) -> None:
    kept = read_answers(work.child(beginning.name), epochs=1)
    assert kept is not None
    assert realigned(kept, first, number=1) is not None
    assert realigned(kept, first, number=2) is None
    assert answers_to(work.child(beginning.name), first, number=1, epochs=2) is None


def noise(place: Path, seed: int) -> str:
    """Draw five images of noise below a place."""
    place.mkdir()
    for number, pixels in enumerate(np.random.default_rng(seed).integers(0, 255, (5, 40, 40, 3), np.uint8)):
        Image.fromarray(pixels).save(place / f"{number}.png")
    return str(place)


def test_other_galaxies_of_no_class_are_answered_for_by_the_network_that_is_kept(
    imported: Import, first: Dataset, beginning: Beginning, work: Folder, folder: Folder, tmp_path: Path
) -> None:
    shutil.copytree(work.child(beginning.name).uri, folder.uri)
    seen = [imported(range(100), noise(tmp_path / str(seed), seed)) for seed in (1, 2)]
    assert {each.fingerprint for each in seen} == {first.fingerprint}
    assert len({none_of(each) for each in seen}) == 2
    answers = []
    for each in seen:
        stale = answers_to(folder, each, number=1, epochs=1)
        assert stale is not None
        assert stale.unlabelled == {}
        answer_for_none(beginning, each, work=folder)
        told = answers_to(folder, each, number=1, epochs=1)
        assert told is not None
        assert {len(one) for one in told.unlabelled.values()} == {5}
        assert told.unlabelled.keys() == told.validation.keys()
        answers.append(told.unlabelled[1])
    assert not np.allclose(*answers)
    # A call that finds it finished has it asked, too; of none there is nothing to answer.
    train_beginning(beginning, seen[0], objective=OBJECTIVE, work=folder)
    told = answers_to(folder, seen[0], number=1, epochs=1)
    assert told is not None
    assert np.array_equal(told.unlabelled[1], answers[0])
    answer_for_none(beginning, first, work=folder)
    told = answers_to(folder, first, number=1, epochs=1)
    assert told is not None
    assert told.unlabelled == {}


def test_answers_of_an_earlier_version_count_for_the_rows_that_they_are_of(
    first: Dataset, sorted_otherwise: Dataset, beginning: Beginning, work: Folder, tmp_path: Path
) -> None:
    place = work.child(beginning.name)
    kept = read_answers(place, epochs=1)
    assert kept is not None
    earlier = open_folder(tmp_path)  # one length at a time, in the folder of the beginning, and not whose they are
    (length,) = (name for name in place.names() if name.endswith("-epochs"))
    earlier.write_whole("model.keras", place.child(length).read("model.keras"))
    before = replace(kept, images=np.zeros(0, np.uint64), of_none="")
    earlier.write_whole("answers.npz", before.packed())
    again = answers_to(earlier, first, number=1, epochs=1)
    assert again is not None
    assert np.array_equal(again.images, kept.images)
    assert answers_to(earlier, first, number=1, epochs=2) is None
    assert answers_to(earlier, sorted_otherwise, number=1, epochs=1) is None
    assert read_packed(earlier, again).data == place.child(length).read("model.keras")
