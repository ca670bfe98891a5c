"""What a dataset holds, as the page has it: offered, looked for, counted, drawn in parts."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ui_tests.fabricated import specification

from datasets import Augmentation, Balance, Dataset, SourceError, Split, augment, training_batches
from search import FitRecord, SearchLayout, SearchSpecification, note_fit
from ui.contents.counts import balanced, split_table, training_counts
from ui.contents.offered import offered_dataset, offered_datasets
from ui.contents.pictures import pictures, rows_of, variants
from ui.contents.standing import standing


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with two datasets to offer, and what is not to be offered: hidden, linked, too deep, inside another."""
    top = tmp_path / "data"
    for name in ("a", "deep/er/b", ".hidden", "deep/er/still/and/more", "a/inner"):
        (top / name).mkdir(parents=True, exist_ok=True)
        (top / name / "dataset.json").write_text("{}")
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "dataset.json").write_text("{}")
    (top / "link").symlink_to(secret)
    return top


def test_datasets_below_a_folder_are_offered(root: Path) -> None:
    assert offered_datasets(str(root)) == {"a": f"{root}/a", "deep/er/b": f"{root}/deep/er/b"}
    assert offered_datasets(str(root / "a")) == {".": f"{root}/a"}
    assert offered_datasets(str(root / "absent")) == {}


@pytest.mark.parametrize("name", ["..", "../elsewhere", "a/../../elsewhere", "link", "/etc", "", "a/inner", "A", "a/"])
def test_no_other_path_is_opened(root: Path, name: str) -> None:
    with pytest.raises(SourceError, match="none of the 2 datasets that are offered"):
        offered_dataset(str(root), name)
    with pytest.raises(SourceError, match="none of the 2"):
        offered_dataset(str(root), str(root / "a"))
    assert offered_dataset(str(root), "a") == f"{root}/a"


def ran_on(fingerprint: str, **settings: str) -> SearchSpecification:
    return specification(**settings).model_copy(update={"fingerprint": fingerprint})


def test_a_dataset_in_its_place_is_no_trouble(tiny_dataset: Dataset) -> None:
    found = standing(tiny_dataset.info.path, ran_on(tiny_dataset.fingerprint))
    assert (found.info, found.trouble, found.commands) == (tiny_dataset.info, "", ())


def test_a_dataset_that_is_gone_says_how_to_go_on(tmp_path: Path) -> None:
    found = standing(str(tmp_path / "gone"), ran_on("0" * 64), storage="there")
    assert found.info is None
    assert found.trouble.startswith(
        f"'{tmp_path}/gone' is not a dataset: expected a folder that `galaxy import` made, found nothing"
    )
    assert "If it has moved" in found.trouble
    assert found.commands == (
        "galaxy resume first --dataset PLACE --storage there",
        "galaxy train first --dataset PLACE --storage there",
    )
    assert standing(str(tmp_path)).commands == ()


def test_of_an_object_in_python_it_goes_on_from_there(tmp_path: Path) -> None:
    found = standing(str(tmp_path / "gone"), ran_on("0" * 64, hypermodel="<build>"), storage="there")
    assert found.commands == (
        "resume_search('first', storage='there', dataset='PLACE', hypermodel=…)",
        "train_winners('first', storage='there', dataset='PLACE', hypermodel=…)",
    )
    fit = FitRecord(time_limit=600, search_seconds=300, epochs=2, max_slower=8)
    note_fit(SearchLayout.of(str(tmp_path), "first"), fit)
    found = standing(str(tmp_path / "gone"), ran_on("0" * 64, hypermodel="<build>"), storage=str(tmp_path))
    assert found.commands[0] == f"resume_fit('first', dataset='PLACE', where=Where(storage='{tmp_path}', hypermodel=…))"


def test_a_dataset_that_has_changed_is_shown_as_it_is_now(tiny_dataset: Dataset) -> None:
    found = standing(tiny_dataset.info.path, ran_on("0" * 64))
    assert found.info == tiny_dataset.info
    assert f"expected the fingerprint 000000000000…, found {tiny_dataset.fingerprint[:12]}…" in found.trouble
    assert found.commands[0] == "galaxy resume first --dataset PLACE"


def test_a_damaged_description_is_one_line(tiny_dataset: Dataset, tmp_path: Path) -> None:
    shutil.copytree(tiny_dataset.info.path, tmp_path / "copy")
    document = json.loads((tmp_path / "copy" / "dataset.json").read_text())
    (tmp_path / "copy" / "dataset.json").write_text(json.dumps(document | {"classes": 3}))
    found = standing(str(tmp_path / "copy"))
    assert found.info is None
    assert "expected a list, found 3 (classes)" in found.trouble
    assert "\n" not in found.trouble


def test_counts_are_of_each_split(uneven_dataset: Dataset) -> None:
    first = split_table(uneven_dataset.info)[0]
    assert first == {
        "class": "Cigar-shaped smooth",
        "train": 4,
        "validation": 1,
        "test": 1,
        "all": 6,
        "share (%)": 7.59,
    }
    assert training_counts(uneven_dataset.info) == [4, 12, 12, 7, 12]


@pytest.mark.parametrize(
    "balance",
    [Balance(), Balance("undersample", 1.5), Balance("undersample", fresh=True), Balance("oversample", 0.5)],
    ids=lambda balance: balance.kind,
)
def test_an_epoch_has_what_training_gives_it(uneven_dataset: Dataset, balance: Balance) -> None:
    rows = balanced(uneven_dataset.classes, training_counts(uneven_dataset.info), balance)
    batches = training_batches(uneven_dataset, batch_size=1, balance=balance, seed=1)
    labels = np.concatenate([labels for _, labels in batches.epoch(0)])
    assert [row.drawn for row in rows] == np.bincount(labels).tolist()
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert [row.share_after for row in rows] == pytest.approx((np.bincount(labels) / len(labels)).tolist())


def test_weights_are_those_of_the_loss(uneven_dataset: Dataset) -> None:
    rows = balanced(uneven_dataset.classes, training_counts(uneven_dataset.info), Balance("weights"))
    weights = training_batches(uneven_dataset, batch_size=1, balance=Balance("weights"), seed=1).class_weights
    assert weights is not None
    assert [row.weight for row in rows] == pytest.approx(weights.tolist())
    assert [row.share_after for row in rows] == pytest.approx([0.2] * 5)


def test_a_class_without_training_images_takes_no_part() -> None:
    rows = balanced(("a", "b"), [0, 3], Balance("undersample"))
    assert [(row.drawn, row.share_after) for row in rows] == [(0, 0.0), (3, 1.0)]


def test_pictures_are_of_the_rows_asked_for(tiny_dataset: Dataset) -> None:
    rows = rows_of(tiny_dataset, 4, Split.TEST)
    assert len(rows) == 4
    shown = pictures(tiny_dataset, rows[[3, 0]])
    assert [each.name for each in shown] == [tiny_dataset.ids[row] for row in rows[[3, 0]]]
    np.testing.assert_array_equal(shown[1].pixels, tiny_dataset.take(rows[:1])[0])


def test_variants_are_what_augmentation_makes_of_an_image(tiny_dataset: Dataset) -> None:
    change = Augmentation(rotation=90, brightness=0.3, noise=5)
    first, second = variants(tiny_dataset, change, label=2, seed=7, images=2, each=3)
    assert {first.label, second.label} == {tiny_dataset.classes[2]}
    expected = augment(np.stack([second.stored.pixels] * 3), change, generator=np.random.default_rng([7, 1]))
    np.testing.assert_array_equal(np.stack(second.varied), expected)


def test_a_seed_chooses_the_images_and_a_magnitude_does_not(tiny_dataset: Dataset) -> None:
    def names(seed: int, rotation: float) -> list[str]:
        made = variants(tiny_dataset, Augmentation(rotation=rotation), label=None, seed=seed)
        return [each.stored.name for each in made]

    assert names(1, 0) == names(1, 90)
    assert names(1, 0) != names(2, 0)
