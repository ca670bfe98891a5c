import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from streamlit.testing.v1 import AppTest

from ui.pages import classify


def opened(storage: str | Path) -> AppTest:
    def script(storage: str) -> None:
        from ui.pages import classify
        from ui.pages.site import Site

        classify.page(Site(storage))

    return AppTest.from_function(script, args=(str(storage),), default_timeout=60).run()


def uploaded(page: AppTest, *files: Path) -> AppTest:
    page.file_uploader[0].set_value([(file.name, file.read_bytes(), "application/octet-stream") for file in files])
    return page.run()


@pytest.fixture
def trained(storage: str, bundle: Path) -> str:
    """The storage folder, its search ``first`` with a model."""
    shutil.copytree(bundle, Path(storage) / "first" / "model")
    return storage


def test_without_a_model_the_page_says_how_to_train_one(storage: str) -> None:
    page = opened(storage)
    assert not page.exception
    assert "There is no trained model in" in page.info[0].value
    assert page.code[0].value == f"galaxy train NAME --storage {storage}"
    assert page.text_input(key="path").value == ""


def test_only_searches_with_a_model_can_be_chosen(trained: str) -> None:
    assert classify.models(trained) == {"first": f"{trained}/first/model"}
    page = opened(trained)
    assert page.selectbox(key="model").options == ["first", "another path …"]


def test_the_model_says_what_it_tells_apart_and_how_well(trained: str) -> None:
    said = opened(trained).caption[0].value.replace("\\", "")
    assert said.startswith("Tells apart Cigar-shaped smooth, completely round smooth")
    assert said.endswith("Right for 25.0 % of its test images.")


def test_an_image_gets_a_bar_for_every_class(trained: str, tiny_source: Path) -> None:
    page = uploaded(opened(trained), tiny_source / "spiral" / "000.jpg")
    assert not page.exception
    (bars,) = [html.body for html in page.get("html")]
    assert all(name in bars for name in ("Cigar-shaped smooth", "edge-on", "spiral"))
    assert bars.count("font-weight:600") == 1
    assert len(page.dataframe) == 0


def test_a_class_that_is_not_the_most_probable_is_said_to_be_chosen_for_the_objective(
    trained: str, tiny_source: Path
) -> None:
    manifest = Path(trained) / "first" / "model" / "bundle.json"
    about = json.loads(manifest.read_text())
    about |= {"decide": "objective", "factors": dict.fromkeys(about["classes"], 1e-9) | {"spiral": 1.0}}
    manifest.write_text(json.dumps(about))
    page = uploaded(opened(trained), tiny_source / "edge-on" / "000.jpg")
    assert not page.exception
    assert any(markdown.value.startswith("**spiral** · ") for markdown in page.markdown)
    assert any("Not the most probable class" in caption.value for caption in page.caption)


def test_several_images_get_a_table_and_what_is_no_image_a_plain_message(
    trained: str, tiny_source: Path, tmp_path: Path
) -> None:
    text = tmp_path / "notes *1*.txt"
    text.write_text("no image")
    page = uploaded(opened(trained), tiny_source / "spiral" / "000.jpg", text, tiny_source / "edge-on" / "000.jpg")
    assert not page.exception
    assert page.error[0].value.replace("\\", "").startswith("notes *1*.txt: not an image")
    assert list(page.dataframe[0].value["image"]) == ["000.jpg", "notes *1*.txt", "000.jpg"]
    assert len(page.get("html")) == 2


def test_uploads_are_understood_as_files_are_and_no_file_of_the_server_is_read(
    trained: str, tiny_source: Path, tmp_path: Path
) -> None:
    picture = tiny_source / "spiral" / "000.jpg"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(picture, "dir/b.jpg")
    for number, band in enumerate("gri"):
        light = np.random.default_rng(number).normal(0, 1, (64, 64)).astype(np.float32)
        fits.PrimaryHDU(light).writeto(tmp_path / f"g7_{band}.fits")
    (tmp_path / "paths.csv").write_text(f"path,ra\n{picture},1\n")
    names = ("a.zip", "g7_g.fits", "paths.csv", "g7_i.fits", "g7_r.fits")
    page = uploaded(opened(trained), *(tmp_path / name for name in names))
    assert not page.exception
    assert list(page.dataframe[0].value["image"]) == ["a.zip/dir/b.jpg", "g7_*.fits", "paths.csv"]
    assert [error.value.replace("\\", "")[:24] for error in page.error] == ["paths.csv: not an image,"]


def test_a_crop_warns_of_the_pixel_scale(trained: str, tiny_source: Path) -> None:
    page = uploaded(opened(trained), tiny_source / "spiral" / "000.jpg")
    assert not any("pixel scale" in caption.value for caption in page.caption)
    page.number_input[0].set_value(0.5).run()
    assert any("pixel scale" in caption.value for caption in page.caption)


def test_many_images_are_not_all_drawn_at_once(trained: str, tiny_source: Path) -> None:
    page = uploaded(opened(trained), *sorted((tiny_source / "spiral").iterdir())[:14])
    assert len(page.get("html")) == 12
    next(toggle for toggle in page.toggle if "Show all" in toggle.label).set_value(True).run()
    assert len(page.get("html")) == 14


def test_an_answer_can_be_explained(trained: str, tiny_source: Path) -> None:
    page = uploaded(opened(trained), tiny_source / "spiral" / "000.jpg")
    assert len(page.get("image")) == 1
    page.toggle(key="heatmap 0").set_value(True).run()
    assert not page.exception
    assert len(page.get("image")) == 2


def test_a_path_can_be_given(storage: str, bundle: Path) -> None:
    page = opened(storage)
    page.text_input(key="path").set_value(str(bundle)).run()
    assert not page.exception
    assert "Tells apart" in page.caption[0].value


def test_a_path_that_is_no_model_is_one_line(storage: str, tmp_path: Path) -> None:
    page = opened(storage)
    page.text_input(key="path").set_value(str(tmp_path)).run()
    assert not page.exception
    assert "is not a bundle" in page.error[0].value.replace("\\", "")
