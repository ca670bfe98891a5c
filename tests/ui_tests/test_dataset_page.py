import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from ui_tests.fabricated import record, specification
from ui_tests.views import open_view

from datasets import Dataset, ImportOptions, import_dataset, open_folder
from search import Ledger, SearchLayout, create_search, delete_search

VALUES = {"balance": "undersample", "undersampling_ratio": 2.0, "augmentation_noise": 9.0}


opened = partial(open_view, "dataset")


@pytest.fixture
def runs(tmp_path: Path, uneven_dataset: Dataset) -> Path:
    """A storage with a search over a dataset whose best trial leaves images of frequent classes out."""
    _search(tmp_path / "runs", "first", dataset=uneven_dataset.info.path, fingerprint=uneven_dataset.fingerprint)
    return tmp_path / "runs"


def _search(runs: Path, name: str, values: dict[str, Any] = VALUES, **changes: Any) -> None:
    layout = SearchLayout(open_folder(runs).child(name))
    create_search(layout, specification(name).model_copy(update=changes))
    Ledger(layout).write_record(record(1, scores=[0.5], hyperparameters=values))


def pictures(page: AppTest) -> list[str]:
    return [image.alt for element in page.image for image in element.proto.imgs]


def test_counts_are_shown_before_and_after_the_balance_of_the_best_trial(runs: Path) -> None:
    page = opened(runs)
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics == {
        "Images": "79",
        "Classes": "5",
        "Image size": "32 × 32 px",
        "Crop": "whole image",
        "Left out": "0",
    }
    assert page.selectbox[1].value == "undersample"
    assert page.number_input[0].value == 2.0
    after = page.dataframe[1].value
    assert list(after["images an epoch"]) == [4, 8, 8, 7, 8]
    assert list(after["training images"]) == [4, 12, 12, 7, 12]


def test_another_balance_is_in_the_url_and_stays(runs: Path) -> None:
    page = opened(runs)
    page.selectbox[1].select("oversample").run()
    page.number_input[0].set_value(0.5).run()
    assert not page.exception
    assert page.query_params["balance"] == "oversample"
    again = opened(runs, balance="oversample", by="0.5")
    assert list(again.dataframe[1].value["images an epoch"]) == [6, 12, 12, 7, 12]
    again.selectbox[1].select("undersample").run()
    assert "balance" not in again.query_params


@pytest.mark.parametrize("query", [{"balance": "no such"}, {"by": "1e9"}, {"by": "x"}, {"search": "no such"}])
def test_nonsense_in_the_url_is_passed_over(runs: Path, query: dict[str, str]) -> None:
    assert opened(runs, **query).selectbox[1].value == "undersample"


def test_a_few_images_of_each_class_and_the_next_by_a_click(runs: Path, uneven_dataset: Dataset) -> None:
    page = opened(runs, part="Images")
    shown = pictures(page)
    assert len(shown) == 4 + 8 + 8 + 7 + 8
    assert all(any(alt.startswith(f"{name}, ") for name in uneven_dataset.classes) for alt in shown)
    more = pictures(opened(runs, part="Images", page1="2"))
    assert len(more) == len(shown) - 4
    assert not set(more) & set(shown[4:12])
    assert len(pictures(opened(runs, part="Images", split="test"))) == 1 + 4 + 4 + 3 + 4


def test_of_a_search_that_takes_the_name_of_another_its_own_balance_is_shown(
    runs: Path, uneven_dataset: Dataset
) -> None:
    page = opened(runs)
    assert page.selectbox[1].value == "undersample"
    delete_search(str(runs), "first")
    known = {"dataset": uneven_dataset.info.path, "fingerprint": uneven_dataset.fingerprint}
    _search(runs, "first", {"balance": "oversample"}, created="2026-03-04T05:00:00.000+00:00", **known)
    assert opened(runs).selectbox[1].value == "oversample"


def test_augmentation_begins_as_the_best_trial_has_it(runs: Path) -> None:
    page = opened(runs, part="Augmentation")
    values = {slider.label: slider.value for slider in page.slider}
    assert values.pop("Noise up to (of 255 levels)") == 9.0
    assert set(values.values()) == {0.0}
    assert len(pictures(page)) == 3 * 6
    page.slider[0].set_value(90.0).run()
    assert page.query_params["rotation"] == "90.0"


def test_without_a_search_nothing_but_the_offered_is_opened(runs: Path, uneven_dataset: Dataset) -> None:
    root = Path(uneven_dataset.info.path).parent
    page = opened(runs, root, data="dataset")
    assert page.selectbox[0].value == "dataset"
    assert page.metric[0].value == "79"
    for name in ("..", "/etc", "../dataset", "dataset/../dataset"):
        refused = opened(runs, root, data=name)
        said = refused.warning[0].value.replace("\\", "")
        assert said == f"There is no dataset {name} that this page offers: this is another."
        assert refused.selectbox[0].value == "dataset"
    # Nor is anything where the page was served without a folder.
    assert "offers no datasets" in opened(runs, data=str(root / "dataset")).warning[0].value


def test_offered_datasets_are_chosen_again_and_again(runs: Path, uneven_dataset: Dataset, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        shutil.copytree(uneven_dataset.info.path, tmp_path / "offered" / name)
    page = opened(runs, tmp_path / "offered", data="a")
    for name in ("b", "c", "a"):
        page.selectbox[0].select(name).run()
        assert (page.selectbox[0].value, page.query_params["data"]) == (name, name)


def test_an_empty_folder_of_datasets_shows_how_one_is_made(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    page = opened(runs, tmp_path / "empty", data="x")
    assert page.code[0].value == f"galaxy import SOURCE {tmp_path / 'empty'}/NAME"


def test_a_dataset_that_is_gone_or_changed_is_a_line(runs: Path, uneven_dataset: Dataset, tmp_path: Path) -> None:
    _search(runs, "gone", dataset=str(tmp_path / "gone"))
    _search(runs, "changed", dataset=uneven_dataset.info.path)
    gone, changed = opened(runs, search="gone"), opened(runs, search="changed")
    assert "is not a dataset" in gone.error[0].value
    assert gone.code[0].value.splitlines()[0] == f"galaxy resume gone --dataset PLACE --storage {runs}"
    assert "not the dataset that the search ran on" in changed.warning[0].value
    assert changed.metric[0].value == "79"


def test_what_was_left_out_is_counted_by_reason_and_shown(tiny_source: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_source, tmp_path / "source")
    for name, data in (("=cut|.jpg", b"no image"), ("empty.jpg", b"")):
        (tmp_path / "source" / "spiral" / name).write_bytes(data)
    Image.new("RGB", (40, 40)).save(tmp_path / "source" / "edge-on" / "blank.png")
    import_dataset(tmp_path / "source", tmp_path / "data" / "mine", ImportOptions(image_size=32))
    page = opened(tmp_path / "runs", tmp_path / "data", data="mine", part="Left out")
    assert page.metric[-1].value == "3"
    reasons, files = (table.value for table in page.dataframe)
    assert list(reasons["files"]) == [1, 1, 1]
    assert sorted(files["file"]) == ["edge-on/blank.png", "spiral/=cut|.jpg", "spiral/empty.jpg"]
    assert pictures(page) == ["edge-on/blank.png: nothing to see: every pixel is black"]
    page.selectbox[-1].select("empty file").run()
    assert not page.exception
    assert list(page.dataframe[1].value["file"]) == ["spiral/empty.jpg"]
    assert "None of these can be shown" in page.caption[-1].value
    assert page.query_params["reason"] == "empty file"


def test_what_another_import_left_out_is_shown_though_it_used_the_same(tiny_source: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_source, tmp_path / "source")
    fingerprints = []
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / "source" / "spiral" / name).write_bytes(b"")
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        made = import_dataset(tmp_path / "source", tmp_path / "data" / "mine", ImportOptions(image_size=32))
        fingerprints.append(made.fingerprint)
        page = opened(tmp_path / "runs", tmp_path / "data", data="mine", part="Left out")
    assert len(set(fingerprints)) == 1
    assert sorted(page.dataframe[1].value["file"]) == ["spiral/one.jpg", "spiral/two.jpg"]
